package org.pgdeltastream.feed;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.LongSupplier;
import org.pgdeltastream.change.Begin;
import org.pgdeltastream.change.Catalog;
import org.pgdeltastream.change.ChangeListener;
import org.pgdeltastream.change.Commit;
import org.pgdeltastream.change.LogicalMessage;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.change.OldTupleKind;
import org.pgdeltastream.change.Relation;
import org.pgdeltastream.change.TruncateOptions;
import org.pgdeltastream.change.Tuple;
import org.pgdeltastream.feed.log.FeedPosition;
import org.pgdeltastream.feed.log.FrameLog;
import org.pgdeltastream.feed.log.Framing;

/**
 * Takes each change to the views that want it. A thread routes; others attach subscribers, between
 * two transactions.
 */
public final class Router implements ChangeListener {
  private final Views views;
  private final List<Encoding> all;
  private final List<Runnable> between = new ArrayList<>();
  private final List<LogicalMessage> alone = new ArrayList<>();
  private volatile Lsn head;
  private boolean inTransaction;
  private boolean skips; // a transaction that was routed before

  /**
   * Routes what comes from now on, to nobody yet.
   *
   * @param logBytes what all logs may hold together at the moment
   * @param head transactions that end later are routed
   */
  public Router(Catalog catalog, LongSupplier logBytes, Lsn head) {
    this(new Views(catalog, true, logBytes, () -> {}), head);
  }

  /**
   * Routes what was before.
   *
   * @param whenFull called where a log has much that is not published
   */
  public Router(Catalog catalog, long logBytes, Lsn head, Runnable whenFull) {
    this(new Views(catalog, false, () -> logBytes, whenFull), head);
  }

  private Router(Views views, Lsn head) {
    this.views = views;
    this.all = views.encodings();
    this.head = head;
  }

  /** Why a view was not told a transaction that ends after this position; empty if it was. */
  public synchronized Optional<String> lostAfter(ViewOptions view, Lsn position) {
    return views.lostAfter(view, position);
  }

  /** Forgets all logs: transactions that end later than this are routed. */
  public synchronized void startAt(Lsn position) {
    views.rollBack();
    head = position;
    views.forgetLogs();
    ended();
  }

  /** What is done between two transactions: now, or after the open one. */
  public synchronized void between(Runnable action) {
    if (inTransaction) {
      between.add(action);
    } else {
      action.run();
    }
  }

  /** Everything that ends up to here was routed. */
  public Lsn head() {
    return head;
  }

  /** What positions are of, for logs that are made from now on. */
  public synchronized void stamp(FeedPosition.Stamp present) {
    views.stamp(present);
  }

  /** Somebody follows the view until {@link #leave}. Inside {@link #between}. */
  public synchronized void enter(ViewOptions options) {
    views.enter(options);
  }

  /** A view's log; a new one begins at the head. Inside {@link #between}. */
  public synchronized FrameLog log(ViewOptions options, Framing framing) {
    return views.log(options, framing, head);
  }

  /** One subscriber fewer follows the view. */
  public synchronized void leave(ViewOptions options) {
    views.leave(options);
  }

  /** What all logs may hold together at the moment. */
  public long logBytes() {
    return views.logBytes();
  }

  /** Forgets views that nobody follows. */
  public synchronized void tidy() {
    between(views::tidy);
  }

  public int views() {
    return views.size();
  }

  /** Whether somebody can follow a view where there may be so many. */
  public boolean hasRoom(ViewOptions options, int most) {
    return views.hasRoom(options, most);
  }

  /** Lets subscribers read what has come; false if there was nothing. */
  public synchronized boolean publish() {
    return views.publish();
  }

  /** Nothing more comes. */
  public synchronized void seal() {
    views.seal(head);
  }

  /** Nothing was there to route up to here. */
  public synchronized void movedTo(Lsn position) {
    if (!inTransaction) {
      head = head.max(position);
    }
  }

  /** Tells all subscribers the head, whether or not something concerned them. */
  public synchronized void tellProgress() {
    between(() -> views.tell(head));
  }

  /** PostgreSQL was lost: the open transaction comes again, or never. */
  public synchronized void rollBack() {
    views.rollBack();
    ended();
  }

  private void ended() {
    inTransaction = false;
    skips = false;
    alone.clear();
    List<Runnable> waiting = List.copyOf(between);
    between.clear();
    waiting.forEach(Runnable::run);
  }

  /** Where the next message stands in the WAL. */
  public synchronized void position(long lsn) {
    for (Encoding encoding : all) {
      encoding.position(lsn);
    }
  }

  @Override
  public synchronized void begin(Begin begin) throws IOException {
    inTransaction = true;
    skips = head.isAfter(begin.commitLsn());
    if (!skips) {
      for (Encoding encoding : all) {
        encoding.begin(begin);
      }
    }
  }

  @Override
  public synchronized void insert(Relation relation, Tuple newTuple) throws IOException {
    for (int i = 0; i < all.size() && !skips; i++) {
      all.get(i).inserted(relation, newTuple);
    }
  }

  @Override
  public synchronized void update(Relation relation, OldTupleKind kind, Tuple before, Tuple after)
      throws IOException {
    for (int i = 0; i < all.size() && !skips; i++) {
      all.get(i).updated(relation, kind, before, after);
    }
  }

  @Override
  public synchronized void delete(Relation relation, OldTupleKind oldKind, Tuple oldTuple)
      throws IOException {
    for (int i = 0; i < all.size() && !skips; i++) {
      all.get(i).deleted(relation, oldKind, oldTuple);
    }
  }

  @Override
  public synchronized void truncate(List<Relation> tables, TruncateOptions how) throws IOException {
    for (Relation relation : tables) {
      for (int i = 0; i < all.size() && !skips; i++) {
        all.get(i).truncated(relation);
      }
    }
  }

  @Override
  public synchronized void message(LogicalMessage message) throws IOException {
    if (message.transactional()) {
      for (int i = 0; i < all.size() && !skips; i++) {
        all.get(i).inside(message);
      }
    } else if (message.lsn().isAfter(head)) { // else it was routed before
      alone.add(message);
      if (!inTransaction) {
        tellAlone();
      }
    }
  }

  /** A message of its own ends at its LSN, where another transaction's commit may begin. */
  private void tellAlone() throws IOException {
    for (LogicalMessage message : alone) {
      head = head.max(message.lsn());
      for (Encoding encoding : all) {
        encoding.alone(message, head);
      }
    }
    alone.clear();
  }

  @Override
  public synchronized void commit(Commit commit) throws IOException {
    if (!skips) {
      views.dropLost(commit.endLsn());
      for (Encoding encoding : all) {
        encoding.commit(commit);
      }
    }
    head = head.max(commit.endLsn());
    tellAlone();
    ended();
  }
}
