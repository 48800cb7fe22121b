package org.pgdeltastream.support.servers;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** WildFly, as server-config/wildfly says. */
final class WildFly extends ServerProcess {
  private final Path server = home.resolve("wildfly");
  private final Path deployed = server.resolve("standalone/deployments").resolve(setup.warName());

  WildFly(Setup setup) throws IOException {
    super("wildfly", setup);
  }

  @Override
  void prepare() throws Exception {
    unpacked("wildfly");
    if (setup.database().isPresent()) {
      copy(driver(), home.resolve("postgresql.jar"));
      run(
          server.resolve("bin/jboss-cli.sh").toString(),
          "--file=" + config("wildfly/configure.cli"));
    }
    deploy();
  }

  @Override
  List<String> command() {
    return List.of(
        server.resolve("bin/standalone.sh").toString(),
        "-b",
        "127.0.0.1",
        "-Djboss.http.port=" + port,
        "-Djboss.https.port=0",
        "-Djboss.management.http.port=0",
        "-Djboss.management.https.port=0");
  }

  @Override
  void deploy() throws IOException {
    copy(ApplicationServer.war(), deployed);
  }

  @Override
  void undeploy() throws IOException {
    Files.delete(deployed);
    awaitGone();
  }
}
