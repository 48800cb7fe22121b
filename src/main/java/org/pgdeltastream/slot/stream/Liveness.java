package org.pgdeltastream.slot.stream;

import java.time.Duration;

/**
 * Whether a client that sends nothing still lives. It is pinged after a while without a frame of
 * its own; if it leaves its pings unanswered, it is gone. A ping lies behind what was sent before
 * it, so a client that reads slowly gets the time for that as well. Times are of one monotonic
 * clock.
 */
final class Liveness {
  private static final long SLOWEST = 20_000; // bytes a second
  private static final long MOST_BEHIND = 8 << 20; // that lie in the kernels' buffers
  private static final long SECOND_NANOS = Duration.ofSeconds(1).toNanos();

  private final long intervalNanos;
  private final long timeoutNanos;
  private volatile long heardAt = System.nanoTime();
  private volatile long sentBefore; // its last frame
  private volatile long pingedAt = heardAt;
  private volatile long answerBy;

  Liveness(Duration interval, Duration timeout) {
    this.intervalNanos = interval.toNanos();
    this.timeoutNanos = timeout.toNanos();
  }

  /** A frame of the client came, after so many bytes were sent to it. */
  void heard(long now, long sent) {
    sentBefore = sent;
    heardAt = now;
  }

  /** For who pings: whether to do so now, at once, behind so many bytes. */
  boolean pingIsDue(long now, long sent) {
    boolean quiet = isQuiet(now);
    if (quiet) {
      if (isAnswered()) {
        long behind = Math.min(sent - sentBefore, MOST_BEHIND);
        answerBy = now + timeoutNanos + behind * SECOND_NANOS / SLOWEST;
      }
      pingedAt = now;
    }
    return quiet;
  }

  /** The same for other threads, which only read. */
  boolean isQuiet(long now) {
    return now - heardAt > intervalNanos && now - pingedAt > intervalNanos;
  }

  /**
   * The first ping since the client's last frame has no answer in time.
   *
   * @param waitedUntil when it last took what was being sent to it
   */
  boolean isSilent(long now, long waitedUntil) {
    return !isAnswered() && now - answerBy > 0 && now - waitedUntil > timeoutNanos;
  }

  private boolean isAnswered() {
    return pingedAt - heardAt <= 0;
  }
}
