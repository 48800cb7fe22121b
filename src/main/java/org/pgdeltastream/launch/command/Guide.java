package org.pgdeltastream.launch.command;

import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** The texts that the program prints: its help, and what can be tried next when it has started. */
public final class Guide {
  public static final String HELP =
      """
      Usage: java -jar pgdeltastream.jar [DATABASE [HOST[:PORT] [LISTEN[:PORT]]]] [OPTION]...
             java -jar pgdeltastream.jar COMMAND [ARGUMENT]...

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

        --help, --version

      Commands, each with a --help of its own:
        doctor                 say what is wrong with a PostgreSQL, and what helps
        init                   make a slot at a running server
        snapshot               write all rows of a table
        tail                   print changes as they come
        slots                  list slots
        drop                   drop a slot

      Without the flags PGHOST, PGPORT, PGUSER, PGPASSWORD, PGDATABASE and PGSSLMODE count.
      """;

  /** The feed of a database of our own. */
  public static final String FEED = "demo";

  private static final String SLOT = "delta_demo";

  private Guide() {}

  /**
   * A database of our own.
   *
   * @param password where its password is
   * @param users who may be tried, each with a token
   */
  public record Own(Path password, Map<String, String> users) {}

  /**
   * What can be tried next.
   *
   * @param tls the hosts that its certificate is for; empty without TLS
   * @param own the database, if it is our own and has the demo tables
   */
  public static String text(
      Path jar,
      Address listen,
      Optional<List<String>> tls,
      Command.Named database,
      Optional<Own> own) {
    String server = (tls.isPresent() ? "https" : "http") + "://" + reachable(listen);
    String head =
        """

        PG Delta Stream listens on %s and reads %s (user %s).
        That address shows it in a browser.
        %s
        Try, in another terminal:
        """
            .formatted(
                server,
                JdbcUrl.shown(database.jdbcUrl()),
                database.user(),
                own.map(Own::password).map(Guide::ownDatabase).orElse(""));
    return head
        + steps(server, own.isPresent() ? "test_table" : "YOUR_TABLE", quoted(jar))
        + (own.isPresent() ? feed(server) : "")
        + own.map(Own::users).map(users -> users(server, users)).orElse("")
        + tokens()
        + tls.map(Guide::tls).orElse("")
        + (own.isPresent() ? "" : warning(server))
        + "\nCtrl-C stops it.\n";
  }

  private static Address reachable(Address listen) {
    return new Address(Address.reachable(listen.host()), listen.port());
  }

  private static String ownDatabase(Path password) {
    return """
        It is an own PostgreSQL with a small table, test_table. Its password is in
        %s
        """
        .formatted(password);
  }

  private static String steps(String server, String table, String jar) {
    return """

        1. A slot, and with it a snapshot:
           curl "%1$s/v1/init?slotName=%2$s"

        2. The rows as they were then:
           curl %1$s/v1/snapshot/data -d '{"table": "%3$s", "offset":0, "limit":10}'

        3. Every change since:
           java -jar %4$s tail %1$s --slot %2$s --format json
        """
        .formatted(server, SLOT, table, jar);
  }

  private static String feed(String server) {
    return """

        Or follow a feed, as any number of clients can:
           curl -N -H "Accept: text/event-stream" %s/v1/feeds/%s/stream
        """
        .formatted(server, FEED);
  }

  private static String users(String server, Map<String, String> tokens) {
    StringBuilder variables = new StringBuilder();
    tokens.forEach((name, token) -> variables.append("   " + variable(name) + "=" + token + "\n"));
    return tokens.isEmpty()
        ? ""
        : """

          Or as one of two users, each of whom sees their own rows of test_orders only:
          %s   curl -N -H "Accept: text/event-stream" -H "Authorization: Bearer $%s" \\
             "%s/v1/feeds/%s/stream?snapshot=1"
          """
            .formatted(variables, variable(tokens.keySet().iterator().next()), server, FEED);
  }

  private static String variable(String name) {
    return name.toUpperCase(Locale.ROOT);
  }

  private static String warning(String server) {
    return """

        A slot that nobody reads fills the disk of PostgreSQL. When done with it:
           curl -X DELETE %s/v1/slots/%s
        """
        .formatted(server, SLOT);
  }

  /** A note on tokens if they are set; none of them is printed. */
  private static String tokens() {
    String set =
        System.getProperty("pgdelta.tokens", "")
            + System.getenv().getOrDefault("PGDELTA_TOKENS", "");
    return set.isBlank()
        ? ""
        : """

          Tokens are set, so each curl also needs: -H "Authorization: Bearer TOKEN"
          tail takes it from PGDELTA_TOKEN.
          """;
  }

  private static String tls(List<String> hosts) {
    return """

        curl and tail check the certificate. It is for: %s.
        If an authority of your own signed it, curl needs --cacert FILE.
        """
        .formatted(hosts.isEmpty() ? "no host" : String.join(", ", hosts));
  }

  private static String quoted(Path jar) {
    Path here = Path.of("").toAbsolutePath();
    Path shown = jar.startsWith(here) ? here.relativize(jar) : jar;
    return shown.toString().contains(" ") ? '"' + shown.toString() + '"' : shown.toString();
  }
}
