package org.pgdeltastream.support;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.pgdeltastream.launch.command.Address;
import org.pgdeltastream.launch.command.Command;
import org.pgdeltastream.launch.server.Server;

/** The WAR on a TomEE in this JVM, on a free port; the caller closes it. */
public final class WarServer {
  private WarServer() {}

  /** On a database of the test, as its superuser. */
  public static Server start(TestDatabase database) throws IOException {
    return start(database, database.user(), database.password());
  }

  /** As this role. */
  public static Server start(TestDatabase database, String user, String password)
      throws IOException {
    Path directory = Path.of(System.getProperty("pgdelta.test.directory", "target/it"));
    Files.createDirectories(directory);
    Server server =
        Server.begin(
            new Address("127.0.0.1", 0),
            new Command.Named(database.jdbcUrl(), user, password),
            Files.createTempDirectory(directory, "tomee"));
    try {
      server.deploy(Path.of(System.getProperty("pgdelta.test.war", "target/pgdeltastream.war")));
      return server;
    } catch (IOException e) {
      try (server) {
        throw e;
      }
    }
  }
}
