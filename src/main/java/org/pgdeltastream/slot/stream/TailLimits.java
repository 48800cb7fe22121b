package org.pgdeltastream.slot.stream;

import java.time.Duration;
import java.util.Optional;
import org.pgdeltastream.change.Lsn;

/**
 * What a look at the newest changes may take of PostgreSQL: time, and WAL that its slot keeps.
 *
 * @param nanos when it began
 */
record TailLimits(Duration longest, long nanos) {
  private static final long MOST_WAL = 64 << 20;

  /**
   * Why it must end; empty if it need not.
   *
   * @param walEnd up to where PostgreSQL has written
   * @param reached up to where the client was sent
   */
  Optional<String> exceeded(Lsn walEnd, Lsn reached, long now) {
    if (now - nanos > longest.toNanos()) {
      return Optional.of("a tail ends after " + longest.toSeconds() + " s; connect again");
    }
    boolean keeps = !reached.equals(Lsn.NONE) && walEnd.value() - reached.value() > MOST_WAL;
    return keeps
        ? Optional.of("the client is too slow: PostgreSQL keeps more than 64 MB of WAL for it")
        : Optional.empty();
  }
}
