package org.pgdeltastream.launch.command;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Reads the command line and libpq's environment variables. A flag takes one dash or two. */
public final class Arguments {
  private static final int USUAL_PORT = 12312;
  private static final List<String> OF_DATABASE =
      List.of("db", "pgHost", "pgPort", "user", "password");
  private static final List<String> OTHERS = List.of("serverHost", "serverPort", "data");
  private static final Set<String> PLAIN = Set.of("help", "h", "version", "no-demo");

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

  /** Reads what is asked for; environment variables and system properties come by their names. */
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
    String text = argument.replaceFirst("^--?", "");
    int equals = text.indexOf('=');
    String name = equals < 0 ? text : text.substring(0, equals);
    if (PLAIN.contains(name) && equals < 0) {
      flags.put(name, "");
      return;
    }
    if (!OF_DATABASE.contains(name) && !OTHERS.contains(name)) {
      throw new BadArgumentException("Unknown option '-%s'; --help shows all".formatted(name));
    }
    @Nullable String value = equals < 0 ? rest.pollFirst() : text.substring(equals + 1);
    if (value == null || (value.isBlank() && !name.equals("password"))) {
      throw new BadArgumentException("Option '-%s' needs a value".formatted(name));
    }
    if (flags.put(name, value) != null) {
      throw new BadArgumentException("Option '-%s' is there twice".formatted(name));
    }
  }

  private Command command() throws BadArgumentException {
    if (flags.containsKey("help") || flags.containsKey("h")) {
      return new Command.Help(Guide.HELP);
    }
    if (flags.containsKey("version")) {
      return new Command.Version();
    }
    return new Command.Serve(listen(), database());
  }

  private Address listen() throws BadArgumentException {
    refuseTwice("The listen address", 2, "serverHost", "serverPort");
    String what = positional.size() > 2 ? "The listen address" : "-serverHost";
    String text = positional(2).or(() -> flag("serverHost")).orElse("127.0.0.1");
    return withPort("serverPort", Address.parse(what, text, "127.0.0.1", USUAL_PORT));
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
            OF_DATABASE.stream().filter(flags::containsKey).map(name -> "-" + name),
            Stream.of("PGHOST", "PGDATABASE").filter(name -> variable(name).isPresent()))
        .findFirst();
  }

  private String jdbcUrl(String user) throws BadArgumentException {
    Address server = server();
    refuseTwice("The database", 0, "db");
    String database =
        positional(0).or(() -> flag("db")).or(() -> variable("PGDATABASE")).orElse(user);
    return JdbcUrl.of(server, database, variable("PGSSLMODE"));
  }

  private Address server() throws BadArgumentException {
    refuseTwice("PostgreSQL's address", 1, "pgHost", "pgPort");
    int usualPort = Address.port("PGPORT", variable("PGPORT").orElse("5432"));
    Optional<String> host = positional(1).or(() -> flag("pgHost"));
    String what = host.isPresent() ? "PostgreSQL's address" : "PGHOST";
    String text = host.or(() -> variable("PGHOST")).orElse("localhost");
    if (text.startsWith("/") || text.startsWith("@")) {
      throw new BadArgumentException(
          "%s is '%s', a Unix socket; the driver speaks TCP only".formatted(what, text));
    }
    return withPort("pgPort", Address.parse(what, text, "localhost", usualPort));
  }

  private Address withPort(String name, Address address) throws BadArgumentException {
    Optional<String> port = flag(name);
    return port.isEmpty()
        ? address
        : new Address(address.host(), Address.port("-" + name, port.get()));
  }

  private Optional<Path> data() throws BadArgumentException {
    try {
      return flag("data").map(Path::of).map(Path::toAbsolutePath);
    } catch (InvalidPathException e) {
      throw new BadArgumentException("--data needs a directory: " + e.getMessage());
    }
  }

  private Optional<String> positional(int at) {
    return positional.stream().skip(at).findFirst();
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
        .or(() -> variable("PGDELTA_" + name.replace('-', '_').toUpperCase(Locale.ROOT)));
  }

  private void refuseTwice(String what, int at, String... names) throws BadArgumentException {
    if (positional(at).isPresent() && Stream.of(names).anyMatch(flags::containsKey)) {
      throw new BadArgumentException(what + " is there twice, as an argument and as an option");
    }
  }
}
