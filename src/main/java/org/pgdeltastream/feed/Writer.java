package org.pgdeltastream.feed;

import static java.lang.System.Logger.Level.DEBUG;
import static java.lang.System.Logger.Level.ERROR;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.pgdeltastream.delivery.CloseReason;

/**
 * Writes what is new in the logs to its share of the subscribers, as much as each one's connection
 * takes at the moment, and waits for none. One thread.
 */
public final class Writer implements Runnable {
  private static final System.Logger LOG = System.getLogger(Writer.class.getName());
  private static final long CHECK_NANOS = Duration.ofSeconds(1).toNanos();
  private static final long DELAY_NANOS = Duration.ofMillis(1).toNanos();
  private static final long LAST_WORD_NANOS = Duration.ofSeconds(2).toNanos();

  private final Queue<FeedSubscriber> signalled = new ConcurrentLinkedQueue<>();
  private final Map<FrameLog, Group> groups = new HashMap<>(); // logs are equal to themselves only
  private final List<FeedSubscriber> waiting = new ArrayList<>(); // for a place
  private List<FeedSubscriber> delayed = new ArrayList<>();
  private final long sendTimeoutNanos;
  private final long pingNanos;
  private final long pongNanos;
  private volatile boolean isAwake = true;
  private volatile boolean isStopped;
  private volatile @Nullable Thread thread;
  private long checkedAt = System.nanoTime();

  /** The subscribers of one log. */
  private static final class Group {
    final FrameLog log;
    final List<FeedSubscriber> members = new ArrayList<>();
    FrameLog.@Nullable Published seen;

    Group(FrameLog log) {
      this.log = log;
    }

    @SuppressWarnings("ReferenceEquality") // a forgotten log publishes the same once more
    boolean hasNew(FrameLog.Published published) {
      return published != seen;
    }
  }

  /**
   * Writes to nobody yet.
   *
   * @param sendTimeout after which a client that takes nothing is closed
   * @param ping after which an idle client is asked for a sign of life
   * @param pong how long it may take to answer
   */
  public Writer(Duration sendTimeout, Duration ping, Duration pong) {
    this.sendTimeoutNanos = sendTimeout.toNanos();
    this.pingNanos = ping.toNanos();
    this.pongNanos = pong.toNanos();
  }

  void queue(FeedSubscriber subscriber) {
    signalled.add(subscriber);
    wake();
  }

  /** Something may be new in a log. */
  public void wake() {
    if (!isAwake) {
      isAwake = true;
      LockSupport.unpark(thread);
    }
  }

  public void stop() {
    isStopped = true;
    isAwake = false;
    wake();
  }

  @Override
  public void run() {
    thread = Thread.currentThread();
    while (!isStopped) {
      isAwake = true;
      try {
        writeAll();
      } catch (Throwable e) { // the others' clients must not stand still
        LOG.log(ERROR, "Writing to a feed's subscribers failed", e);
      }
      isAwake = false;
      if (signalled.isEmpty() && !isNew()) {
        LockSupport.parkNanos(delayed.isEmpty() ? CHECK_NANOS : DELAY_NANOS);
      }
    }
  }

  private boolean isNew() {
    for (Group group : groups.values()) {
      if (group.hasNew(group.log.published())) {
        return true;
      }
    }
    return false;
  }

  private void writeAll() {
    for (FeedSubscriber one = signalled.poll(); one != null; one = signalled.poll()) {
      one.dequeued();
      handle(one);
    }
    List<FeedSubscriber> late = delayed;
    delayed = new ArrayList<>();
    for (FeedSubscriber one : late) {
      one.isDelayed = false;
      handle(one);
    }
    for (Group group : List.copyOf(groups.values())) {
      FrameLog.Published published = group.log.published();
      if (group.hasNew(published)) {
        group.seen = published;
        handleAll(group.members);
      }
    }
    long now = System.nanoTime();
    if (now - checkedAt > CHECK_NANOS) {
      checkedAt = now;
      check(now);
    }
  }

  /** From the last: a member that leaves is replaced by the last. */
  private void handleAll(List<FeedSubscriber> members) {
    for (int i = members.size() - 1; i >= 0; i--) {
      handle(members.get(i));
    }
  }

  private void handle(FeedSubscriber one) {
    if (one.isOver()) {
      remove(one);
      return;
    }
    if (one.isEnding) {
      return;
    }
    try {
      FeedSubscriber.Place place = one.place();
      if (place != null) {
        move(one, place);
        one.isAt(place);
      } else if (one.index < 0) {
        move(one, null);
      }
      pump(one);
    } catch (IOException | RuntimeException e) { // some servers throw unchecked ones
      LOG.log(DEBUG, "A subscriber's connection failed: " + e);
      one.outlet().cut();
      remove(one);
    }
  }

  private List<FeedSubscriber> membersOf(@Nullable FrameLog log) {
    Group group = log == null ? null : groups.get(log);
    return group == null ? waiting : group.members;
  }

  private void move(FeedSubscriber one, FeedSubscriber.@Nullable Place place) {
    takeOut(one);
    one.log = place == null ? null : place.log();
    one.cursor = place == null ? null : place.cursor();
    if (place != null) {
      one.has = place.after();
      one.more = place.more();
      groups.computeIfAbsent(place.log(), Group::new);
    }
    List<FeedSubscriber> members = membersOf(one.log);
    one.index = members.size();
    members.add(one);
  }

  private void takeOut(FeedSubscriber one) {
    if (one.index < 0) {
      return;
    }
    List<FeedSubscriber> members = membersOf(one.log);
    FeedSubscriber last = members.remove(members.size() - 1);
    if (last != one) {
      members.set(one.index, last);
      last.index = one.index;
    }
    one.index = -1;
    if (members.isEmpty() && one.log != null) {
      groups.remove(one.log);
    }
  }

  private void remove(FeedSubscriber one) {
    takeOut(one);
    one.leave();
  }

  /** Writes as much as its connection takes now. */
  private void pump(FeedSubscriber one) throws IOException {
    FrameLog log = one.log;
    FrameLog.Cursor cursor = one.cursor;
    if (log == null || cursor == null) {
      if (!one.isInside) {
        betweenMessages(one);
      }
      return;
    }
    if (FrameLog.isCut(cursor)) {
      one.outlet().cut(); // half a transaction was sent, and does not go on
      remove(one);
    } else if (log.isPast(cursor)) {
      detach(one);
    } else if (one.isReady() && !isEarly(one) && hasBegun(one, log)) {
      write(one, log, cursor);
    }
  }

  /** What is said before the first change stands before it. */
  private boolean hasBegun(FeedSubscriber one, FrameLog log) throws IOException {
    if (!one.hasBegun) {
      betweenMessages(one);
      one.hasBegun = !one.hasSaid();
    }
    return one.hasBegun && one.isReady() && one.log == log && !one.isOver();
  }

  private void write(FeedSubscriber one, FrameLog log, FrameLog.Cursor cursor) throws IOException {
    FrameLog.Published published = log.published();
    int count = FrameLog.available(cursor, published);
    long before = cursor.position();
    boolean some = count > 0;
    while (count > 0 && one.asksReady()) {
      one.outlet().write(cursor.bytes(), cursor.offset(), count);
      cursor.advance(count);
      one.hasToFlush = true;
      count = FrameLog.available(cursor, published);
    }
    if (some) {
      one.movedAt = System.nanoTime();
    }
    boolean all = count == 0;
    note(one, cursor.position(), before, all ? published.mark() : log.markBefore(cursor));
    one.isInside = !all || !published.endsWithMessage();
    if (!one.isInside) {
      betweenMessages(one);
      if (one.log == log && one.isReady()) {
        caughtUp(one, log, published);
      }
    } else if (one.hasToFlush && one.asksReady()) {
      one.outlet().flush();
      one.hasToFlush = false;
    }
  }

  private static void note(FeedSubscriber one, long at, long before, Marks.@Nullable Mark mark) {
    one.isAt(at);
    if (mark == null) { // it is dropped already, but known here
      one.more += at - before;
    } else {
      one.has = mark.position();
      one.more = at - mark.end();
    }
  }

  private boolean isEarly(FeedSubscriber one) {
    if (one.lingerNanos() == 0 || one.end() != null) {
      return false;
    }
    boolean early = System.nanoTime() - one.movedAt < one.lingerNanos();
    if (early && !one.isDelayed) {
      one.isDelayed = true;
      delayed.add(one);
    }
    return early;
  }

  /** What is not in the log: our own messages, and the end. */
  private void betweenMessages(FeedSubscriber one) throws IOException {
    while (one.isReady() && one.hasSaid() && one.asksReady()) {
      byte[] said = one.takeSaid();
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
      remove(one);
    } else { // its client is to answer
      move(one, null);
      one.isEnding = true;
    }
  }

  private void caughtUp(FeedSubscriber one, FrameLog log, FrameLog.Published published)
      throws IOException {
    if (!log.isLive()) { // it was behind: on to the next log
      if (published.isSealed()) {
        move(one, null);
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

  /** It is served from the journal as soon as it takes something. */
  private void detach(FeedSubscriber one) {
    if (one.isReady()) {
      move(one, null);
      one.home().place(one, one.has, one.more);
    }
  }

  /** Every second. */
  private void check(long now) {
    List<FeedSubscriber> all = new ArrayList<>(waiting);
    groups.values().forEach(group -> all.addAll(group.members));
    for (FeedSubscriber one : all) {
      try {
        check(one, now);
      } catch (IOException | RuntimeException e) {
        LOG.log(DEBUG, "A subscriber's connection failed: " + e);
        one.outlet().cut();
        remove(one);
      }
    }
  }

  private void check(FeedSubscriber one, long now) throws IOException {
    one.outlet().check();
    long idle = now - one.movedAt;
    if (one.isOver()) {
      remove(one);
    } else if (one.end() != null) {
      if (one.endsAt == 0) {
        one.endsAt = now + LAST_WORD_NANOS;
      } else if (now - one.endsAt > 0) { // it does not take even that
        one.outlet().cut();
        remove(one);
      }
    } else if (!one.isReady()) {
      if (idle > sendTimeoutNanos) {
        one.outlet().cut();
        remove(one);
      }
    } else if (one.isAnswerDue() && idle > pongNanos) {
      one.end(CloseReason.SLOW_SUBSCRIBER, "no answer to a ping");
    } else if (idle > pingNanos && !one.isAnswerDue()) {
      ping(one);
    }
  }

  private void ping(FeedSubscriber one) throws IOException {
    FrameLog log = one.log;
    FrameLog.Cursor cursor = one.cursor;
    boolean between = (log == null || cursor == null) ? !one.isInside : isBetween(log, cursor);
    if (between && one.asksReady()) {
      one.movedAt = System.nanoTime();
      one.asked(); // first: the answer may come at once
      one.outlet().ping();
    }
  }

  private static boolean isBetween(FrameLog log, FrameLog.Cursor cursor) {
    FrameLog.Published published = log.published();
    return published.endsWithMessage()
        && published.end() == cursor.position()
        && !log.isPast(cursor);
  }
}
