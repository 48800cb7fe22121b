package org.pgdeltastream.slot.feed;

import java.time.Duration;
import java.util.ArrayDeque;
import org.pgdeltastream.change.Lsn;

/**
 * Where a feed's window starts: so many bytes of WAL, and so old. Always at a position that the
 * feed has been at: from any other PostgreSQL might leave out the transaction that ends behind it.
 * For the reader's thread.
 */
final class FeedWindow {
  private static final long STEP_NANOS = Duration.ofSeconds(1).toNanos();
  private static final int STEPS = 256; // in the bytes

  private record Seen(Lsn position, long at) {}

  private final long mostBytes;
  private final long mostNanos;
  private final ArrayDeque<Seen> seen = new ArrayDeque<>();
  private Lsn start;

  FeedWindow(FeedDefinition of, Lsn start) {
    this.mostBytes = of.windowBytes();
    this.mostNanos = of.window().toNanos();
    this.start = start;
  }

  /** The start, now that the feed has come to this position. */
  Lsn start(Lsn head, long now) {
    see(head, now);
    while (!seen.isEmpty() && isBefore(seen.element(), head, now)) {
      start = seen.remove().position();
    }
    if (isTooLong(start, head)) {
      start = head;
    }
    return start;
  }

  private void see(Lsn head, long now) {
    Seen last = seen.peekLast();
    Lsn newest = last == null ? start : last.position();
    if (head.isAfter(newest)
        && (last == null
            || now - last.at() > STEP_NANOS
            || head.value() - newest.value() > mostBytes / STEPS)) {
      seen.add(new Seen(head, now));
    }
  }

  private boolean isBefore(Seen one, Lsn head, long now) {
    return now - one.at() > mostNanos || isTooLong(start, head);
  }

  private boolean isTooLong(Lsn from, Lsn head) {
    return head.value() - from.value() > mostBytes;
  }
}
