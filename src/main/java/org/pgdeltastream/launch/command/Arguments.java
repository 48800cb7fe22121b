package org.pgdeltastream.launch.command;

import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Reads the command line and libpq's environment variables. A flag takes one dash or two. */
public final class Arguments {
  public static final String HELP =
      """
      Usage: java -jar pgdeltastream.jar [DATABASE [HOST[:PORT] [LISTEN[:PORT]]]] [OPTION]...
             java -jar pgdeltastream.jar --watch URL [--acknowledge] [--token TEXT]

      Streams a PostgreSQL database's changes over a websocket. Without a database it starts a
      PostgreSQL of its own with a small demo table, test_table.

        DATABASE HOST[:PORT]   the database, and the PostgreSQL that has it (localhost:5432)
        LISTEN[:PORT]          the address to listen on (127.0.0.1:12312), [::1]:12312 for IPv6

        --db NAME              the same, as flags
        --pgHost HOST[:PORT]
        --pgPort PORT
        --user NAME            PostgreSQL's user (your own name)
        --password TEXT        better in PGPASSWORD: other users can read a command line
        --serverHost HOST
        --serverPort PORT

        --data DIR             keep the data of the own PostgreSQL in DIR
        --no-demo              write nothing to the demo table

        --watch URL            print what the stream at ws://… sends, a message a line
        --acknowledge          and acknowledge it
        --token TEXT           one of the server's tokens; better in PGDELTA_TOKENS

        --help, --version

      Without the flags PGHOST, PGPORT, PGUSER, PGPASSWORD, PGDATABASE and PGSSLMODE count.
      """;

  private static final int USUAL_PORT = 12312;
  private static final Set<String> VALUED =
      Set.of(
          "db",
          "user",
          "password",
          "pgHost",
          "pgPort",
          "serverHost",
          "serverPort",
          "data",
          "watch",
          "token");
  private static final Set<String> PLAIN = Set.of("help", "h", "version", "no-demo", "acknowledge");
  private static final Set<String> SSL_MODES =
      Set.of("disable", "allow", "prefer", "require", "verify-ca", "verify-full");

  private final Map<String, String> flags = new HashMap<>();
  private final List<String> positional = new ArrayList<>();
  private final Function<String, @Nullable String> environment;
  private final Function<String, @Nullable String> properties;

  private Arguments(
      Function<String, @Nullable String> environment,
      Function<String, @Nullable String> properties) {
    this.environment = environment;
    this.properties = properties;
  }

  /**
   * Reads what is asked for.
   *
   * @param environment the environment variables by name
   * @param properties the system properties by name
   */
  public static Command parse(
      String[] arguments,
      Function<String, @Nullable String> environment,
      Function<String, @Nullable String> properties)
      throws BadArgumentException {
    Arguments parsed = new Arguments(environment, properties);
    parsed.split(new ArrayDeque<>(List.of(arguments)));
    return parsed.command();
  }

  private void split(Deque<String> arguments) throws BadArgumentException {
    while (!arguments.isEmpty()) {
      String argument = arguments.removeFirst();
      if (argument.startsWith("-") && argument.length() > 1) {
        flag(argument, arguments);
      } else if (argument.isBlank()) {
        throw new BadArgumentException("An argument is empty; --help shows what there is");
      } else {
        positional.add(argument);
      }
    }
    if (positional.size() > 3) {
      throw new BadArgumentException(
          "Too many arguments at '%s'; there are database, PostgreSQL host and listen address"
              .formatted(positional.get(3)));
    }
  }

  private void flag(String argument, Deque<String> rest) throws BadArgumentException {
    String text = argument.substring(argument.startsWith("--") ? 2 : 1);
    int equals = text.indexOf('=');
    String name = equals < 0 ? text : text.substring(0, equals);
    if (PLAIN.contains(name) && equals < 0) {
      flags.put(name, "");
      return;
    }
    if (!VALUED.contains(name)) {
      throw new BadArgumentException("Unknown option '-%s'; --help shows all".formatted(name));
    }
    if (equals < 0 && rest.isEmpty()) {
      throw new BadArgumentException("Option '-%s' needs a value".formatted(name));
    }
    String value = equals < 0 ? rest.removeFirst() : text.substring(equals + 1);
    if (value.isBlank() && !name.equals("password")) {
      throw new BadArgumentException("Option '-%s' needs a value".formatted(name));
    }
    if (flags.put(name, value) != null) {
      throw new BadArgumentException("Option '-%s' is there twice".formatted(name));
    }
  }

  private Command command() throws BadArgumentException {
    if (flags.containsKey("help") || flags.containsKey("h")) {
      return new Command.Help();
    }
    if (flags.containsKey("version")) {
      return new Command.Version();
    }
    if (flags.containsKey("watch")) {
      return watch();
    }
    for (String watchers : List.of("acknowledge", "token")) {
      if (flags.containsKey(watchers)) {
        throw new BadArgumentException("--" + watchers + " belongs to --watch URL");
      }
    }
    return new Command.Serve(listen(), database());
  }

  private Command watch() throws BadArgumentException {
    Set<String> others = new HashSet<>(flags.keySet());
    others.removeAll(Set.of("watch", "acknowledge", "token"));
    if (!others.isEmpty() || !positional.isEmpty()) {
      throw new BadArgumentException(
          "--watch URL takes no other argument but --acknowledge and --token");
    }
    String text = flags.getOrDefault("watch", "");
    try {
      URI stream = new URI(text);
      if (Set.of("ws", "wss").contains(String.valueOf(stream.getScheme()))
          && stream.getHost() != null) {
        return new Command.Watch(stream, flags.containsKey("acknowledge"), token());
      }
    } catch (URISyntaxException e) {
      throw notAStream(text);
    }
    throw notAStream(text);
  }

  /** The flag's, else the first of those that the server takes, where both have one environment. */
  private Optional<String> token() {
    return flag("token")
        .or(() -> setting("tokens").map(all -> all.replaceFirst(",.*", "").strip()));
  }

  private static BadArgumentException notAStream(String text) {
    return new BadArgumentException(
        "--watch needs a URL like ws://127.0.0.1:12312/v1/lr/stream?slotName=…, not '%s'"
            .formatted(text));
  }

  private Address listen() throws BadArgumentException {
    Optional<String> host = flag("serverHost");
    Optional<String> port = flag("serverPort");
    if (positional.size() == 3) {
      if (host.isPresent() || port.isPresent()) {
        throw twice("The listen address");
      }
      return Address.parse("The listen address", positional.get(2), "127.0.0.1", USUAL_PORT);
    }
    Address address =
        host.isEmpty()
            ? new Address("127.0.0.1", USUAL_PORT)
            : Address.parse("-serverHost", host.get(), "127.0.0.1", USUAL_PORT);
    return port.isEmpty()
        ? address
        : new Address(address.host(), Address.port("-serverPort", port.get()));
  }

  private Command.Database database() throws BadArgumentException {
    Optional<String> url = setting("database-url");
    Optional<String> naming = naming(url);
    Optional<Path> data = data();
    if (naming.isEmpty()) {
      return new Command.Embedded(data, !flags.containsKey("no-demo"));
    }
    if (data.isPresent()) {
      throw new BadArgumentException(
          "--data is for the own PostgreSQL, but %s names another".formatted(naming.get()));
    }
    String user =
        setting("database-user")
            .or(() -> flag("user"))
            .or(() -> url.flatMap(text -> JdbcUrl.parameter(text, "user")))
            .or(() -> variable("PGUSER"))
            .or(() -> Optional.ofNullable(properties.apply("user.name")))
            .orElse("postgres");
    return new Command.Named(url.isPresent() ? url.get() : jdbcUrl(user), user, password(url));
  }

  /** It may be of blanks alone. */
  private String password(Optional<String> url) {
    return given(properties.apply("pgdelta.database-password"))
        .or(() -> given(environment.apply("PGDELTA_DATABASE_PASSWORD")))
        .or(() -> flag("password"))
        .or(() -> url.flatMap(text -> JdbcUrl.parameter(text, "password")))
        .or(() -> given(environment.apply("PGPASSWORD")))
        .orElse("");
  }

  private static Optional<String> given(@Nullable String text) {
    return Optional.ofNullable(text).filter(value -> !value.isEmpty());
  }

  /** What it is that names a database, if anything does. */
  private Optional<String> naming(Optional<String> url) {
    if (url.isPresent()) {
      return Optional.of("pgdelta.database-url");
    }
    if (!positional.isEmpty()) {
      return Optional.of("'" + positional.get(0) + "'");
    }
    return Stream.concat(
            Stream.of("db", "pgHost", "pgPort", "user", "password")
                .filter(flags::containsKey)
                .map(name -> "-" + name),
            Stream.of("PGHOST", "PGDATABASE").filter(name -> variable(name).isPresent()))
        .findFirst();
  }

  private String jdbcUrl(String user) throws BadArgumentException {
    Address server = server();
    if (!positional.isEmpty() && flags.containsKey("db")) {
      throw twice("The database");
    }
    String database =
        positional.stream()
            .findFirst()
            .or(() -> flag("db"))
            .or(() -> variable("PGDATABASE"))
            .orElse(user);
    Optional<String> sslMode = variable("PGSSLMODE");
    if (sslMode.isPresent() && !SSL_MODES.contains(sslMode.get())) {
      throw new BadArgumentException(
          "PGSSLMODE is '%s'; libpq knows disable, allow, prefer, require, verify-ca, verify-full"
              .formatted(sslMode.get()));
    }
    return "jdbc:postgresql://"
        + server
        + "/"
        + URLEncoder.encode(database, StandardCharsets.UTF_8).replace("+", "%20")
        + sslMode.map(mode -> "?sslmode=" + mode).orElse("");
  }

  private Address server() throws BadArgumentException {
    if (positional.size() >= 2 && (flags.containsKey("pgHost") || flags.containsKey("pgPort"))) {
      throw twice("PostgreSQL's address");
    }
    String usualPort = variable("PGPORT").orElse("5432");
    int port = Address.port("PGPORT", usualPort);
    Optional<String> host = positional.stream().skip(1).findFirst().or(() -> flag("pgHost"));
    String what = host.isPresent() ? "PostgreSQL's address" : "PGHOST";
    String text = host.or(() -> variable("PGHOST")).orElse("localhost");
    if (text.startsWith("/") || text.startsWith("@")) {
      throw new BadArgumentException(
          "%s is '%s', a Unix socket; the driver speaks TCP only".formatted(what, text));
    }
    Address address = Address.parse(what, text, "localhost", port);
    Optional<String> flagged = flag("pgPort");
    return flagged.isEmpty()
        ? address
        : new Address(address.host(), Address.port("-pgPort", flagged.get()));
  }

  private Optional<Path> data() throws BadArgumentException {
    try {
      return flag("data").map(Path::of).map(Path::toAbsolutePath);
    } catch (InvalidPathException e) {
      throw new BadArgumentException("--data needs a directory: " + e.getMessage());
    }
  }

  private Optional<String> flag(String name) {
    return Optional.ofNullable(flags.get(name));
  }

  private Optional<String> variable(String name) {
    return Optional.ofNullable(environment.apply(name)).filter(value -> !value.isBlank());
  }

  /** A setting of the application that the user gave. */
  private Optional<String> setting(String name) {
    return Optional.ofNullable(properties.apply("pgdelta." + name))
        .filter(value -> !value.isBlank())
        .or(() -> variable("PGDELTA_" + name.replace('-', '_').toUpperCase(java.util.Locale.ROOT)));
  }

  private static BadArgumentException twice(String what) {
    return new BadArgumentException(what + " is there twice, as an argument and as an option");
  }
}
