package org.pgdeltastream.support;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import io.zonky.test.db.postgres.util.ArchUtils;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URL;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.logging.Level;
import java.util.logging.Logger;

/** The PostgreSQL of the class path. */
final class EmbeddedServer {
  private static final Logger CHATTER = Logger.getLogger("io.zonky"); // kept: else it is collected

  private EmbeddedServer() {}

  static TestDatabase start(Path home, Map<String, String> settings) throws IOException {
    CHATTER.setLevel(Level.WARNING);
    Path data = DataDirectories.data(home);
    KeptFiles initial = DataDirectories.initial(binaries());
    initial.copyTo(data); // then it does not run initdb
    EmbeddedPostgres.Builder builder =
        EmbeddedPostgres.builder()
            .setDataDirectory(data)
            .setCleanDataDirectory(false)
            .setDataDirectoryCustomizer(made -> keep(initial, made.toPath()))
            .setLocaleConfig("locale", "C")
            .setPGStartupWait(Duration.ofSeconds(60));
    settings.forEach((name, value) -> builder.setServerConfig(name, shellQuoted(value)));
    EmbeddedPostgres server = builder.start();
    return new TestDatabase(home, server.getPort(), false, server::close);
  }

  private static void keep(KeptFiles initial, Path data) {
    try {
      initial.keep(data);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Where they come from; their version is in its name. */
  private static String binaries() {
    String machine = ArchUtils.normalize(System.getProperty("os.arch", ""));
    URL found = EmbeddedServer.class.getResource("/postgres-linux-" + machine + ".txz");
    return found == null ? "of process " + ProcessHandle.current().pid() : found.toString();
  }

  /** The settings reach the server through a shell. */
  private static String shellQuoted(String value) {
    return "'" + value.replace("'", "'\\''") + "'";
  }
}
