package org.pgdeltastream.bench;

import java.io.IOException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.pgdeltastream.support.TestDatabase;

/**
 * Kills the server while many clients follow a feed, starts it again, and sees when all are back
 * and what they were sent. PostgreSQL goes on writing.
 */
final class HerdBenchmark {
  static final String HEADING =
      """
      | load | it listens after s | all are back | all have everything | answers 503 | lost | twice | out of order | heap MB | RSS MB |
      | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |""";

  private static final Duration LIMIT = Duration.ofMinutes(3);
  private static final Duration LAST_ROWS = Duration.ofSeconds(30);

  private HerdBenchmark() {}

  /** Rows with numbers, one a transaction, at an even rate, from a thread of its own. */
  private static final class Rows implements AutoCloseable {
    private final TestDatabase database;
    private final int rate;
    private final Thread thread = new Thread(this::write, "rows");
    private volatile long written; // the number of the newest
    private volatile boolean over;
    private volatile @Nullable SQLException failure;

    Rows(TestDatabase database, int rate) {
      this.database = database;
      this.rate = rate;
      thread.setDaemon(true);
      thread.start();
    }

    private void write() {
      try (Connection connection = database.connect();
          PreparedStatement insert = connection.prepareStatement("insert into m values (?)")) {
        long start = System.nanoTime();
        for (long number = 1; !over; number++) {
          insert.setString(1, "n=" + number);
          insert.execute();
          written = number;
          long due = start + number * 1_000_000_000L / rate;
          while (!over && System.nanoTime() < due) {
            LockSupport.parkNanos(Math.min(due - System.nanoTime(), 100_000_000));
          }
        }
      } catch (SQLException e) {
        failure = e;
      }
    }

    /** Ends it; returns the number of the last one. */
    long end() throws InterruptedException, SQLException {
      over = true;
      thread.join();
      if (failure != null) {
        throw failure;
      }
      return written;
    }

    @Override
    public void close() {
      over = true;
    }
  }

  /**
   * Measures, and returns a line of the table.
   *
   * @param seconds how long the clients follow before the server is killed
   */
  static String measure(Load load, TestDatabase database, FeedServer server, int seconds)
      throws Exception {
    try (Herd herd = new Herd(load.clients(), server.port(), server.path())) {
      await("all to be connected", LIMIT, herd, herd::isBack);
      try (Rows rows = new Rows(database, load.rate())) {
        LockSupport.parkNanos(TimeUnit.SECONDS.toNanos(seconds));
        await("all to have rows", LIMIT, herd, () -> herd.has(1));
        herd.counts().refused.set(0);
        long start = System.nanoTime();
        server.killAndStart();
        double listens = since(start);
        await("all to be back", LIMIT, herd, herd::isBack);
        double back = since(start);
        long newest = rows.written;
        await("all to have everything", LIMIT, herd, () -> herd.has(newest));
        double complete = since(start);
        LockSupport.parkNanos(TimeUnit.SECONDS.toNanos(seconds));
        long last = rows.end();
        awaitLast(herd, last);
        return line(load, server, herd, last, listens, back, complete);
      }
    }
  }

  private static String line(
      Load load, FeedServer server, Herd herd, long last, double listens, double back, double all)
      throws Exception {
    Herd.Counts counts = herd.counts();
    return String.format(
            Locale.ROOT,
            "| %s | %.1f | %.1f | %.1f | %d | %d | %d | %d | %d | %d |",
            load.text(),
            listens,
            back,
            all,
            counts.refused.get(),
            counts.lost.get() + herd.missing(last),
            counts.twice.get(),
            counts.disordered.get(),
            MemoryMeter.heap(server.pid()) / 1024,
            ProcessMeter.peakMegabytes(server.pid()))
        + counts.failure().map(why -> "\n(some met something else: " + why + ")").orElse("");
  }

  private static double since(long start) {
    return (System.nanoTime() - start) / 1e9;
  }

  private static void await(String what, Duration limit, Herd herd, BooleanSupplier isDone)
      throws IOException {
    long start = System.nanoTime();
    while (!isDone.getAsBoolean()) {
      if (System.nanoTime() - start > limit.toNanos()) {
        throw new IOException(
            "Waited %s for %s; %s".formatted(limit, what, herd.counts().failure().orElse("")));
      }
      LockSupport.parkNanos(20_000_000);
    }
  }

  /** What has not come then is lost. */
  private static void awaitLast(Herd herd, long last) {
    long start = System.nanoTime();
    while (!herd.has(last) && System.nanoTime() - start < LAST_ROWS.toNanos()) {
      LockSupport.parkNanos(20_000_000);
    }
  }
}
