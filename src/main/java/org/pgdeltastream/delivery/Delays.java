package org.pgdeltastream.delivery;

import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;

/** How many delays were how long. For any thread. */
public final class Delays {
  private static final long[] BOUNDS_MILLIS = {
    1, 5, 10, 50, 100, 500, 1_000, 5_000, 10_000, 60_000
  };
  private static final long MILLI_NANOS = 1_000_000;
  private static final double SECOND_MILLIS = 1_000;
  private static final double SECOND_NANOS = 1e9;

  private final AtomicLongArray counts = new AtomicLongArray(BOUNDS_MILLIS.length + 1);
  private final AtomicLong nanos = new AtomicLong();

  /** Less than nothing, where two clocks differ, counts as nothing. */
  void note(long delayNanos) {
    long delay = Math.max(0, delayNanos);
    int at = 0;
    while (at < BOUNDS_MILLIS.length && delay > BOUNDS_MILLIS[at] * MILLI_NANOS) {
      at++;
    }
    counts.getAndIncrement(at);
    nanos.getAndAdd(delay);
  }

  /** Up to how many seconds each of {@link #counts} goes; the last is infinite. */
  public static double[] bounds() {
    double[] bounds = new double[BOUNDS_MILLIS.length + 1];
    for (int i = 0; i < BOUNDS_MILLIS.length; i++) {
      bounds[i] = BOUNDS_MILLIS[i] / SECOND_MILLIS;
    }
    bounds[BOUNDS_MILLIS.length] = Double.POSITIVE_INFINITY;
    return bounds;
  }

  /** How many were within each bound and beyond the one before. */
  public long[] counts() {
    long[] copy = new long[counts.length()];
    for (int i = 0; i < copy.length; i++) {
      copy[i] = counts.get(i);
    }
    return copy;
  }

  /** All delays together. */
  public double seconds() {
    return nanos.get() / SECOND_NANOS;
  }
}
