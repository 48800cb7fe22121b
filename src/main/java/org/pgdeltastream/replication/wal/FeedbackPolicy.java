package org.pgdeltastream.replication.wal;

import org.pgdeltastream.change.Lsn;

/**
 * Decides when to report a position: when the server asks, when it has moved (ten times a second at
 * most), and every second as a sign of life. Never backwards. Not thread-safe.
 */
final class FeedbackPolicy {
  private static final long MOVED_NANOS = 100_000_000L;
  private static final long ALIVE_NANOS = 1_000_000_000L;

  private Lsn reported = Lsn.NONE;
  private long reportedAt;
  private boolean asked = true; // the first report goes out at once

  FeedbackPolicy(long now) {
    reportedAt = now;
  }

  /** The server wants a reply now. */
  void replyRequested() {
    asked = true;
  }

  boolean isDue(Lsn flushPosition, long now) {
    long since = now - reportedAt;
    return asked
        || since >= ALIVE_NANOS
        || (since >= MOVED_NANOS && flushPosition.isAfter(reported));
  }

  /** The position to report for this flush position: never less than before. */
  Lsn report(Lsn flushPosition, long now) {
    if (flushPosition.isAfter(reported)) {
      reported = flushPosition;
    }
    reportedAt = now;
    asked = false;
    return reported;
  }
}
