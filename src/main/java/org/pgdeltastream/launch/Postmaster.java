package org.pgdeltastream.launch;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** The process of a PostgreSQL of our own, by its data; it outlives a server that was killed. */
final class Postmaster {
  private static final String DATA_OF_RUN = "postgres";
  private static final int STOP_SECONDS = 10;

  private Postmaster() {}

  /** Notes in a run's directory which data its PostgreSQL has. */
  static void note(Path run, Path data) throws IOException {
    Files.writeString(run.resolve(DATA_OF_RUN), data.toString());
  }

  /** The PostgreSQL that works with these data now. */
  static Optional<ProcessHandle> of(Path data) throws IOException {
    Path pidFile = data.resolve("postmaster.pid");
    if (!Files.exists(pidFile)) {
      return Optional.empty();
    }
    List<String> lines = Files.readAllLines(pidFile);
    return lines.stream()
        .findFirst()
        .filter(pid -> pid.matches("\\d{1,18}"))
        .flatMap(pid -> ProcessHandle.of(Long.parseLong(pid)))
        .filter(process -> process.info().command().orElse("postgres").contains("postgres"));
  }

  /** Stops the PostgreSQL of a run that was killed. Data that are kept are written first. */
  static void endOfRun(Path run) throws IOException {
    Path note = run.resolve(DATA_OF_RUN);
    if (!Files.isRegularFile(note)) {
      return;
    }
    Path data = Path.of(Files.readString(note));
    Optional<ProcessHandle> running = of(data);
    if (running.isEmpty()) {
      return;
    }
    try {
      String signal = data.startsWith(run) ? "-QUIT" : "-INT"; // immediate, or fast
      new ProcessBuilder("kill", signal, "" + running.get().pid()).start().waitFor();
      running.get().onExit().get(STOP_SECONDS, TimeUnit.SECONDS);
    } catch (IOException | ExecutionException | TimeoutException e) {
      running.get().destroyForcibly();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
