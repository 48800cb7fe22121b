package org.pgdeltastream.bench;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.function.LongConsumer;

/** Times from an id, which is the microsecond of its writing, to now. */
final class Latencies implements LongConsumer {
  private long[] micros = new long[1 << 16];
  private int count;

  /** Microseconds since 1970. */
  static long now() {
    return ChronoUnit.MICROS.between(Instant.EPOCH, Instant.now());
  }

  @Override
  public synchronized void accept(long written) {
    if (count == micros.length) {
      micros = Arrays.copyOf(micros, 2 * count);
    }
    micros[count++] = now() - written;
  }

  synchronized void clear() {
    count = 0;
  }

  /** The first quarter warms up and is left out. */
  synchronized long percentile(double percent) {
    long[] sorted = Arrays.copyOfRange(micros, count / 4, count);
    Arrays.sort(sorted);
    return sorted[(int) Math.min(sorted.length - 1, sorted.length * percent / 100)];
  }
}
