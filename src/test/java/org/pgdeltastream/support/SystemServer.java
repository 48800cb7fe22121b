package org.pgdeltastream.support;

import io.zonky.test.db.postgres.util.LinuxUtils;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** A PostgreSQL that is installed on this machine, run from its bin directory. */
final class SystemServer {
  private final Path bin;
  private final Path home;
  private final Path data;

  private SystemServer(Path bin, Path home) {
    this.bin = bin;
    this.home = home;
    data = DataDirectories.data(home);
  }

  static TestDatabase start(Map<String, String> settings) throws IOException {
    Path bin = Wal2Json.bin().orElseThrow(() -> new IOException(Wal2Json.ADVICE));
    SystemServer server = new SystemServer(bin, DataDirectories.create());
    int port = freePort();
    server.initialise();
    server.configure(port, settings);
    server.run(
        "pg_ctl", "start", "-w", "-t", "60", "-D", server.data.toString(), "-l", server.log());
    return new TestDatabase(server.home, port, Wal2Json.in(bin), () -> {});
  }

  private void initialise() throws IOException {
    KeptFiles initial = DataDirectories.initial(bin.toString());
    if (!initial.copyTo(data)) {
      initdb();
      initial.keep(data);
    }
  }

  private void initdb() throws IOException {
    run(
        "initdb",
        "-A",
        "trust",
        "-U",
        "postgres",
        "-E",
        "UTF8",
        "--locale=C",
        "-N",
        "-D",
        data.toString());
  }

  private void configure(int port, Map<String, String> settings) throws IOException {
    List<String> lines = new ArrayList<>();
    lines.add("port = " + port);
    lines.add("unix_socket_directories = ''");
    if (Wal2Json.in(bin) && knows("output_plugin_libraries")) {
      lines.add("output_plugin_libraries = 'pgoutput, test_decoding, wal2json'");
    }
    settings.forEach((name, value) -> lines.add(name + " = '" + value.replace("'", "''") + "'"));
    Files.write(data.resolve("postgresql.conf"), lines, StandardOpenOption.APPEND);
  }

  private boolean knows(String setting) throws IOException {
    return exitCode("postgres", "-D", data.toString(), "-C", setting) == 0;
  }

  private void run(String program, String... arguments) throws IOException {
    int code = exitCode(program, arguments);
    if (code != 0) {
      String said = Files.readString(Path.of(log()));
      throw new IOException(bin.resolve(program) + " ended with " + code + ":\n" + said);
    }
  }

  private int exitCode(String program, String... arguments) throws IOException {
    List<String> command = new ArrayList<>();
    if (LinuxUtils.isUnshareAvailable()) { // as root: PostgreSQL refuses to run as root
      command.addAll(List.of("unshare", "-U"));
    }
    command.add(bin.resolve(program).toString());
    command.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.redirectOutput(ProcessBuilder.Redirect.appendTo(Path.of(log()).toFile()));
    try {
      return builder.start().waitFor();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("Interrupted while running " + program, e);
    }
  }

  private String log() {
    return home.resolve("log").toString();
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }
}
