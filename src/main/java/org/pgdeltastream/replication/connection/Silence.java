package org.pgdeltastream.replication.connection;

import java.util.function.LongSupplier;

/**
 * How long a connection has been silent while somebody waited for it. Every five seconds of silence
 * the server is to be asked for a sign of life. The reader's thread writes, others look.
 */
public final class Silence {
  private static final long PROBE_NANOS = 5_000_000_000L;

  private final LongSupplier heardAt;
  private volatile boolean waiting;
  private long probedAt; // the reader's

  /**
   * Begins now.
   *
   * @param heardAt when the server was last heard, by the monotonic clock
   */
  public Silence(LongSupplier heardAt, long now) {
    this.heardAt = heardAt;
    this.probedAt = now;
  }

  /** Whether the reader waits for the server; while it sends, silence means nothing. */
  public void waiting(boolean waits) {
    waiting = waits;
  }

  /** Whether to ask for a sign of life now; the reader does so at once. */
  public boolean probeIsDue(long now) {
    boolean due = now - heardAt.getAsLong() > PROBE_NANOS && now - probedAt > PROBE_NANOS;
    if (due) {
      probedAt = now;
    }
    return due;
  }

  /** Nanoseconds without a sign of life. */
  public long nanos(long now) {
    return waiting ? now - heardAt.getAsLong() : 0;
  }
}
