package org.pgdeltastream.launch.remote;

import java.io.IOException;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.pgdeltastream.client.DeltaClient;
import org.pgdeltastream.client.DeltaException;
import org.pgdeltastream.launch.command.BadArgumentException;

/** Finds the command that the command line asks for, and says how it ended. */
public final class RemoteCommands {
  private static final int REFUSED = 1;
  private static final int LOST = 3;

  private static final Map<String, RemoteCommand> ALL =
      Map.of(
          "tail", new Tail(),
          "slots", new Slots(),
          "init", new Init(),
          "drop", new Drop(),
          "snapshot", new Snapshot());

  private RemoteCommands() {}

  /** Whether the command line is one of these. A database of such a name is {@code --db tail}. */
  public static boolean begin(String[] arguments) {
    return arguments.length > 0 && ALL.containsKey(arguments[0]);
  }

  /** The text of {@code --help} of each. */
  public static List<String> helps() {
    return ALL.values().stream().map(RemoteCommand::help).sorted().toList();
  }

  /**
   * Runs it to its end.
   *
   * @param environment variables by their names
   * @return the process's exit status: 0 the wanted end, 1 refused, 3 lost
   */
  public static int run(
      String[] arguments,
      Function<String, @Nullable String> environment,
      PrintStream out,
      PrintStream err)
      throws InterruptedException {
    RemoteCommand command = ALL.get(arguments[0]);
    List<String> rest = List.of(arguments).subList(1, arguments.length);
    if (command == null || Stream.of("--help", "-help", "-h").anyMatch(rest::contains)) {
      out.print(command == null ? "" : command.help());
      return 0;
    }
    try {
      Options options =
          Options.parse(arguments[0], new ArrayList<>(rest), command.taking(), command.plain());
      command.run(options, client(options.url(), environment), out, err);
      return out.checkError() ? fail(err, "The output took not all", LOST) : 0;
    } catch (BadArgumentException e) {
      return fail(err, e.getMessage(), REFUSED);
    } catch (DeltaException e) {
      String hint = e.hint().map(text -> ". " + text).orElse("");
      return fail(err, e.getMessage() + hint, e.retry() ? LOST : REFUSED);
    } catch (IncompleteException e) {
      return fail(err, e.getMessage(), LOST);
    } catch (IOException e) {
      return 0; // who reads the output has enough
    }
  }

  private static int fail(PrintStream err, @Nullable String message, int status) {
    err.println("pgdeltastream: " + Shown.text(String.valueOf(message)));
    return status;
  }

  private static DeltaClient client(String url, Function<String, @Nullable String> environment)
      throws BadArgumentException {
    DeltaClient client;
    try {
      client = DeltaClient.at(url);
    } catch (IllegalArgumentException e) {
      throw new BadArgumentException(
          "The server's URL is like http://127.0.0.1:12312, not '" + Shown.text(url) + "'");
    }
    return token(environment).map(token -> client.token(() -> token)).orElse(client);
  }

  /** PGDELTA_TOKEN, else the first of the server's own, where both have one environment. */
  private static Optional<String> token(Function<String, @Nullable String> environment) {
    return Optional.ofNullable(environment.apply("PGDELTA_TOKEN"))
        .or(() -> Optional.ofNullable(environment.apply("PGDELTA_TOKENS")))
        .map(all -> all.replaceFirst(",.*", "").strip())
        .filter(token -> !token.isEmpty());
  }
}
