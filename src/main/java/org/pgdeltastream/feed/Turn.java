package org.pgdeltastream.feed;

import java.io.IOException;
import org.jspecify.annotations.Nullable;
import org.pgdeltastream.feed.log.Cursor;
import org.pgdeltastream.feed.log.FrameLog;
import org.pgdeltastream.feed.log.Framing;
import org.pgdeltastream.feed.log.Mark;
import org.pgdeltastream.feed.log.Rows;

/**
 * What a subscriber is given when its writer looks at it: what is new in its log, and between two
 * messages what is said beside it. For the writer's thread.
 */
final class Turn {
  private final Writer writer;

  Turn(Writer writer) {
    this.writer = writer;
  }

  /** Writes as much as its connection takes now. */
  void write(FeedSubscriber one) throws IOException {
    FrameLog log = one.log;
    Cursor cursor = one.cursor;
    if (one.end() != null && !one.isInside) { // what comes may be another server's
      betweenMessages(one);
      return;
    }
    if (log == null || cursor == null) {
      if (one.isDetached) {
        placeAgain(one);
      } else if (!one.isInside) {
        betweenMessages(one);
      }
      rows(one);
      return;
    }
    if (cursor.isCut()) {
      one.outlet().cut(); // half a transaction was sent, and does not go on
      writer.remove(one);
    } else if (log.isPast(cursor)) {
      detach(one);
    } else if (one.isReady() && !isEarly(one, log) && hasBegun(one, log)) {
      copy(one, log, cursor);
    }
  }

  /** What comes before the changes; another thread reads it, a piece at a time. */
  private void rows(FeedSubscriber one) throws IOException {
    Rows rows = one.home().rows(one);
    if (rows == null || one.isDetached || !(one.isInside || one.words.isEmpty())) {
      return;
    }
    byte[] some = one.isReady() && one.asksReady() ? rows.take() : null;
    while (some != null) {
      one.outlet().write(some, 0, some.length);
      one.home().counts().wrote(one.framing(), some.length);
      one.movedAt = System.nanoTime();
      one.isInside = rows.isInside();
      one.hasToFlush = true;
      boolean ends = one.end() != null && !one.isInside;
      some = !ends && one.asksReady() ? rows.take() : null;
    }
    if (one.hasToFlush && one.asksReady()) {
      one.outlet().flush();
      one.hasToFlush = false;
    }
    if (one.end() != null && !one.isInside) {
      betweenMessages(one);
    }
  }

  /** What is said before the first change stands before it. */
  private boolean hasBegun(FeedSubscriber one, FrameLog log) throws IOException {
    if (!one.hasBegun) {
      betweenMessages(one);
      one.hasBegun = one.words.isEmpty();
    }
    return one.hasBegun && one.isReady() && one.log == log && !one.isOver();
  }

  private void copy(FeedSubscriber one, FrameLog log, Cursor cursor) throws IOException {
    FrameLog.Published published = log.published();
    long before = cursor.position();
    copy(one, cursor, published);
    boolean all = cursor.position() == published.end(); // else the rest is dropped, or not taken
    if (!isNoted(one, cursor.position(), all ? published.mark() : log.markBefore(cursor))
        && !isContinued(one, log, cursor, before)) {
      return;
    }
    one.isInside = !all || !published.endsWithMessage();
    if (!all && log.isPast(cursor)) { // nothing may come that has it looked at again
      detach(one);
    } else if (!one.isInside) {
      betweenMessages(one);
      if (one.more == 0 && one.log == log && one.isReady()) {
        caughtUp(one, log, published);
      }
    } else if (one.hasToFlush && one.asksReady()) {
      one.outlet().flush();
      one.hasToFlush = false;
    }
  }

  private static void copy(FeedSubscriber one, Cursor cursor, FrameLog.Published published)
      throws IOException {
    long before = cursor.position();
    int count = cursor.available(published);
    while (count > 0 && one.asksReady()) {
      one.outlet().write(cursor.bytes(), cursor.offset(), count);
      cursor.advance(count);
      one.hasToFlush = true;
      count = cursor.available(published);
    }
    if (cursor.position() > before) {
      one.home().counts().wrote(one.framing(), cursor.position() - before);
      one.movedAt = System.nanoTime();
    }
  }

  private static boolean isNoted(FeedSubscriber one, long at, @Nullable Mark mark) {
    one.isAt(at);
    if (mark != null) {
      one.has = mark.position();
      one.more = at - mark.end();
    }
    return mark != null;
  }

  /** The mark is dropped already: counts on, unless it may count what no scan has. */
  private boolean isContinued(FeedSubscriber one, FrameLog log, Cursor cursor, long before) {
    if (log.hasProgressAfter(before)) {
      one.outlet().cut();
      writer.remove(one);
      return false;
    }
    one.more += cursor.position() - before;
    return true;
  }

  /** Who is behind does not linger: others wait for it. */
  private boolean isEarly(FeedSubscriber one, FrameLog log) {
    if (one.lingerNanos() == 0 || one.end() != null || !log.isLive()) {
      return false;
    }
    boolean early = System.nanoTime() - one.movedAt < one.lingerNanos();
    if (early) {
      writer.delay(one, one.movedAt + one.lingerNanos());
    }
    return early;
  }

  /** What is not in the log: our own messages, and the end. */
  private void betweenMessages(FeedSubscriber one) throws IOException {
    while (one.isReady() && !one.words.isEmpty() && one.asksReady()) {
      byte[] said = one.words.take();
      if (said != null) {
        one.outlet().write(said, 0, said.length);
        one.hasToFlush = true;
        one.movedAt = System.nanoTime();
      }
    }
    if (!one.isReady()) {
      return;
    }
    FeedSubscriber.End end = one.end();
    if (end != null) {
      if (one.asksReady()) {
        endNow(one, end);
      }
    } else if (one.hasToFlush && one.asksReady()) {
      one.outlet().flush();
      one.hasToFlush = false;
    }
  }

  private void endNow(FeedSubscriber one, FeedSubscriber.End end) throws IOException {
    if (one.outlet().end(end.reason(), end.detail())) {
      writer.remove(one);
    } else { // its client is to answer
      writer.move(one, null);
      one.isEnding = true;
    }
  }

  private void caughtUp(FeedSubscriber one, FrameLog log, FrameLog.Published published)
      throws IOException {
    if (!log.isLive()) { // it was behind: on to the next log
      if (published.isSealed()) {
        writer.move(one, null);
        one.home().place(one, published.mark().position(), 0);
      }
      return;
    }
    if (!one.isLive) {
      one.isLive = true;
      String live = "{\"live\":{\"lsn\":\"" + one.has + "\"}}";
      if (one.framing() != Framing.LINES) {
        one.say(one.framing().notice("live", live));
      }
    }
    one.outlet().caughtUp(one.has);
  }

  /** It fell out of its log: a cursor that stands still would keep all that follows in memory. */
  private void detach(FeedSubscriber one) {
    writer.move(one, null);
    one.isDetached = true;
    placeAgain(one);
  }

  /** It is served from the journal as soon as it takes something. */
  private static void placeAgain(FeedSubscriber one) {
    if (one.isReady()) {
      one.isDetached = false;
      one.home().place(one, one.has, one.more);
    }
  }
}
