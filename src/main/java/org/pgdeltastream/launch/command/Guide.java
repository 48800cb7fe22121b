package org.pgdeltastream.launch.command;

import java.nio.file.Path;
import java.util.Optional;

/** What a started server tells its user to try next. */
public final class Guide {
  private static final String SLOT = "delta_demo";

  private Guide() {}

  /**
   * The text.
   *
   * @param own where the password of our own database is, which has the demo table
   */
  public static String text(Path jar, Address listen, Command.Named database, Optional<Path> own) {
    Address server = new Address(Address.reachable(listen.host()), listen.port());
    return """

        PG Delta Stream listens on http://%1$s and reads %2$s (user %3$s).
        %4$s
        Try, in another terminal:

        1. A slot, and with it a snapshot:
           curl "http://%1$s/v1/init?slotName=%6$s"

        2. The rows as they were then:
           curl http://%1$s/v1/snapshot/data -d '{"table": "%5$s", "offset":0, "limit":10}'

        3. Every change since:
           java -jar %7$s --watch "ws://%1$s/v1/lr/stream?slotName=%6$s"
        %9$s%8$s
        Ctrl-C stops it.
        """
        .formatted(
            server,
            JdbcUrl.shown(database.jdbcUrl()),
            database.user(),
            own.map(Guide::ownDatabase).orElse(""),
            own.isPresent() ? "test_table" : "YOUR_TABLE",
            SLOT,
            quoted(jar),
            own.isPresent()
                ? ""
                : """

                  A slot that nobody reads fills the disk of PostgreSQL. When done with it:
                     curl -X DELETE http://%s/v1/slots/%s
                  """
                    .formatted(server, SLOT),
            tokens());
  }

  /** Where tokens are set, the commands need one; it is not printed. */
  private static String tokens() {
    boolean set =
        !System.getProperty("pgdelta.tokens", "").isBlank()
            || !String.valueOf(System.getenv().getOrDefault("PGDELTA_TOKENS", "")).isBlank();
    return set
        ? """

          Tokens are set, so each curl also needs: -H "Authorization: Bearer TOKEN"
          --watch takes one from PGDELTA_TOKENS, or after --token.
          """
        : "";
  }

  private static String ownDatabase(Path password) {
    return """
        It is an own PostgreSQL with a small table, test_table. Its password is in
        %s
        """
        .formatted(password);
  }

  private static String quoted(Path jar) {
    Path here = Path.of("").toAbsolutePath();
    Path shown = jar.startsWith(here) ? here.relativize(jar) : jar;
    return shown.toString().contains(" ") ? '"' + shown.toString() + '"' : shown.toString();
  }
}
