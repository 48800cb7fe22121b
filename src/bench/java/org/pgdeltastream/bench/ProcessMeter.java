package org.pgdeltastream.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.locks.LockSupport;

/** Processor time and memory of a process, as Linux tells them in /proc. */
final class ProcessMeter {
  private static final double TICKS_PER_SECOND = 100;
  private static final int USER_TIME = 11; // after the name, counted from 0
  private static final int CHILDREN = 2; // how much further the reaped children's times stand

  private ProcessMeter() {}

  /** User and system seconds so far; NaN if it has ended. */
  static double seconds(long pid) {
    return seconds(Path.of("/proc/" + pid + "/stat"), 0);
  }

  /** Of the children of this process that have ended. */
  static double secondsOfChildren() {
    return seconds(Path.of("/proc/self/stat"), CHILDREN);
  }

  private static double seconds(Path stat, int further) {
    try {
      String line = Files.readString(stat);
      String[] fields = line.substring(line.lastIndexOf(')') + 2).split(" ", -1);
      long user = Long.parseLong(fields[USER_TIME + further]);
      long system = Long.parseLong(fields[USER_TIME + further + 1]);
      return (user + system) / TICKS_PER_SECOND;
    } catch (IOException e) {
      return Double.NaN;
    }
  }

  /** From now on the peak is counted anew. */
  static void forgetPeak(long pid) throws IOException {
    Files.write(Path.of("/proc/" + pid + "/clear_refs"), "5".getBytes(StandardCharsets.US_ASCII));
  }

  /** The most memory since then, in MB; 0 if it has ended. */
  static long peakMegabytes(long pid) {
    return megabytes(pid, "VmHWM:");
  }

  /** What it has now. */
  static long kilobytes(long pid) {
    return kilobytes(pid, "VmRSS:");
  }

  private static long megabytes(long pid, String field) {
    return kilobytes(pid, field) / 1024;
  }

  private static long kilobytes(long pid, String field) {
    try {
      List<String> status = Files.readAllLines(Path.of("/proc/" + pid + "/status"));
      return status.stream()
          .filter(line -> line.startsWith(field))
          .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
          .findFirst()
          .orElse(0);
    } catch (IOException e) {
      return 0;
    }
  }

  /** Looks at a process until it ends: afterwards nobody can tell its time. */
  static final class Watch {
    private final Thread thread;
    private volatile double seconds;
    private volatile long megabytes;

    Watch(long pid) {
      double before = seconds(pid);
      thread =
          new Thread(
              () -> {
                double now = before;
                while (!Double.isNaN(now) && !Thread.currentThread().isInterrupted()) {
                  seconds = now - before;
                  megabytes = Math.max(megabytes, megabytes(pid, "RssAnon:"));
                  LockSupport.parkNanos(20_000_000);
                  now = seconds(pid);
                }
              });
      thread.setDaemon(true);
      thread.start();
    }

    /** What it took from the start of the watch to its end. */
    double awaitEnd() throws InterruptedException {
      thread.join(20_000);
      thread.interrupt();
      return seconds;
    }

    long peakMegabytes() {
      return megabytes;
    }
  }
}
