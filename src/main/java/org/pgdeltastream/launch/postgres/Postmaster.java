package org.pgdeltastream.launch.postgres;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * The process of a PostgreSQL of our own, as its file {@code postmaster.pid} names it; it outlives
 * a server that was killed. The file outlives the process, whose number may be another's then.
 */
public record Postmaster(ProcessHandle process, String data, Instant start, int port) {
  private static final String DATA_OF_RUN = "postgres";
  private static final String PID_FILE = "postmaster.pid";
  private static final int STOP_SECONDS = 10;

  /** Both times are of whole seconds, and the system's is counted from its boot. */
  private static final Duration CLOCKS = Duration.ofSeconds(5);

  /** Notes in a run's directory which data its PostgreSQL has, and the port that it will have. */
  public static void note(Path run, Path data, int port) throws IOException {
    Files.writeString(run.resolve(DATA_OF_RUN), port + "\n" + data);
  }

  /**
   * Refuses data with which a PostgreSQL works, and removes the file of one that is gone where its
   * number is another program's: PostgreSQL would take that for the server. That no process has the
   * data it sees by its shared memory, too.
   */
  static void refuseRunning(Path data) throws IOException {
    Optional<Postmaster> named = named(data);
    if (named.isEmpty() || named.get().program().isEmpty()) {
      return; // ended, or another user's: PostgreSQL knows what to do
    }
    String pid = "" + named.get().process().pid();
    if (!named.get().isPostgres()) {
      Files.deleteIfExists(data.resolve(PID_FILE));
    } else if (named.get().worksWith(data)) {
      throw new IOException(
          "A PostgreSQL, process %s, works in %s already; stop it first".formatted(pid, data));
    } else {
      throw new IOException(
          "%s names process %s, a PostgreSQL that started at another time or with other data; if it does not work in %s, delete the file"
              .formatted(data.resolve(PID_FILE), pid, data));
    }
  }

  /** The living process that the file names. */
  private static Optional<Postmaster> named(Path data) throws IOException {
    List<String> lines;
    try {
      lines = Files.readAllLines(data.resolve(PID_FILE));
    } catch (NoSuchFileException e) {
      return Optional.empty();
    }
    Optional<ProcessHandle> process = ProcessHandle.of(number(lines, 0));
    return process.map(
        one ->
            new Postmaster(
                one,
                lines.size() > 1 ? lines.get(1) : "",
                Instant.ofEpochSecond(number(lines, 2)),
                (int) number(lines, 3)));
  }

  private static long number(List<String> lines, int line) {
    String text = lines.size() > line ? lines.get(line).strip() : "";
    return text.matches("\\d{1,10}") ? Long.parseLong(text) : 0;
  }

  private String program() {
    return process.info().command().map(path -> Path.of(path).getFileName() + "").orElse("");
  }

  private boolean isPostgres() {
    return program().startsWith("postgres"); // .exe, or (deleted)
  }

  /** Whether it is sure to be the process that wrote the file. */
  private boolean worksWith(Path wanted) throws IOException {
    Optional<Instant> started = process.info().startInstant();
    return isPostgres()
        && started.isPresent()
        && Duration.between(started.get(), start).abs().compareTo(CLOCKS) <= 0
        && Files.exists(Path.of(data))
        && Files.isSameFile(Path.of(data), wanted);
  }

  /**
   * Stops the PostgreSQL that a killed run has started, no other that has its data since. Data that
   * are kept are written first.
   */
  static void endOfRun(Path run) throws IOException {
    Path note = run.resolve(DATA_OF_RUN);
    if (!Files.isRegularFile(note)) {
      return;
    }
    String[] noted = Files.readString(note).split("\n", 2);
    Path data = Path.of(noted[noted.length - 1]);
    if (noted.length == 2 && noted[0].matches("\\d{1,5}")) {
      stop(data, Integer.parseInt(noted[0]), data.startsWith(run) ? "-QUIT" : "-INT");
    }
  }

  /** Stops the PostgreSQL of these data, fast, if it has this port: no other start's. */
  static void stop(Path data, int port) throws IOException {
    stop(data, port, "-INT");
  }

  private static void stop(Path data, int port, String signal) throws IOException {
    Optional<Postmaster> running = named(data).filter(one -> one.port() == port);
    if (running.isPresent() && running.get().worksWith(data)) {
      stop(running.get().process(), signal);
    }
  }

  private static void stop(ProcessHandle process, String signal) {
    try {
      new ProcessBuilder("kill", signal, "" + process.pid()).start().waitFor();
      process.onExit().get(STOP_SECONDS, TimeUnit.SECONDS);
    } catch (IOException | ExecutionException | TimeoutException e) {
      process.destroyForcibly();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
