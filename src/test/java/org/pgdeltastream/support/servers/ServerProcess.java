package org.pgdeltastream.support.servers;

import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.pgdeltastream.support.DataDirectories;

/** A server that is a process of its own, in a directory of its own that ends with it. */
abstract class ServerProcess implements ApplicationServer {
  private static final Duration START = Duration.ofMinutes(2);
  private static final Duration DEPLOYMENT = Duration.ofMinutes(1);
  private static final Duration COMMAND = Duration.ofSeconds(90);
  private static final Duration STOP = Duration.ofSeconds(40);
  private static final String LOOPBACK = "127.0.0.1";

  final Setup setup;
  final Path home;
  int port; // chosen before the server is configured
  private final Path log;
  private final Thread hook = new Thread(this::destroy);
  private volatile long jvm;
  private volatile @Nullable Process process;

  ServerProcess(String name, Setup setup) throws IOException {
    this.setup = setup;
    Path all = Path.of(System.getProperty("pgdelta.test.directory", "target/it"));
    Files.createDirectories(all);
    home = Files.createTempDirectory(all.toAbsolutePath(), name);
    log = Files.createTempFile(all.toAbsolutePath(), name, ".log");
    port = freePort();
  }

  /** Prepares, launches and waits; a server that does not come up is gone when this throws. */
  static ApplicationServer start(ServerProcess server) throws Exception {
    try {
      server.prepare();
      Runtime.getRuntime().addShutdownHook(server.hook);
      Process process =
          server.builder(server.command()).redirectOutput(server.log.toFile()).start();
      server.process = process;
      server.awaitAnswer("the server to start", START, 200);
      server.jvm = servingJvm(process);
      return server;
    } catch (Exception | AssertionError e) {
      String said = server.log();
      server.close();
      throw new IOException("The server did not start: " + e.getMessage() + "\n" + said, e);
    }
  }

  /** Unpacks and configures it, before its start. */
  abstract void prepare() throws Exception;

  /** What starts it in the foreground. */
  abstract List<String> command() throws IOException;

  /** Takes the application away. */
  abstract void undeploy() throws Exception;

  /** Deploys it into the running server. */
  abstract void deploy() throws Exception;

  @Override
  public String base() {
    return "http://" + LOOPBACK + ":" + port + setup.contextPath();
  }

  @Override
  public long pid() {
    return jvm;
  }

  @Override
  public void redeploy() throws Exception {
    long starts = starts();
    undeploy();
    deploy();
    await("the application to start again")
        .atMost(DEPLOYMENT)
        .pollInterval(Duration.ofMillis(200))
        .until(() -> starts() > starts);
    awaitAnswer("the application to answer", DEPLOYMENT, 200);
  }

  @Override
  public String log() throws IOException {
    return Files.readString(log);
  }

  @Override
  public void stop() throws Exception {
    ProcessHandle serving = ProcessHandle.of(jvm).orElseThrow();
    serving.destroy();
    serving.onExit().get(STOP.toMillis(), TimeUnit.MILLISECONDS);
  }

  @Override
  public void close() throws IOException {
    destroy();
    Runtime.getRuntime().removeShutdownHook(hook);
    DataDirectories.delete(home);
  }

  private void destroy() {
    Process running = process;
    if (running != null) {
      List<ProcessHandle> children = running.descendants().toList();
      running.destroyForcibly();
      children.forEach(ProcessHandle::destroyForcibly);
      ProcessHandle.of(jvm).filter(one -> jvm > 0).ifPresent(ProcessHandle::destroyForcibly);
    }
  }

  /**
   * The process itself, or the youngest of those that it started: scripts and launchers come first.
   */
  private static long servingJvm(Process process) {
    return Stream.concat(Stream.of(process.toHandle()), process.descendants())
        .filter(one -> one.info().command().orElse("").endsWith("/java"))
        .max((a, b) -> Long.compare(a.pid(), b.pid()))
        .orElseThrow()
        .pid();
  }

  /** Runs one of the server's own programs to its end, which must be a good one. */
  void run(String... command) throws IOException, InterruptedException {
    Path said = Files.createTempFile(home, "said", "");
    Process program = builder(List.of(command)).redirectOutput(said.toFile()).start();
    if (!program.waitFor(COMMAND.toMillis(), TimeUnit.MILLISECONDS)) {
      program.descendants().forEach(ProcessHandle::destroyForcibly);
      program.destroyForcibly();
    }
    if (program.waitFor() != 0) {
      throw new IOException(
          String.join(" ", command)
              + " ended with "
              + program.exitValue()
              + ":\n"
              + Files.readString(said));
    }
  }

  private ProcessBuilder builder(List<String> command) {
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.directory(home.toFile());
    builder.environment().keySet().removeIf(name -> name.matches("(PG|JAVA|JBOSS|WLP|AS_).*"));
    builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
    builder.environment().put("LAUNCH_JBOSS_IN_BACKGROUND", "true");
    builder.environment().putAll(setup.variables());
    return builder;
  }

  /** How often the application has started: it says so. */
  private long starts() throws IOException {
    return Pattern.compile("Streams run on").matcher(log()).results().count();
  }

  /** Waits until the application is no longer served. */
  void awaitGone() {
    awaitAnswer("the application to go", DEPLOYMENT, 404);
  }

  private void awaitAnswer(String what, Duration deadline, int status) {
    await(what)
        .atMost(deadline)
        .pollInterval(Duration.ofMillis(200))
        .failFast("the process ended", () -> !isAlive())
        .until(() -> ping() == status);
  }

  private boolean isAlive() {
    Process running = process;
    return running != null && running.isAlive();
  }

  /** The status, 200 also where a token is wanted, or 0 if nothing answers. */
  private int ping() {
    try {
      HttpURLConnection call =
          (HttpURLConnection) URI.create(base() + "/v1/ping").toURL().openConnection();
      call.setConnectTimeout(1000);
      call.setReadTimeout(5000);
      int status = call.getResponseCode();
      return status == 401 ? 200 : status;
    } catch (IOException e) {
      return 0;
    }
  }

  /** A copy of an unpacked server: what a run changes in it ends with the run. */
  Path unpacked(String name) throws IOException, InterruptedException {
    try (Stream<Path> versions = Files.list(provided(name))) {
      run("cp", "-a", versions.findFirst().orElseThrow().toString(), home.resolve(name).toString());
    }
    return home.resolve(name);
  }

  /** What the profile of this server has put there. */
  static Path provided(String name) {
    return Path.of("target", "servers", name).toAbsolutePath();
  }

  /** A file of server-config. */
  static Path config(String name) {
    return Path.of("server-config", name).toAbsolutePath();
  }

  static Path java() {
    return Path.of(System.getProperty("java.home"), "bin", "java");
  }

  /** PostgreSQL's driver, from the tests' class path, and under its own name. */
  static Path driver() throws IOException {
    try {
      return Path.of(
          org.postgresql.Driver.class.getProtectionDomain().getCodeSource().getLocation().toURI());
    } catch (java.net.URISyntaxException e) {
      throw new IOException(e);
    }
  }

  static void copy(Path from, Path to) throws IOException {
    Files.createDirectories(to.toAbsolutePath().getParent());
    Files.copy(from, to, StandardCopyOption.REPLACE_EXISTING);
  }

  static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }
}
