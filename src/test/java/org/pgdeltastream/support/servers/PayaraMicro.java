package org.pgdeltastream.support.servers;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** Payara Micro, as server-config/payara says. */
final class PayaraMicro extends ServerProcess {
  private final Path deployed = home.resolve(setup.warName().replace(".war", ""));

  PayaraMicro(Setup setup) throws IOException {
    super("payara", setup);
  }

  @Override
  void prepare() throws Exception {
    deploy();
  }

  @Override
  List<String> command() throws IOException {
    List<String> command = new ArrayList<>(List.of(java().toString(), "-Xmx1g", "-jar"));
    command.add(provided("payara").resolve("payara-micro.jar").toString());
    command.addAll(List.of("--port", "" + port, "--nohazelcast", "--noCluster"));
    command.addAll(List.of("--rootDir", home.resolve("root").toString(), "--hotdeploy"));
    if (setup.database().isPresent()) {
      command.addAll(List.of("--addlibs", driver().toString()));
      command.addAll(List.of("--prebootcommandfile", config("payara/pre.asadmin").toString()));
      command.addAll(List.of("--postbootcommandfile", config("payara/post.asadmin").toString()));
    }
    command.addAll(List.of("--deploy", deployed.toString()));
    return command;
  }

  /**
   * Unpacks it at first; later a touched file makes Payara Micro take it away and deploy it anew.
   */
  @Override
  void deploy() throws Exception {
    Path reload = deployed.resolve(".reload");
    if (Files.notExists(deployed)) {
      Files.createDirectories(deployed);
      run("unzip", "-q", ApplicationServer.war().toAbsolutePath().toString(), "-d", "" + deployed);
      Files.createFile(reload);
    } else {
      Files.setLastModifiedTime(reload, FileTime.from(Instant.now()));
    }
  }

  @Override
  void undeploy() {}
}
