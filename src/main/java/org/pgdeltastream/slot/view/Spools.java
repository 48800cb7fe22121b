package org.pgdeltastream.slot.view;

import static java.lang.System.Logger.Level.DEBUG;
import static java.lang.System.Logger.Level.INFO;

import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;
import org.pgdeltastream.change.ProblemException;
import org.pgdeltastream.delivery.CloseReason;
import org.pgdeltastream.feed.FeedCounts;
import org.pgdeltastream.feed.FeedSubscriber;
import org.pgdeltastream.feed.ViewOptions;
import org.pgdeltastream.feed.log.Rows;
import org.pgdeltastream.slot.database.Database;
import org.pgdeltastream.slot.database.FeedSettings;
import org.pgdeltastream.slot.database.Problems;
import org.pgdeltastream.spool.SpoolReader;

/**
 * The snapshots of a feed's views: each is read once, into a file, for all who ask for the same
 * view within a few seconds. For any thread; nobody who calls waits.
 */
public final class Spools {
  private static final System.Logger LOG = System.getLogger(Spools.class.getName());
  private static final String LATE = "its snapshot was not read in time";
  private static final long REUSE_NANOS = Duration.ofSeconds(5).toNanos();

  private final SpoolSource feed;
  private final FeedSettings settings;
  private final SpoolTools tools;
  private final FeedCounts counts;
  private final Executor threads;
  private final SpoolFeeder feeder;
  private final Delivered delivered = new Delivered();
  private final Map<FeedSubscriber, SpoolRows> reading = new ConcurrentHashMap<>();
  private final List<SharedSpool> all = new ArrayList<>(); // in the monitor, as is what follows
  private final ArrayDeque<SharedSpool> queue = new ArrayDeque<>();
  private int making;

  public Spools(
      SpoolSource feed,
      Database database,
      FeedSettings settings,
      FeedCounts counts,
      Executor threads) {
    this.feed = feed;
    this.settings = settings;
    this.tools = new SpoolTools(database, settings);
    this.counts = counts;
    this.threads = threads;
    this.feeder = new SpoolFeeder(threads);
  }

  /** What the feed has sent. */
  public Delivered delivered() {
    return delivered;
  }

  /**
   * The subscriber gets a snapshot of its view, and is placed behind it.
   *
   * @param most bytes that the snapshot may have; with more it ends
   */
  public void give(FeedSubscriber one, long most) {
    counts.snapshotGiven();
    synchronized (this) {
      SharedSpool shared = find(one);
      shared.add(one, most);
      shared.made().ifPresent(made -> begin(one, shared, made));
    }
    one.ready(); // its writer looks for rows
    startMakers();
  }

  private SharedSpool find(FeedSubscriber one) {
    long now = System.nanoTime();
    for (SharedSpool shared : all) {
      if (shared.isFor(one.view(), now, REUSE_NANOS)
          && (shared.made().isEmpty() || feed.journal().covers(shared.end()))) {
        return shared;
      }
    }
    SharedSpool made = new SharedSpool(one.view(), now + settings.feedSnapshotSeconds().toNanos());
    all.add(made);
    queue.add(made);
    return made;
  }

  private void begin(FeedSubscriber one, SharedSpool shared, SpoolMaker.Made made) {
    if (shared.mayHave(one, made.file().size())) {
      SpoolReader reader = new SpoolReader(made.file(), one.framing());
      reading.put(one, new SpoolRows(one, reader, feeder, () -> ended(one, shared, made)));
    }
  }

  /** What the subscriber reads before it is placed; null if it has none, or none yet. */
  public @Nullable Rows rows(FeedSubscriber one) {
    return reading.get(one);
  }

  private void ended(FeedSubscriber one, SharedSpool shared, SpoolMaker.Made made) {
    reading.remove(one);
    feed.placeAgain(one, made.end(), 0);
    synchronized (this) {
      shared.remove(one);
    }
  }

  /** It has gone. */
  public synchronized void left(FeedSubscriber one) {
    all.forEach(shared -> shared.remove(one));
    reading.remove(one);
  }

  private void startMakers() {
    for (SharedSpool next = next(); next != null; next = next()) {
      SharedSpool made = next;
      try {
        threads.execute(() -> make(made));
      } catch (RejectedExecutionException | OutOfMemoryError e) { // or no thread
        over(made, CloseReason.LIMIT, "no thread for a snapshot");
      }
    }
  }

  private synchronized @Nullable SharedSpool next() {
    if (making >= settings.feedSnapshots() || queue.isEmpty()) {
      return null;
    }
    making++;
    return queue.remove();
  }

  /** Whether somebody waits who may have so many bytes, and more. */
  private synchronized boolean isWanted(SharedSpool shared, long bytes) {
    shared.followers().forEach(one -> shared.mayHave(one, bytes));
    shared.end(!shared.isWanted()); // and nobody joins what is given up
    return !shared.isOver();
  }

  private void make(SharedSpool shared) {
    SpoolMaker maker =
        new SpoolMaker(
            feed,
            delivered,
            tools,
            shared.view(),
            shared.deadline(),
            bytes -> isWanted(shared, bytes));
    try {
      made(shared, maker.make());
    } catch (ProblemException e) {
      failed(shared, e);
    } catch (SQLException e) {
      failed(shared, Problems.of(e));
    } catch (Throwable e) { // an Error too: somebody waits for it
      LOG.log(INFO, "A snapshot for a feed failed: " + e);
      over(shared, CloseReason.LIMIT, "the snapshot cannot be kept: " + e.getMessage());
      return;
    }
    startMakers();
  }

  private void made(SharedSpool shared, SpoolMaker.Made made) {
    counts.snapshotMade();
    List<FeedSubscriber> waiting;
    synchronized (this) {
      making--;
      shared.made(made, System.nanoTime());
      waiting = shared.followers();
      waiting.forEach(one -> begin(one, shared, made));
      if (shared.isOver()) {
        made.file().close();
      }
    }
    waiting.forEach(FeedSubscriber::ready);
  }

  private void failed(SharedSpool shared, ProblemException e) {
    LOG.log(DEBUG, "A snapshot for a feed failed", e);
    CloseReason why =
        switch (e.problem()) {
          case FORBIDDEN -> CloseReason.FORBIDDEN;
          case BLOCKED_BY_UNACKNOWLEDGED_COMMIT -> CloseReason.BLOCKED_BY_UNACKNOWLEDGED_COMMIT;
          case UPSTREAM_UNAVAILABLE -> CloseReason.UPSTREAM_LOST;
          case UPSTREAM_BUSY -> CloseReason.LIMIT;
          default -> CloseReason.NO_SNAPSHOT;
        };
    over(shared, why, String.valueOf(e.getMessage()));
  }

  private void over(SharedSpool shared, CloseReason why, String detail) {
    synchronized (this) {
      making--;
      shared.end(true);
      all.remove(shared);
      shared.followers().forEach(one -> one.end(why, detail));
    }
    startMakers();
  }

  /** Closes files that nobody reads, and nobody may ask for any more. For a regular check. */
  public synchronized void tidy() {
    long now = System.nanoTime();
    for (SharedSpool shared : List.copyOf(all)) {
      boolean isLate = now - shared.deadline() > 0;
      if (isLate) {
        shared.followers().forEach(one -> one.end(CloseReason.SLOW_SUBSCRIBER, LATE));
      }
      boolean isFree = !shared.isWanted() && !shared.isFor(shared.view(), now, REUSE_NANOS);
      if (isLate || isFree) {
        close(shared);
      }
    }
  }

  /** Changes cannot tell what has happened to these rows since: nobody else gets them. */
  public synchronized void outdate(ViewOptions view) {
    all.stream()
        .filter(one -> one.view().equals(view) && one.made().isPresent())
        .forEach(one -> one.end(true));
  }

  private void close(SharedSpool shared) {
    all.remove(shared);
    shared.end(true);
    queue.remove(shared);
    shared.made().ifPresent(made -> made.file().close());
  }

  /** The feed reads another history from now on, or nothing any more. */
  public void clear() {
    delivered.clear();
    reading.clear();
    synchronized (this) {
      List.copyOf(all).forEach(this::close);
    }
  }
}
