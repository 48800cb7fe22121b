package org.pgdeltastream.feed;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.pgdeltastream.change.Action;
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
import org.pgdeltastream.change.option.ChangeOptions;

/**
 * Takes each change to the views that want it. A thread routes; others attach subscribers, between
 * two transactions. Row filters and rights will decide here.
 */
public final class Router implements ChangeListener {
  private static final int MOST_LOG_BYTES = 1 << 20;
  private static final int LEAST_LOG_BYTES = 4096;

  private final Catalog catalog;
  private final boolean isLive;
  private final long logBytes;
  private final Runnable whenFull;
  private final Map<ViewOptions, View> views = new LinkedHashMap<>();
  private final Map<ChangeOptions, Encoding> encodings = new HashMap<>();
  private final List<Encoding> all = new ArrayList<>();
  private final Envelopes envelopes = new Envelopes();
  private final List<Runnable> between = new ArrayList<>();
  private final List<LogicalMessage> alone = new ArrayList<>();
  private FeedPosition.Stamp stamp = new FeedPosition.Stamp(0, 0, 0);
  private Lsn head;
  private boolean inTransaction;
  private boolean skips; // a transaction that was routed before

  /**
   * Routes what comes from now on, to nobody yet.
   *
   * @param logBytes what all logs may hold together
   * @param head transactions that end later are routed
   */
  public Router(Catalog catalog, long logBytes, Lsn head) {
    this(catalog, true, logBytes, head, () -> {});
  }

  /**
   * Routes what was before.
   *
   * @param whenFull called where a log has much that is not published
   */
  public Router(Catalog catalog, long logBytes, Lsn head, Runnable whenFull) {
    this(catalog, false, logBytes, head, whenFull);
  }

  private Router(Catalog catalog, boolean isLive, long logBytes, Lsn head, Runnable whenFull) {
    this.catalog = catalog;
    this.isLive = isLive;
    this.logBytes = logBytes;
    this.head = head;
    this.whenFull = whenFull;
  }

  /** Forgets all logs: transactions that end later than this are routed. */
  public synchronized void startAt(Lsn position) {
    drop();
    head = position;
    views.values().forEach(View::forgetLogs);
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
  public synchronized Lsn head() {
    return head;
  }

  /** What positions are of, for logs that are made from now on. */
  public synchronized void stamp(FeedPosition.Stamp present) {
    stamp = present;
    for (View view : views.values()) {
      FeedPosition.Stamp its =
          new FeedPosition.Stamp(present.system(), present.timeline(), view.options().hash());
      view.logs().forEach(log -> log.stamp(its));
    }
  }

  /** Somebody follows the view until {@link #leave}. Inside {@link #between}. */
  public synchronized void enter(ViewOptions options) {
    views.computeIfAbsent(options, this::made).enter();
  }

  /** A view's log; a new one begins at the head. Inside {@link #between}. */
  public synchronized FrameLog log(ViewOptions options, Framing framing) {
    View view = views.computeIfAbsent(options, this::made);
    int share = (int) Math.min(MOST_LOG_BYTES, logBytes / (views.size() + 1));
    return view.log(framing, Math.max(LEAST_LOG_BYTES, share), isLive, head, stamp).log();
  }

  private View made(ViewOptions options) {
    View view = new View(options, whenFull);
    ChangeOptions how = options.changes().unfiltered();
    Encoding encoding = encodings.get(how);
    if (encoding == null) {
      encoding =
          switch (how.format()) {
            case TRANSACTIONS -> new TransactionEncoding(how, catalog, envelopes);
            case ACTIONS -> new ActionEncoding(how, catalog);
          };
      encodings.put(how, encoding);
      all.add(encoding);
    }
    encoding.add(view);
    return view;
  }

  /** One subscriber fewer follows the view. */
  public synchronized void leave(ViewOptions options) {
    View view = views.get(options);
    if (view != null) {
      view.leave();
    }
  }

  /** Forgets views that nobody follows. */
  public synchronized void tidy() {
    between(
        () ->
            views
                .values()
                .removeIf(
                    view -> {
                      if (view.isUsed()) {
                        return false;
                      }
                      forget(view);
                      return true;
                    }));
  }

  private void forget(View view) {
    ChangeOptions how = view.changes().unfiltered();
    Encoding encoding = encodings.get(how);
    if (encoding != null) {
      encoding.remove(view);
      if (encoding.isEmpty()) {
        encodings.remove(how);
        all.remove(encoding);
      }
    }
  }

  public synchronized int views() {
    return views.size();
  }

  /** Lets subscribers read what has come; false if there was nothing. */
  public synchronized boolean publish() {
    boolean any = false;
    for (View view : views.values()) {
      any |= view.publish();
    }
    return any;
  }

  /** Nothing more comes. */
  public synchronized void seal() {
    for (View view : views.values()) {
      view.logs().forEach(log -> log.log().seal(head));
    }
  }

  /** Nothing was there to route up to here. */
  public synchronized void movedTo(Lsn position) {
    if (!inTransaction && position.isAfter(head)) {
      head = position;
    }
  }

  /** Tells all subscribers the head, whether or not something concerned them. */
  public synchronized void tellProgress() {
    between(this::tellHead);
  }

  private void tellHead() {
    byte[] transaction =
        ("{\"nextlsn\":\"" + head + "\",\"change\":[]}").getBytes(StandardCharsets.UTF_8);
    byte[] action =
        ("{\"action\":\"C\",\"nextlsn\":\"" + head + "\"}").getBytes(StandardCharsets.UTF_8);
    for (View view : views.values()) {
      boolean actions = view.changes().format() == ChangeOptions.Format.ACTIONS;
      view.progress(actions ? action : transaction, head);
    }
  }

  /** PostgreSQL was lost: the open transaction comes again, or never. */
  public synchronized void rollBack() {
    drop();
    ended();
  }

  private void drop() {
    all.forEach(Encoding::rollBack);
    views.values().forEach(View::rollBack);
    alone.clear();
  }

  private void ended() {
    inTransaction = false;
    skips = false;
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
      View[] to = all.get(i).wanting(Action.INSERT, relation.name());
      if (to.length > 0) {
        all.get(i).insert(to, relation, newTuple);
      }
    }
  }

  @Override
  public synchronized void update(
      Relation relation, OldTupleKind oldKind, Tuple oldTuple, Tuple newTuple) throws IOException {
    for (int i = 0; i < all.size() && !skips; i++) {
      View[] to = all.get(i).wanting(Action.UPDATE, relation.name());
      if (to.length > 0) {
        all.get(i).update(to, relation, oldKind, oldTuple, newTuple);
      }
    }
  }

  @Override
  public synchronized void delete(Relation relation, OldTupleKind oldKind, Tuple oldTuple)
      throws IOException {
    for (int i = 0; i < all.size() && !skips; i++) {
      View[] to = all.get(i).wanting(Action.DELETE, relation.name());
      if (to.length > 0) {
        all.get(i).delete(to, relation, oldKind, oldTuple);
      }
    }
  }

  @Override
  public synchronized void truncate(List<Relation> relations, TruncateOptions options)
      throws IOException {
    for (Relation relation : relations) {
      for (int i = 0; i < all.size() && !skips; i++) {
        View[] to = all.get(i).wanting(Action.TRUNCATE, relation.name());
        if (to.length > 0) {
          all.get(i).truncate(to, relation);
        }
      }
    }
  }

  @Override
  public synchronized void message(LogicalMessage message) throws IOException {
    if (message.transactional()) {
      for (int i = 0; i < all.size() && !skips; i++) {
        View[] to = all.get(i).wanting(message);
        if (to.length > 0) {
          all.get(i).message(to, message);
        }
      }
    } else if (head.isAfter(message.lsn())) {
      return; // it was routed before
    } else if (inTransaction) {
      alone.add(message);
    } else {
      alone(message);
    }
  }

  /** Who has it is just behind its start, here as in every log. */
  private void alone(LogicalMessage message) throws IOException {
    Lsn behind = new Lsn(message.lsn().value() + 1);
    boolean moves = behind.isAfter(head);
    for (Encoding encoding : all) {
      View[] to = encoding.wanting(message);
      if (to.length > 0) {
        encoding.alone(to, message);
      }
      for (int i = 0; i < to.length && moves; i++) {
        to[i].mark(behind);
      }
    }
    if (moves) {
      head = behind;
    }
  }

  @Override
  public synchronized void commit(Commit commit) throws IOException {
    if (!skips) {
      for (Encoding encoding : all) {
        encoding.commit(commit);
      }
    }
    if (commit.endLsn().isAfter(head)) {
      head = commit.endLsn();
    }
    for (LogicalMessage message : alone) {
      alone(message);
    }
    alone.clear();
    ended();
  }
}
