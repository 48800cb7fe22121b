package org.pgdeltastream.support;

import io.zonky.test.db.postgres.util.LinuxUtils;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** A server's first process; stopping it stops them all. Source: manual, "Shutting Down". */
record Postmaster(long pid, Path program) {
  private static final Duration START = Duration.ofSeconds(60);
  private static final Duration FAST = Duration.ofSeconds(20);
  private static final long LOOK_MILLIS = 20;
  private static final Duration IMMEDIATE = Duration.ofSeconds(10);

  /** Reads the number that the server left in its data directory. */
  static Postmaster of(Path data) throws IOException {
    String first = Files.readAllLines(data.resolve("postmaster.pid")).get(0);
    long pid = Long.parseLong(first.strip());
    Optional<String> program = ProcessHandle.of(pid).flatMap(one -> one.info().command());
    return new Postmaster(pid, Path.of(program.orElse("postgres")));
  }

  /** With the options that it left in its data directory. */
  Postmaster startAgain(Path data, Path log) throws IOException {
    String options = Files.readString(data.resolve("postmaster.opts")).strip();
    List<String> command = new ArrayList<>();
    if (LinuxUtils.isUnshareAvailable()) { // as root: PostgreSQL refuses to run as root
      command.addAll(List.of("unshare", "-U"));
    }
    String arguments = options.substring(options.indexOf(' ') + 1);
    command.addAll(
        List.of(
            program.resolveSibling("pg_ctl").toString(),
            "start",
            "-w",
            "-t",
            "60",
            "-D",
            data.toString(),
            "-l",
            log.toString(),
            "-o",
            arguments));
    long deadline = System.nanoTime() + START.toNanos();
    while (run(command, log) != 0) { // the processes of a killed one may take a moment to end
      if (System.nanoTime() > deadline) {
        throw new IOException("PostgreSQL does not start: " + Files.readString(log));
      }
    }
    return of(data);
  }

  private static int run(List<String> command, Path log) throws IOException {
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
    try {
      return builder.start().waitFor();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("Interrupted while PostgreSQL was started", e);
    }
  }

  List<ProcessHandle> children() {
    return ProcessHandle.of(pid).stream().flatMap(ProcessHandle::children).toList();
  }

  void awaitEnd() throws IOException {
    Optional<ProcessHandle> process = ProcessHandle.of(pid);
    if (process.isPresent() && !ended(process.get(), START)) {
      throw new IOException("PostgreSQL does not end, pid " + pid);
    }
  }

  /** Fast if it can be, immediate if it must be; returns when no process is left. */
  void stop() {
    Optional<ProcessHandle> process = ProcessHandle.of(pid);
    if (process.isEmpty() || ended(process.get(), Duration.ZERO)) {
      return;
    }
    signal("INT");
    if (ended(process.get(), FAST)) {
      return;
    }
    signal("QUIT");
    if (!ended(process.get(), IMMEDIATE)) {
      signal("KILL");
    }
  }

  void signal(String name) {
    try {
      new ProcessBuilder("kill", "-" + name, Long.toString(pid)).start().waitFor();
    } catch (IOException e) {
      throw new IllegalStateException("Cannot signal PostgreSQL, pid " + pid, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  boolean isRunning() {
    return ProcessHandle.of(pid).filter(one -> !ended(one, Duration.ZERO)).isPresent();
  }

  /** It has ended also where nobody has asked yet how: that is its parent's affair, not ours. */
  private static boolean ended(ProcessHandle process, Duration bound) {
    long deadline = System.nanoTime() + bound.toNanos();
    CompletableFuture<ProcessHandle> exit = process.onExit();
    try {
      while (!isDefunct(process)) {
        if (System.nanoTime() > deadline) {
          return !process.isAlive();
        }
        await(exit);
      }
      return true;
    } catch (ExecutionException e) {
      throw new IllegalStateException("Cannot watch pid " + process.pid(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  private static void await(CompletableFuture<ProcessHandle> exit)
      throws ExecutionException, InterruptedException {
    try {
      exit.get(LOOK_MILLIS, TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      // looked at again by the caller, until its deadline
    }
  }

  /** Gone, or no more than an entry in the table of processes. */
  private static boolean isDefunct(ProcessHandle process) {
    try {
      String state = Files.readString(Path.of("/proc", Long.toString(process.pid()), "stat"));
      return state.startsWith("Z", state.lastIndexOf(')') + 2);
    } catch (IOException e) {
      return !process.isAlive(); // it is gone, or there is no such file on this system
    }
  }
}
