package org.pgdeltastream.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.pgdeltastream.support.TestDatabase;
import org.pgdeltastream.support.Wal2Json;

/** PostgreSQL's own programs, of the installed server that the benchmark runs. */
final class Tools {
  private Tools() {}

  /** A command with its program's path and the server's address. */
  static List<String> command(TestDatabase database, String program, String... arguments)
      throws IOException {
    Path bin = Wal2Json.bin().orElseThrow(() -> new IOException(Wal2Json.ADVICE));
    List<String> command = new ArrayList<>();
    command.add(bin.resolve(program).toString());
    command.addAll(List.of("-h", "127.0.0.1", "-p", "" + database.port(), "-U", database.user()));
    command.addAll(List.of(arguments));
    return command;
  }

  static void run(TestDatabase database, String program, String... arguments) throws Exception {
    List<String> command = command(database, program, arguments);
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (process.waitFor() != 0) {
      throw new IOException(command + ": " + said);
    }
  }

  /** For some seconds. */
  static void awaitEnd(Thread thread) {
    try {
      thread.join(5_000);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
