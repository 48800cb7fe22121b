package org.pgdeltastream.slot.upstream;

import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.LongSupplier;
import org.pgdeltastream.change.Lsn;

/**
 * When to connect to PostgreSQL again after a loss: soon, then at growing times with full jitter,
 * until it was away for the hold time. That counts from the loss, however long an attempt takes. A
 * connection resets it if it came further than those before it, or lived for a while. The reader's
 * thread writes; the reporter reads.
 */
final class Backoff {
  private static final long FIRST_MILLIS = 100;
  private static final long MOST_MILLIS = 2_000;
  private static final long LIVED_NANOS = Duration.ofSeconds(10).toNanos();
  private static final int MOST_LOSSES = 10; // at one position, of connections that lived
  private static final long LEAST_NANOS = Duration.ofSeconds(10).toNanos(); // for an attempt

  private final long holdNanos;
  private final LongSupplier clock;
  private int failures;
  private int lossesHere;
  private boolean connected;
  private long connectedAt;
  private Lsn best = Lsn.NONE;
  private volatile long lostAt;

  Backoff(Duration hold, LongSupplier clock) {
    this.holdNanos = hold.toNanos();
    this.clock = clock;
    this.lostAt = clock.getAsLong();
  }

  /** PostgreSQL has begun to stream. */
  void connected() {
    connected = true;
    connectedAt = clock.getAsLong();
  }

  /** It did stream, but the heap had no memory for the message. */
  void starved() {
    connected = false;
  }

  /**
   * A connection was lost, or could not be made.
   *
   * @param reached how far its WAL had come, if it was read
   */
  void lost(Lsn reached) {
    long now = clock.getAsLong();
    if (reached.isAfter(best)) {
      best = reached;
      lossesHere = 0;
      startAnew();
    } else if (connected && now - connectedAt > LIVED_NANOS && lossesHere < MOST_LOSSES) {
      lossesHere++;
      startAnew();
    }
    connected = false;
  }

  /** PostgreSQL was well up to now. */
  void startAnew() {
    failures = 0;
    lostAt = clock.getAsLong();
  }

  /** The pause before the next attempt. */
  Duration next() {
    long most = Math.min(MOST_MILLIS, FIRST_MILLIS << Math.min(failures / 2, 10));
    failures++;
    return Duration.ofMillis(ThreadLocalRandom.current().nextLong(1, most + 1));
  }

  /** PostgreSQL has been away for the hold time. */
  boolean isExhausted() {
    return away() > holdNanos;
  }

  /** The same for an attempt that is still running, which has ten seconds at least. */
  boolean isOverdue() {
    return away() > Math.max(holdNanos, LEAST_NANOS);
  }

  private long away() {
    return clock.getAsLong() - lostAt;
  }
}
