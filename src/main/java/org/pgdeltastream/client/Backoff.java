package org.pgdeltastream.client;

import java.time.Duration;
import java.util.function.DoubleSupplier;

/**
 * How long to wait before the next try: anything up to 250 ms, twice as much after each failure, up
 * to 20 s, so that not all clients come back at once; at least what the server asks for
 * (Retry-After), of which ten minutes count.
 */
final class Backoff {
  private static final long FIRST_MILLIS = 250;
  private static final long MOST_MILLIS = 20_000;
  private static final int MOST_DOUBLINGS = 7;
  private static final long MOST_ASKED_SECONDS = 600;

  private final DoubleSupplier random;
  private int failures;

  /**
   * @param random from 0 to 1
   */
  Backoff(DoubleSupplier random) {
    this.random = random;
  }

  /** A message came. */
  void succeeded() {
    failures = 0;
  }

  Duration next(long retryAfterSeconds) {
    long most = Math.min(MOST_MILLIS, FIRST_MILLIS << Math.min(failures, MOST_DOUBLINGS));
    failures++;
    long asked = 1000 * Math.min(retryAfterSeconds, MOST_ASKED_SECONDS);
    return Duration.ofMillis(asked + (long) (random.getAsDouble() * most));
  }
}
