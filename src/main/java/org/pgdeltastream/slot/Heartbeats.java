package org.pgdeltastream.slot;

import static java.lang.System.Logger.Level.WARNING;

import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import org.pgdeltastream.delivery.Heartbeat;
import org.pgdeltastream.replication.connection.ReplicationConnector;
import org.pgdeltastream.replication.wal.HeartbeatWriter;

/** Writes heartbeats into PostgreSQL's WAL while this server reads it, if that is asked for. */
final class Heartbeats {
  private static final System.Logger LOG = System.getLogger(Heartbeats.class.getName());

  private final ReplicationConnector connector;
  private final long everyNanos;
  private final BooleanSupplier reads;
  private final Executor threads;
  private final AtomicBoolean writes = new AtomicBoolean();
  private final AtomicLong written = new AtomicLong();
  private final AtomicLong failed = new AtomicLong();
  private volatile long writtenAt;
  private volatile String failure = "";

  /**
   * Writes them from time to time.
   *
   * @param every nothing is written if that is zero
   * @param reads whether this server reads any slot
   */
  Heartbeats(
      ReplicationConnector connector, Duration every, BooleanSupplier reads, Executor threads) {
    this.connector = connector;
    this.everyNanos = every.toNanos();
    this.reads = reads;
    this.threads = threads;
    this.writtenAt = System.nanoTime() - everyNanos;
  }

  /** Once a second; never waits for PostgreSQL. */
  void check() {
    boolean isDue = everyNanos > 0 && System.nanoTime() - writtenAt >= everyNanos;
    if (isDue && reads.getAsBoolean() && writes.compareAndSet(false, true)) {
      try {
        threads.execute(this::write);
      } catch (RejectedExecutionException e) {
        writes.set(false); // all threads are busy: the next check tries again
      }
    }
  }

  private void write() {
    try {
      long now = System.nanoTime();
      writtenAt = now;
      if (HeartbeatWriter.write(connector, Heartbeat.content(now))) {
        written.getAndIncrement();
      }
      failure = "";
    } catch (SQLException e) {
      failed.getAndIncrement();
      String why = String.valueOf(e.getMessage());
      if (!why.equals(failure)) { // once, not every few seconds
        LOG.log(WARNING, "A heartbeat could not be written to PostgreSQL: " + why);
      }
      failure = why;
    } finally {
      writes.set(false);
    }
  }

  long written() {
    return written.get();
  }

  long failed() {
    return failed.get();
  }
}
