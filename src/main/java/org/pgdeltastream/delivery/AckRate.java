package org.pgdeltastream.delivery;

/**
 * Detects a flood of acknowledgements: more than 1,000 a second for five seconds. Not thread-safe.
 */
public final class AckRate {
  private static final int MOST_A_SECOND = 1_000;
  private static final int SECONDS = 5;
  private static final long SECOND_NANOS = 1_000_000_000L;

  private long secondBegan;
  private int inThisSecond;
  private int floodedSeconds;

  public AckRate(long now) {
    secondBegan = now;
  }

  /** Counts one; true if it is one of a flood. */
  public boolean isFlood(long now) {
    long seconds = (now - secondBegan) / SECOND_NANOS;
    if (seconds > 0) {
      floodedSeconds = seconds == 1 && inThisSecond > MOST_A_SECOND ? floodedSeconds + 1 : 0;
      inThisSecond = 0;
      secondBegan += seconds * SECOND_NANOS;
    }
    inThisSecond++;
    return floodedSeconds >= SECONDS;
  }
}
