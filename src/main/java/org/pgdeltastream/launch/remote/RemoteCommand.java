package org.pgdeltastream.launch.remote;

import java.io.IOException;
import java.io.PrintStream;
import java.util.Set;
import org.pgdeltastream.client.DeltaClient;
import org.pgdeltastream.launch.command.BadArgumentException;

/** One command. Its help names its options. */
interface RemoteCommand {
  /** Options that take a value. */
  default Set<String> taking() {
    return Set.of();
  }

  /** Options that take none. */
  default Set<String> plain() {
    return Set.of();
  }

  /** The text of {@code --help}. */
  String help();

  /**
   * Does it, and returns at its wanted end.
   *
   * @param out for what was asked for
   * @param err for people
   * @throws IncompleteException if not all came
   * @throws IOException if what came cannot be written any more: nobody wants it
   */
  void run(Options options, DeltaClient client, PrintStream out, PrintStream err)
      throws BadArgumentException, IOException, IncompleteException, InterruptedException;
}
