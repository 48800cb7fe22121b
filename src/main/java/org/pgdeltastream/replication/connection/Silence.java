package org.pgdeltastream.replication.connection;

import java.util.function.LongSupplier;

/**
 * How long a connection has been silent while its reader waited. After every five seconds of
 * silence the server should be asked for a sign of life. The reader's thread writes, others read.
 */
public final class Silence {
  private static final long PROBE_NANOS = 5_000_000_000L;

  private final LongSupplier receivedAt;
  private volatile boolean waiting;
  private long probedAt; // the reader's

  /**
   * Begins now.
   *
   * @param receivedAt when the last byte came from the server, by the monotonic clock
   */
  public Silence(LongSupplier receivedAt, long now) {
    this.receivedAt = receivedAt;
    this.probedAt = now;
  }

  /** Whether the reader waits for the server; while it sends, silence means nothing. */
  public void waiting(boolean waits) {
    waiting = waits;
  }

  /** Whether to ask for a sign of life now; the reader does so at once. */
  public boolean probeIsDue(long now) {
    boolean due = now - receivedAt.getAsLong() > PROBE_NANOS && now - probedAt > PROBE_NANOS;
    if (due) {
      probedAt = now;
    }
    return due;
  }

  /** Nanoseconds without a sign of life. */
  public long nanos(long now) {
    return waiting ? now - receivedAt.getAsLong() : 0;
  }
}
