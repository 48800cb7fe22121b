package org.pgdeltastream.delivery;

import org.pgdeltastream.delivery.StreamCounts.Count;

/**
 * Where a stream's thread spends its time: it waits for PostgreSQL, decodes, or sends. Is told the
 * time at pauses only, not for each change. For the stream's thread.
 */
public final class BusyTime {
  private final StreamCounts counts;
  private boolean isBehind;
  private boolean isHeld;
  private boolean isPaused;
  private long since;
  private long sentBefore;

  public BusyTime(StreamCounts counts) {
    this.counts = counts;
  }

  /** Another connection: what a former one had begun is not finished. */
  public void connects() {
    isBehind = false;
    isPaused = false;
    counts.discard();
  }

  /**
   * Reading begins.
   *
   * @param behind queries read: most of the time they are waited for
   */
  public void begins(boolean behind, long now) {
    if (behind) {
      counts.add(Count.CATCH_UPS, 1);
    } else if (isBehind) {
      counts.add(Count.CATCH_UPS_FINISHED, 1);
    }
    isBehind = behind;
    isPaused = false;
    isHeld = false;
    begin(now);
  }

  /** The thread may wait from now on. */
  public void pauses(long now) {
    long sent = counts.get(Count.SEND_NANOS) - sentBefore; // which counts itself
    counts.add(isBehind ? Count.WAIT_NANOS : Count.DECODE_NANOS, Math.max(0, now - since - sent));
    begin(now);
    isPaused = true;
  }

  /** Whether {@link #goesOn} is to be called. */
  public boolean isPaused() {
    return isPaused;
  }

  /** It has something to do. */
  public void goesOn(long now) {
    counts.add(isHeld ? Count.SEND_NANOS : Count.WAIT_NANOS, now - since);
    begin(now);
    isPaused = false;
  }

  /** Whether it reads nothing because the client has yet to acknowledge. */
  public void isHeld(boolean held) {
    isHeld = held;
  }

  private void begin(long now) {
    since = now;
    sentBefore = counts.get(Count.SEND_NANOS);
  }
}
