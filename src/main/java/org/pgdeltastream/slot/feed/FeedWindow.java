package org.pgdeltastream.slot.feed;

import java.time.Duration;
import java.util.ArrayDeque;
import org.pgdeltastream.change.Lsn;

/** Where a feed's window starts: so many bytes of WAL, and so old. For the reader's thread. */
final class FeedWindow {
  private static final long STEP_NANOS = Duration.ofSeconds(1).toNanos();

  private record Seen(Lsn position, long at) {}

  private final long mostBytes;
  private final long mostNanos;
  private final ArrayDeque<Seen> seen = new ArrayDeque<>();
  private Lsn start = Lsn.NONE;

  FeedWindow(long mostBytes, Duration most) {
    this.mostBytes = mostBytes;
    this.mostNanos = most.toNanos();
  }

  /** The start, now that the feed has come to this position. */
  Lsn start(Lsn head, long now) {
    Seen last = seen.peekLast();
    if (last == null || now - last.at() > STEP_NANOS) {
      seen.add(new Seen(head, now));
    }
    while (!seen.isEmpty() && now - seen.element().at() > mostNanos) {
      move(seen.remove().position());
    }
    if (head.value() - start.value() > mostBytes) {
      move(new Lsn(head.value() - mostBytes));
    }
    return start;
  }

  private void move(Lsn position) {
    if (position.isAfter(start)) {
      start = position;
    }
  }
}
