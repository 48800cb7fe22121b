package org.pgdeltastream.launch.remote;

import java.io.PrintStream;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import org.pgdeltastream.client.DeltaClient;
import org.pgdeltastream.launch.command.BadArgumentException;

/** Drops a slot. */
final class Drop implements RemoteCommand {
  private static final String HELP =
      """
      Usage: java -jar pgdeltastream.jar drop [URL] NAME --yes [--force]

      Drops the slot NAME at the server at URL (http://127.0.0.1:12312). What it keeps for its
      client is gone.

        --yes                  yes, drop it
        --force                also while a client streams it, which is closed

      Exit status: 0 dropped, 1 refused, 3 nobody answers or come again later.
      The token, if the server wants one, comes from PGDELTA_TOKEN.
      """;

  @Override
  public Set<String> plain() {
    return Set.of("yes", "force");
  }

  @Override
  public String help() {
    return HELP;
  }

  @Override
  public void run(Options options, DeltaClient client, PrintStream out, PrintStream err)
      throws BadArgumentException, InterruptedException {
    String name = options.needed(0, "the slot's name");
    options.atMost(1);
    options.refuse(!options.has("yes"), "needs --yes: what the slot keeps is then gone");
    String path = "slots/" + URLEncoder.encode(name, StandardCharsets.UTF_8);
    client.call("DELETE", path, "force", String.valueOf(options.has("force")));
  }
}
