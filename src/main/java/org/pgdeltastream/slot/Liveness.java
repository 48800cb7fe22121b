package org.pgdeltastream.slot;

import java.time.Duration;

/**
 * Whether a client that sends nothing still lives. It is pinged after a while without a frame of
 * its own; a ping without an answer, and without the progress of a send since, means that it is
 * gone. Times are of one monotonic clock.
 */
final class Liveness {
  private final long intervalNanos;
  private final long timeoutNanos;
  private volatile long heardAt = System.nanoTime();
  private volatile long pingedAt = heardAt;

  Liveness(Duration interval, Duration timeout) {
    this.intervalNanos = interval.toNanos();
    this.timeoutNanos = timeout.toNanos();
  }

  void heard(long now) {
    heardAt = now;
  }

  /** For the reader: whether to ping now; it does so at once. */
  boolean pingIsDue(long now) {
    boolean quiet = now - heardAt > intervalNanos && now - pingedAt > intervalNanos;
    if (quiet) {
      pingedAt = now;
    }
    return quiet;
  }

  boolean isSilent(long now, long lastProgress) {
    boolean unanswered = pingedAt - heardAt > 0;
    return unanswered && now - pingedAt > timeoutNanos && now - lastProgress > timeoutNanos;
  }
}
