package org.pgdeltastream.support;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.logging.Level;
import java.util.logging.Logger;

/** The PostgreSQL of the class path. */
final class EmbeddedServer {
  private static final Logger CHATTER = Logger.getLogger("io.zonky"); // kept: else it is collected

  private EmbeddedServer() {}

  static TestDatabase start(Map<String, String> settings) throws IOException {
    CHATTER.setLevel(Level.WARNING);
    Path home = DataDirectories.create();
    EmbeddedPostgres.Builder builder =
        EmbeddedPostgres.builder()
            .setDataDirectory(DataDirectories.data(home))
            .setCleanDataDirectory(false)
            .setLocaleConfig("locale", "C")
            .setPGStartupWait(Duration.ofSeconds(60));
    settings.forEach((name, value) -> builder.setServerConfig(name, shellQuoted(value)));
    EmbeddedPostgres server = builder.start();
    return new TestDatabase(home, server.getPort(), false, server::close);
  }

  /** The settings reach the server through a shell. */
  private static String shellQuoted(String value) {
    return "'" + value.replace("'", "'\\''") + "'";
  }
}
