package org.pgdeltastream.launch.command;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Reads {@code doctor [DATABASE [HOST[:PORT]]] [--json] [--strict]}. */
public final class DoctorArguments {
  public static final String HELP =
      """
      Usage: java -jar pgdeltastream.jar doctor [DATABASE [HOST[:PORT]]] [OPTION]...

      Says what is wrong with a PostgreSQL, and what helps, without a server. It reads only.

        DATABASE HOST[:PORT]   as for the server, and so are --db, --pgHost, --pgPort, --user and
                               --password; without any, on this machine
        --json                 as JSON
        --strict               warnings count as errors

      Exit status: 0; 1 errors; 2 a bad argument; 3 no connection.
      """;

  private static final String USAGE =
      "doctor takes DATABASE [HOST[:PORT]], --json, --strict and the flags of a database";
  private static final Set<String> OF_SERVERS =
      Set.of("serverHost", "serverPort", "data", "no-demo");

  private DoctorArguments() {}

  /** Whether the command line is this command's. A database of this name is --db doctor. */
  public static boolean begin(String[] arguments) {
    return arguments.length > 0 && arguments[0].equals("doctor");
  }

  /** Reads what is asked for, the database as for the server; without any, on this machine. */
  public static Command parse(
      String[] arguments,
      Function<String, @Nullable String> environment,
      Function<String, @Nullable String> properties)
      throws BadArgumentException {
    List<String> rest = new ArrayList<>(List.of(arguments).subList(1, arguments.length));
    boolean json = take(rest, "json");
    boolean strict = take(rest, "strict");
    for (String argument : rest) {
      if (argument.startsWith("-")
          && OF_SERVERS.contains(argument.replaceFirst("^--?", "").replaceFirst("=.*", ""))) {
        throw new BadArgumentException(USAGE + ", not '" + argument + "'");
      }
    }
    Command command = Arguments.parse(rest.toArray(String[]::new), environment, properties);
    if (command instanceof Command.Serve serve && serve.database() instanceof Command.Embedded) {
      rest.addAll(List.of("--pgHost", "localhost"));
      command = Arguments.parse(rest.toArray(String[]::new), environment, properties);
    }
    if (!(command instanceof Command.Serve serve)) {
      return command instanceof Command.Help ? new Command.Help(HELP) : command; // or the version
    }
    if (!serve.listen().equals(Address.parse("", "127.0.0.1:12312", "", 0))) {
      throw new BadArgumentException(USAGE + ", and no address to listen on");
    }
    return new Command.Doctor((Command.Named) serve.database(), json, strict);
  }

  /** Whether the flag was there. */
  private static boolean take(List<String> arguments, String flag) {
    return Stream.of("-" + flag, "--" + flag).filter(arguments::remove).count() > 0;
  }
}
