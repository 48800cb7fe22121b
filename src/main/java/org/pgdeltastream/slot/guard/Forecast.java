package org.pgdeltastream.slot.guard;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Optional;
import java.util.OptionalLong;

/** When a slot reaches the limit, if it keeps growing as in the last ten minutes. */
final class Forecast {
  private static final long MOST_NANOS = Duration.ofMinutes(10).toNanos();
  private static final long LEAST_NANOS = Duration.ofSeconds(30).toNanos();
  private static final long STEP_NANOS = Duration.ofSeconds(4).toNanos();
  private static final double FAR_SECONDS = Duration.ofDays(3650).toSeconds();

  private final ArrayDeque<Size> sizes = new ArrayDeque<>();
  private Size last = new Size(0, 0);

  private record Size(long nanos, long bytes) {}

  /** What the slot keeps now. */
  void note(long nanos, long bytes) {
    last = new Size(nanos, bytes);
    if (sizes.isEmpty() || nanos - sizes.getLast().nanos() >= STEP_NANOS) {
      sizes.add(last);
    }
    while (nanos - sizes.element().nanos() > MOST_NANOS) {
      sizes.remove();
    }
  }

  /** Empty if it does not grow, without a limit, and within the first half minute. */
  Optional<Duration> fullIn(OptionalLong limit) {
    if (limit.isEmpty() || sizes.isEmpty()) {
      return Optional.empty();
    }
    long left = limit.getAsLong() - last.bytes();
    if (left <= 0) {
      return Optional.of(Duration.ZERO);
    }
    Size first = sizes.element();
    long nanos = last.nanos() - first.nanos();
    double grown = last.bytes() - first.bytes();
    if (nanos < LEAST_NANOS || grown <= 0) {
      return Optional.empty();
    }
    double seconds = left / grown * nanos / 1e9;
    return seconds > FAR_SECONDS
        ? Optional.empty()
        : Optional.of(Duration.ofSeconds((long) seconds));
  }
}
