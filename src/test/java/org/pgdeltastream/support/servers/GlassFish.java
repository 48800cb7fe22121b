package org.pgdeltastream.support.servers;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.Stream;

/** GlassFish, as server-config/glassfish says, and Payara Server, as server-config/payara does. */
final class GlassFish extends ServerProcess {
  private static final int HTTP_ABOVE_BASE = 80;
  private static final int ADMIN_ABOVE_BASE = 48;
  private static final int LOWEST_BASE = 15_000;
  private static final int HIGHEST_BASE = 30_000; // above, systems take ports for their clients
  private static final int TRIES = 5;

  private final Path server;
  private final List<String> commands;
  private final boolean ownFrames;

  private GlassFish(String name, List<String> commands, boolean ownFrames, Setup setup)
      throws IOException {
    super(name, setup);
    this.server = home.resolve(name);
    this.commands = commands;
    this.ownFrames = ownFrames;
  }

  static GlassFish itself(Setup setup) throws IOException {
    return new GlassFish("glassfish", List.of("glassfish/post.asadmin"), true, setup);
  }

  static GlassFish payara(Setup setup) throws IOException {
    List<String> commands = List.of("payara/pre.asadmin", "payara/post.asadmin");
    return new GlassFish("payara-server", commands, false, setup);
  }

  @Override
  void prepare() throws Exception {
    unpacked(String.valueOf(server.getFileName()));
    createDomain();
    if (setup.database().isPresent()) {
      copy(driver(), server.resolve("glassfish/domains/pgdelta/lib/postgresql.jar"));
    }
    asadmin("start-domain", "pgdelta");
    if (setup.database().isPresent()) {
      for (String file : commands) {
        asadmin("multimode", "--file", filled(config(file)).toString());
      }
    }
    deploy();
    asadmin("stop-domain", "pgdelta");
  }

  /** It takes ten ports in a range of a hundred; where one is in use, another range is tried. */
  private void createDomain() throws IOException, InterruptedException {
    for (int tries = 1; true; tries++) {
      int base = ThreadLocalRandom.current().nextInt(LOWEST_BASE, HIGHEST_BASE);
      port = base + HTTP_ABOVE_BASE;
      try {
        asadmin("create-domain", "--nopassword=true", "--portbase", "" + base, "pgdelta");
        return;
      } catch (IOException e) {
        if (tries == TRIES) {
          throw e;
        }
      }
    }
  }

  @Override
  List<String> command() {
    return List.of(program(), "start-domain", "--verbose", "pgdelta");
  }

  @Override
  void deploy() throws Exception {
    String root = setup.contextPath().isEmpty() ? "/" : setup.contextPath();
    String war = ApplicationServer.war().toAbsolutePath().toString();
    asadmin("deploy", "--contextroot", root, "--name", "pgdelta", war);
  }

  @Override
  public boolean forgetsApplications() {
    return false;
  }

  @Override
  public boolean writesOwnFrames() {
    return ownFrames;
  }

  @Override
  void undeploy() throws Exception {
    asadmin("undeploy", "pgdelta");
  }

  /** With the variables' values, as envsubst does. */
  private Path filled(Path commands) throws IOException {
    String text = Files.readString(commands);
    for (Map.Entry<String, String> variable : setup.variables().entrySet()) {
      text = text.replace("${" + variable.getKey() + "}", variable.getValue());
    }
    return Files.writeString(home.resolve("filled.asadmin"), text);
  }

  private void asadmin(String... arguments) throws IOException, InterruptedException {
    int admin = port - HTTP_ABOVE_BASE + ADMIN_ABOVE_BASE;
    run(
        Stream.concat(Stream.of(program(), "--port", "" + admin), Stream.of(arguments))
            .toArray(String[]::new));
  }

  private String program() {
    return server.resolve("bin/asadmin").toString();
  }
}
