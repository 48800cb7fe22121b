package org.pgdeltastream.feed;

import java.io.IOException;
import java.time.Duration;
import org.pgdeltastream.delivery.CloseReason;
import org.pgdeltastream.feed.log.Cursor;
import org.pgdeltastream.feed.log.FrameLog;

/**
 * Asks idle clients for a sign of life, and cuts those that take nothing. In the writer's thread.
 */
final class Watch {
  private static final long LAST_WORD_NANOS = Duration.ofSeconds(2).toNanos();

  private final Writer writer;
  private final long sendTimeoutNanos;
  private final long pingNanos;
  private final long pongNanos;

  Watch(Writer writer, Duration sendTimeout, Duration ping, Duration pong) {
    this.writer = writer;
    this.sendTimeoutNanos = sendTimeout.toNanos();
    this.pingNanos = ping.toNanos();
    this.pongNanos = pong.toNanos();
  }

  /** Every second. */
  void check(FeedSubscriber one, long now) throws IOException {
    one.outlet().check();
    long idle = now - one.movedAt;
    if (one.isOver()) {
      writer.remove(one);
    } else if (one.end() != null && one.endsAt == 0) {
      one.endsAt = now + LAST_WORD_NANOS;
    } else if (one.end() != null
        ? now - one.endsAt > 0
        : !one.isReady() && idle > sendTimeoutNanos) {
      one.outlet().cut(); // it takes nothing, not even the end
      writer.remove(one);
    } else if (one.end() != null || !one.isReady()) {
      return; // it is given time
    } else if (one.isAnswerDue && idle > pongNanos) {
      one.end(CloseReason.SLOW_SUBSCRIBER, "no answer to a ping");
    } else if (idle > pingNanos && !one.isAnswerDue) {
      ping(one);
    }
  }

  /** Asks an idle client for a sign of life, between two messages. */
  private void ping(FeedSubscriber one) throws IOException {
    FrameLog log = one.log;
    Cursor cursor = one.cursor;
    boolean between = (log == null || cursor == null) ? !one.isInside : isBetween(log, cursor);
    if (between && one.asksReady()) {
      one.movedAt = System.nanoTime();
      one.asked(); // first: the answer may come at once
      one.outlet().ping();
    }
  }

  private static boolean isBetween(FrameLog log, Cursor cursor) {
    FrameLog.Published published = log.published();
    return published.endsWithMessage()
        && published.end() == cursor.position()
        && !log.isPast(cursor);
  }
}
