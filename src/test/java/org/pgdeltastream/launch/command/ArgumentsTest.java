package org.pgdeltastream.launch.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ArgumentsTest {
  private static final Address USUAL = new Address("127.0.0.1", 12312);

  private final Map<String, String> environment = new HashMap<>();
  private final Map<String, String> properties = new HashMap<>(Map.of("user.name", "me"));

  @Test
  void nothingMeansAnOwnDatabaseOnTheUsualPort() throws BadArgumentException {
    assertThat(parse(""))
        .isEqualTo(new Command.Serve(USUAL, new Command.Embedded(Optional.empty(), true)));
  }

  @Test
  void takesTheThreePositionalArguments() throws BadArgumentException {
    assertThat(parse("hasuradb localhost localhost:12312"))
        .isEqualTo(
            new Command.Serve(
                new Address("localhost", 12312),
                new Command.Named("jdbc:postgresql://localhost:5432/hasuradb", "me", "")));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "-db d -user u -password p -pgHost h -pgPort 1 -serverHost s -serverPort 2",
        "--db d --user u --password p --pgHost h --pgPort 1 --serverHost s --serverPort 2",
        "-db=d -user=u -password=p -pgHost=h -pgPort=1 -serverHost=s -serverPort=2",
        "--db=d --user=u --password=p --pgHost=h:1 --serverHost=s:2",
        "d h:1 s:2 -user u -password p",
        "-user u d -password p h:1 s:2",
      })
  void takesFlagsInEveryForm(String line) throws BadArgumentException {
    assertThat(parse(line))
        .isEqualTo(
            new Command.Serve(
                new Address("s", 2), new Command.Named("jdbc:postgresql://h:1/d", "u", "p")));
  }

  @Test
  void takesTheVariablesOfLibpq() throws BadArgumentException {
    environment.putAll(
        Map.of(
            "PGHOST", "h",
            "PGPORT", "1",
            "PGUSER", "u",
            "PGPASSWORD", "p",
            "PGDATABASE", "d",
            "PGSSLMODE", "verify-full"));
    assertThat(database(""))
        .isEqualTo(new Command.Named("jdbc:postgresql://h:1/d?sslmode=verify-full", "u", "p"));
  }

  @Test
  void aPasswordMayBeOfBlanksAlone() throws BadArgumentException {
    environment.putAll(Map.of("PGDATABASE", "d", "PGUSER", "u", "PGPASSWORD", "  "));
    assertThat(database(""))
        .isEqualTo(new Command.Named("jdbc:postgresql://localhost:5432/d", "u", "  "));
  }

  @Test
  void theCommandLineWinsOverTheEnvironment() throws BadArgumentException {
    environment.putAll(
        Map.of(
            "PGHOST", "h",
            "PGPORT", "1",
            "PGUSER", "u",
            "PGPASSWORD", "p",
            "PGDATABASE", "d"));
    assertThat(database("-db D -pgHost H -pgPort 9 -user U -password P"))
        .isEqualTo(new Command.Named("jdbc:postgresql://H:9/D", "U", "P"));
    assertThat(database("D H:9")).isEqualTo(new Command.Named("jdbc:postgresql://H:9/D", "u", "p"));
  }

  @ParameterizedTest
  @CsvSource({
    "PGHOST, h, jdbc:postgresql://h:5432/me",
    "PGHOST, ::1, jdbc:postgresql://[::1]:5432/me",
    "PGDATABASE, d, jdbc:postgresql://localhost:5432/d"
  })
  void oneVariableNamesADatabase(String name, String value, String url)
      throws BadArgumentException {
    environment.put(name, value);
    assertThat(database("")).isEqualTo(new Command.Named(url, "me", ""));
  }

  @ParameterizedTest
  @ValueSource(strings = {"PGPORT", "PGUSER", "PGPASSWORD", "PGSSLMODE"})
  void theOtherVariablesDoNot(String name) throws BadArgumentException {
    environment.put(name, "1");
    assertThat(database("")).isInstanceOf(Command.Embedded.class);
  }

  @Test
  void anEmptyVariableIsNone() throws BadArgumentException {
    environment.put("PGHOST", "");
    assertThat(database("")).isInstanceOf(Command.Embedded.class);
  }

  @ParameterizedTest
  @ValueSource(strings = {"-db d", "-pgHost h", "-pgPort 5433", "-user u", "-password p", "d"})
  void everyFlagOfTheDatabaseNamesOne(String line) throws BadArgumentException {
    assertThat(database(line)).isInstanceOf(Command.Named.class);
  }

  @Test
  void theUsersOwnSettingsStay() throws BadArgumentException {
    properties.put("pgdelta.database-url", "jdbc:postgresql://x/y");
    properties.put("pgdelta.database-user", "z");
    environment.put("PGDELTA_DATABASE_PASSWORD", "secret");
    assertThat(database("d h -user u -password p"))
        .isEqualTo(new Command.Named("jdbc:postgresql://x/y", "z", "secret"));
  }

  @Test
  void userAndPasswordOfTheUrlCountBeforeLibpqsVariables() throws BadArgumentException {
    String url = "jdbc:postgresql://x/y?ssl=true&user=a%40b&password=p%26q";
    properties.put("pgdelta.database-url", url);
    environment.putAll(Map.of("PGUSER", "u", "PGPASSWORD", "p"));
    assertThat(database("")).isEqualTo(new Command.Named(url, "a@b", "p&q"));
    assertThat(database("-user z -password s")).isEqualTo(new Command.Named(url, "z", "s"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "jdbc:postgresql://x:1/y?user=a&password=secret",
        "jdbc:postgresql://a:secret@x:1/y?sslmode=require"
      })
  void theGuideShowsNoPasswordOfTheUrl(String url) {
    Command.Named named = new Command.Named(url, "a", "secret");
    assertThat(Guide.text(Path.of("a.jar"), USUAL, Optional.empty(), named, Optional.empty()))
        .contains("reads jdbc:postgresql://x:1/y (user a)")
        .doesNotContain("secret");
  }

  @Test
  void theGuideSaysHowToCallAServerWithTls() {
    Command.Named named = new Command.Named("jdbc:postgresql://x:1/y", "a", "");
    Optional<List<String>> hosts = Optional.of(List.of("localhost", "delta.example.com"));
    assertThat(Guide.text(Path.of("a.jar"), USUAL, hosts, named, Optional.empty()))
        .contains(
            "listens on https://127.0.0.1:12312",
            "curl \"https://127.0.0.1:12312/v1/init",
            "a.jar tail https://127.0.0.1:12312 --slot",
            "It is for: localhost, delta.example.com.")
        .doesNotContain("http:", "ws:");
  }

  @Test
  void aDatabasesNameIsEncodedForTheUrl() throws BadArgumentException {
    assertThat(Arguments.parse(new String[] {"a b?c/d"}, environment::get, properties::get))
        .extracting(command -> ((Command.Serve) command).database())
        .isEqualTo(new Command.Named("jdbc:postgresql://localhost:5432/a%20b%3Fc%2Fd", "me", ""));
  }

  @ParameterizedTest
  @CsvSource({
    "localhost, localhost, 12312",
    "localhost:1, localhost, 1",
    ":1, 127.0.0.1, 1",
    "0.0.0.0:65535, 0.0.0.0, 65535",
    "[::1]:12312, ::1, 12312",
    "[::1], ::1, 12312",
    "::1, ::1, 12312",
    "[fe80::1%eth0]:7, fe80::1%eth0, 7",
    "localhost:0, localhost, 0"
  })
  void takesEveryListenAddress(String text, String host, int port) throws BadArgumentException {
    assertThat(((Command.Serve) parse("d h " + text)).listen()).isEqualTo(new Address(host, port));
    if (!text.startsWith(":")) {
      assertThat(((Command.Serve) parse("-serverHost " + text)).listen())
          .isEqualTo(new Address(host, port));
    }
  }

  @Test
  void keepsDataAndLeavesTheDemoOut() throws BadArgumentException {
    assertThat(database("--data some/where --no-demo"))
        .isEqualTo(
            new Command.Embedded(Optional.of(Path.of("some/where").toAbsolutePath()), false));
  }

  @ParameterizedTest
  @ValueSource(strings = {"--help", "-help", "-h", "d --help", "--version --help"})
  void helps(String line) throws BadArgumentException {
    assertThat(parse(line)).isEqualTo(new Command.Help(Guide.HELP));
  }

  @Test
  void saysItsVersion() throws BadArgumentException {
    assertThat(parse("--version")).isEqualTo(new Command.Version());
  }

  @ParameterizedTest
  @CsvSource({
    "-what, Unknown option '-what'",
    "--no-demo=1, Unknown option '-no-demo'",
    "-db, Option '-db' needs a value",
    "-db=, Option '-db' needs a value",
    "-db a -db b, Option '-db' is there twice",
    "a -db b, The database is there twice",
    "a b -pgHost c, PostgreSQL's address is there twice",
    "a b -pgPort 1, PostgreSQL's address is there twice",
    "a b c -serverPort 1, The listen address is there twice",
    "a b c d, Too many arguments at 'd'",
    "a b c:d, The listen address: the port must be a number up to 65535",
    "a b c:65536, must be a number up to 65535",
    "a b c:-1, must be a number up to 65535",
    "a b c:, must be a number up to 65535",
    "a b [::1, The listen address must look like",
    "a b [::1]1, The listen address must look like",
    "a b [], The listen address must look like",
    "a b/c, PostgreSQL's address must look like",
    "a /var/run/postgresql, a Unix socket",
    "-pgPort x, -pgPort: the port must be a number",
    "-serverPort 99999, -serverPort: the port must be a number",
    "a --data b, --data is for the own PostgreSQL",
    "--watch ws://a/b, Unknown option '-watch'",
    "--token x, Unknown option '-token'"
  })
  void refuses(String line, String message) {
    assertThatThrownBy(() -> parse(line))
        .isInstanceOf(BadArgumentException.class)
        .hasMessageContaining(message)
        .hasMessageNotContaining("\n");
  }

  @Test
  void refusesAnEmptyArgument() {
    assertThatThrownBy(() -> Arguments.parse(new String[] {" "}, environment::get, properties::get))
        .hasMessageContaining("empty");
  }

  @ParameterizedTest
  @CsvSource({"PGSSLMODE, maybe", "PGPORT, x", "PGHOST, /tmp", "PGHOST, 'a,b'"})
  void refusesABadVariable(String name, String value) {
    environment.put(name, value);
    assertThatThrownBy(() -> parse("-db d"))
        .isInstanceOf(BadArgumentException.class)
        .hasMessageContaining(name);
  }

  @Test
  void anAddressPrintsAsInAUrl() {
    assertThat(new Address("::1", 1)).hasToString("[::1]:1");
    assertThat(new Address("h", 1)).hasToString("h:1");
    assertThat(Address.reachable("0.0.0.0")).isEqualTo("127.0.0.1");
    assertThat(Address.reachable("::")).isEqualTo("::1");
  }

  private Command parse(String line) throws BadArgumentException {
    String[] words = line.isEmpty() ? new String[0] : line.split(" ", -1);
    return Arguments.parse(words, environment::get, properties::get);
  }

  private Command.Database database(String line) throws BadArgumentException {
    return ((Command.Serve) parse(line)).database();
  }
}
