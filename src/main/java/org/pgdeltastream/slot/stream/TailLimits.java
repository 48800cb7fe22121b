package org.pgdeltastream.slot.stream;

import java.time.Duration;
import java.util.Optional;
import org.pgdeltastream.change.Lsn;

/**
 * What a look at the newest changes may take of PostgreSQL: time, and WAL that its slot keeps. For
 * the reporter's thread.
 */
final class TailLimits {
  private static final long MOST_WAL = 64 << 20;
  private static final Duration LONG = Duration.ofSeconds(10); // more than a moment's work

  private final Duration longest;
  private final long begin;
  private long keepsSince = Long.MAX_VALUE; // it keeps no more than it may

  /**
   * Begins now.
   *
   * @param now in nanoseconds
   */
  TailLimits(Duration longest, long now) {
    this.longest = longest;
    this.begin = now;
  }

  /**
   * Why it must end; empty if it need not.
   *
   * @param written up to where PostgreSQL has written
   * @param confirmed up to where it may forget; none before the stream has begun
   */
  Optional<String> exceeded(Lsn written, Lsn confirmed, long now) {
    if (now - begin > longest.toNanos()) {
      return Optional.of("a tail ends after " + longest.toSeconds() + " s; connect again");
    }
    boolean keeps = !confirmed.equals(Lsn.NONE) && written.value() - confirmed.value() > MOST_WAL;
    keepsSince = keeps ? Math.min(keepsSince, now) : Long.MAX_VALUE;
    return keeps && now - keepsSince > LONG.toNanos()
        ? Optional.of("PostgreSQL keeps more than 64 MB of WAL for it; connect again")
        : Optional.empty();
  }
}
