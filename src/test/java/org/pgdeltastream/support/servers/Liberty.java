package org.pgdeltastream.support.servers;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Open Liberty, as server-config/liberty says. */
final class Liberty extends ServerProcess {
  private final Path server = home.resolve("liberty/usr/servers/pgdelta");
  private final Path deployed = server.resolve("apps/pgdeltastream.war");

  Liberty(Setup setup) throws IOException {
    super("liberty", setup);
  }

  @Override
  void prepare() throws Exception {
    unpacked("liberty");
    copy(config("liberty/server.xml"), server.resolve("server.xml"));
    if (setup.database().isPresent()) {
      copy(driver(), server.resolve("lib/postgresql.jar"));
    }
    Files.writeString(
        server.resolve("bootstrap.properties"),
        "http.port=%d%ncontext.root=%s%n"
            .formatted(port, "/" + setup.contextPath().replaceFirst("^/", "")));
    deploy();
  }

  @Override
  List<String> command() {
    return List.of(home.resolve("liberty/bin/server").toString(), "run", "pgdelta");
  }

  /** Its console repeats the warnings, and lacks the rest. */
  @Override
  public String log() throws IOException {
    Path messages = server.resolve("logs/messages.log");
    return Files.exists(messages) ? Files.readString(messages) : super.log();
  }

  @Override
  void deploy() throws IOException {
    copy(ApplicationServer.war(), deployed);
  }

  @Override
  public boolean forgetsApplications() {
    return false;
  }

  @Override
  public boolean writesOwnFrames() {
    return true;
  }

  @Override
  void undeploy() throws IOException {
    Files.delete(deployed);
    awaitGone();
  }
}
