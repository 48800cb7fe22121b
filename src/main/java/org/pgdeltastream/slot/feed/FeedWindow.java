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
  private long askedAt;

  FeedWindow(FeedDefinition of, Lsn start, long now) {
    this.mostBytes = of.windowBytes();
    this.mostNanos = of.window().toNanos();
    this.start = start;
    this.askedAt = now;
  }

  /** The start, now that the feed has come to this position. */
  Lsn start(Lsn head, long now) {
    askedAt = now;
    see(head, now);
    while (!seen.isEmpty() && isBefore(seen.element(), head, now)) {
      start = seen.remove().position();
    }
    if (isTooLong(start, head)) {
      start = head;
    }
    return start;
  }

  /** A transaction ended here: the start may be here, too, however quickly the next ones come. */
  void passes(Lsn end) {
    if (isStep(end)) {
      seen.add(new Seen(end, askedAt));
    }
  }

  private void see(Lsn head, long now) {
    Seen last = seen.peekLast();
    boolean isLate = last == null || now - last.at() > STEP_NANOS;
    if (isStep(head) || (isLate && head.isAfter(newest()))) {
      seen.add(new Seen(head, now));
    }
  }

  private boolean isStep(Lsn head) {
    return head.isAfter(newest()) && head.value() - newest().value() > mostBytes / STEPS;
  }

  private Lsn newest() {
    Seen last = seen.peekLast();
    return last == null ? start : last.position();
  }

  private boolean isBefore(Seen one, Lsn head, long now) {
    return now - one.at() > mostNanos || isTooLong(start, head);
  }

  private boolean isTooLong(Lsn from, Lsn head) {
    return head.value() - from.value() > mostBytes;
  }
}
