package org.pgdeltastream.feed;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.delivery.CloseReason;
import org.pgdeltastream.feed.log.Cursor;
import org.pgdeltastream.feed.log.FrameLog;
import org.pgdeltastream.feed.log.Framing;
import org.pgdeltastream.feed.log.Rows;
import org.pgdeltastream.feed.log.Words;

/**
 * One client of a feed: a cursor in a {@link FrameLog}, and the way to the client. Its {@link
 * Writer}'s thread writes; any thread may report what the client did, or end it.
 */
public final class FeedSubscriber {
  /** Finds the log that serves a subscriber next. */
  public interface Home {
    /**
     * Places a subscriber that has everything up to this position, and so many bytes beyond it.
     * Calls {@link #attach} or {@link #end}, perhaps later.
     */
    void place(FeedSubscriber subscriber, Lsn after, long more);

    /** What it is to read before it is placed; null for nothing, or for nothing yet. */
    @Nullable Rows rows(FeedSubscriber subscriber);

    FeedCounts counts();

    /** Tells its client that what comes next cannot be served, and ends it. */
    void mustRefetch(FeedSubscriber subscriber, String reason);

    /** It is gone; called once. */
    void left(FeedSubscriber subscriber);
  }

  /** Where it reads next. */
  record Place(FrameLog log, Cursor cursor, Lsn after, long more) {}

  /** Why it ends. */
  record End(CloseReason reason, String detail) {}

  private final ViewOptions view;
  private final Framing framing;
  private final Outlet outlet;
  private final long lingerNanos;
  private final Home home;
  private final Writer writer;
  private final AtomicBoolean queued = new AtomicBoolean();
  private final AtomicReference<@Nullable Place> next = new AtomicReference<>();
  private final AtomicReference<@Nullable End> end = new AtomicReference<>();
  private final AtomicBoolean left = new AtomicBoolean();
  final Words words = new Words();
  private volatile boolean isReady = true;
  private volatile boolean isGone;
  volatile boolean isAnswerDue;
  private volatile long at; // in its log

  // The writer's:
  volatile @Nullable FrameLog log;
  @Nullable Cursor cursor;
  int index = -1; // in its group
  long movedAt = System.nanoTime();
  boolean isEnding; // told so
  long endsAt;
  boolean hasToFlush;
  boolean hasBegun; // what is said first has left
  boolean isDelayed;
  long dueAt; // then it is looked at again
  boolean isDetached; // it waits to take something
  boolean isLive; // it has had all there was
  boolean isInside; // a message, perhaps
  Lsn has = Lsn.NONE; // it has everything up to there
  long more; // bytes beyond

  /** Not placed yet; {@code lingerNanos} is the least time between two writes. */
  public FeedSubscriber(
      ViewOptions view,
      Framing framing,
      Outlet outlet,
      long lingerNanos,
      Home home,
      Writer writer) {
    this.view = view;
    this.framing = framing;
    this.outlet = outlet;
    this.lingerNanos = lingerNanos;
    this.home = home;
    this.writer = writer;
  }

  public ViewOptions view() {
    return view;
  }

  public Framing framing() {
    return framing;
  }

  Outlet outlet() {
    return outlet;
  }

  long lingerNanos() {
    return lingerNanos;
  }

  public Home home() {
    return home;
  }

  /** Goes on in this log; false, and no change, if that has not what comes next. */
  public boolean attach(FrameLog where, Lsn after, long beyond) {
    Cursor from = where.cursorAfter(after, beyond);
    if (from == null) {
      return false;
    }
    at = from.position();
    next.set(new Place(where, from, after, beyond));
    if (left.get()) {
      next.set(null);
    }
    signal();
    return true;
  }

  @Nullable Place place() {
    return next.get();
  }

  void isAt(Place place) {
    next.compareAndSet(place, null);
  }

  /** Whether that log serves it. */
  public boolean isIn(FrameLog where) {
    Place place = next.get();
    return !isOver() && (place == null ? log == where : place.log() == where);
  }

  /** Whether it is yet to read some of the log that serves it. */
  public boolean isReading(FrameLog where) {
    return at < where.published().end();
  }

  long position() {
    return at;
  }

  void isAt(long position) {
    at = position;
  }

  /** The transport takes bytes again. */
  public void ready() {
    isReady = true;
    signal();
  }

  /** Its connection took all that it was given. */
  public boolean isReady() {
    return isReady;
  }

  /** Asks the transport; after a no, {@link #ready} says when. */
  boolean asksReady() {
    isReady = false; // first: the answer may change at once
    if (outlet.isReady()) {
      isReady = true;
    }
    return isReady;
  }

  /** The client gave a sign of life. */
  public void heard() {
    isAnswerDue = false;
  }

  void asked() {
    isAnswerDue = outlet.isAnswered();
  }

  /** Sends a finished message of its framing after the present one. There are few of these. */
  public void say(byte[] message) {
    words.add(message);
    signal();
  }

  /** Sends such a message after the first one, unless there is a newer one by then. */
  public void notice(byte[] message) {
    words.notice(message);
    signal();
  }

  /** Sends a control frame after the present message, unless there is a newer one by then. */
  public void answer(byte[] pong) {
    words.answer(pong);
    signal();
  }

  /** Ends it: after the present message the client is told why. The first call counts. */
  public void end(CloseReason reason, String detail) {
    if (end.compareAndSet(null, new End(reason, detail))) {
      signal();
    }
  }

  /** It is told why it ends, and gets nothing else. */
  public boolean isToEnd() {
    return end.get() != null;
  }

  @Nullable End end() {
    return end.get();
  }

  /** The client's connection has ended. */
  public void gone() {
    isGone = true;
    signal();
  }

  public boolean isOver() {
    return isGone || left.get();
  }

  /** The first time: tells its feed. */
  void leave() {
    if (left.compareAndSet(false, true)) {
      next.set(null); // its connection may hold it for long
      log = null;
      cursor = null;
      home.left(this);
    }
  }

  private void signal() {
    if (queued.compareAndSet(false, true)) {
      writer.queue(this);
    }
  }

  void dequeued() {
    queued.set(false);
  }
}
