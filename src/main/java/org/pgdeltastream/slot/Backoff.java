package org.pgdeltastream.slot;

import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;

/**
 * When to try PostgreSQL again after it was lost: soon, then at growing times with full jitter,
 * until it was away for the hold time. A connection that lived for a while starts it anew.
 */
final class Backoff {
  private static final long FIRST_MILLIS = 100;
  private static final long MOST_MILLIS = 2_000;
  private static final long LIVED_NANOS = Duration.ofSeconds(1).toNanos();

  private final long holdNanos;
  private int failures;
  private long connectedAt = System.nanoTime();
  private long lostAt = connectedAt;

  Backoff(Duration hold) {
    this.holdNanos = hold.toNanos();
  }

  void connecting() {
    connectedAt = System.nanoTime();
  }

  /** The pause before the next attempt. */
  Duration next() {
    long now = System.nanoTime();
    if (failures == 0 || now - connectedAt > LIVED_NANOS) {
      failures = 0;
      lostAt = now;
    }
    long most = Math.min(MOST_MILLIS, FIRST_MILLIS << Math.min(failures / 2, 10));
    failures++;
    return Duration.ofMillis(ThreadLocalRandom.current().nextLong(1, most + 1));
  }

  boolean isExhausted() {
    return System.nanoTime() - lostAt > holdNanos;
  }
}
