package org.pgdeltastream.support;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** A server's first process; stopping it stops them all. Source: manual, "Shutting Down". */
record Postmaster(long pid) {
  private static final Duration FAST = Duration.ofSeconds(10);
  private static final Duration IMMEDIATE = Duration.ofSeconds(10);

  /** Reads the number that the server left in its data directory. */
  static Postmaster of(Path data) throws IOException {
    String first = Files.readAllLines(data.resolve("postmaster.pid")).get(0);
    return new Postmaster(Long.parseLong(first.strip()));
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

  private void signal(String name) {
    try {
      new ProcessBuilder("kill", "-" + name, Long.toString(pid)).start().waitFor();
    } catch (IOException e) {
      throw new IllegalStateException("Cannot signal PostgreSQL, pid " + pid, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static boolean ended(ProcessHandle process, Duration bound) {
    try {
      process.onExit().get(bound.toMillis(), TimeUnit.MILLISECONDS);
      return true;
    } catch (TimeoutException e) {
      return !process.isAlive();
    } catch (ExecutionException e) {
      throw new IllegalStateException("Cannot watch pid " + process.pid(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }
}
