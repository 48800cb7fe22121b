package org.pgdeltastream.slot.feed;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.pgdeltastream.change.Catalog;
import org.pgdeltastream.change.HeapBudget;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.decoder.ServerEncoding;
import org.pgdeltastream.delivery.CloseReason;
import org.pgdeltastream.feed.FeedCounts;
import org.pgdeltastream.feed.FeedSubscriber;
import org.pgdeltastream.feed.Router;
import org.pgdeltastream.feed.RouterCalls;
import org.pgdeltastream.feed.ViewOptions;
import org.pgdeltastream.feed.log.FeedPosition;
import org.pgdeltastream.feed.log.FrameLog;
import org.pgdeltastream.journal.Journal;
import org.pgdeltastream.slot.upstream.StreamServices;

/**
 * Finds the log that has a subscriber's position: the live one, or that of a scan. Where PostgreSQL
 * was not reached yet, or another server has read more, the subscriber waits. All is done between
 * two transactions, in the router's monitor; nobody who calls waits for that.
 */
final class Placement implements FeedScan.Source {
  private static final long AHEAD_NANOS = Duration.ofSeconds(10).toNanos();

  private final Router router;
  final FeedCounts counts = new FeedCounts();
  private final Journal journal;
  private final Catalog catalog;
  private final StreamServices services;
  private final Supplier<Lsn> oldest;
  private final Runnable wakeWriters;
  private final FeedScan scan;
  private final RouterCalls calls;
  private final Map<FeedSubscriber, Ahead> ahead = new LinkedHashMap<>(); // in the router's monitor
  private final Map<FeedSubscriber, Runnable> early = new LinkedHashMap<>(); // no PostgreSQL yet
  private volatile ServerEncoding encoding = ServerEncoding.OF_MOST;
  private volatile Map<Integer, Lsn> ancestors = Map.of(); // of the stamp's timeline
  private volatile FeedPosition.@Nullable Stamp stamp;
  private volatile boolean isReached; // else subscribers wait

  /** A subscriber that has read more than we have: another server was quicker. */
  private record Ahead(Lsn after, Runnable begins, Runnable wrong, long since) {}

  /**
   * Places nobody before {@link #begin(FeedPosition.Stamp, Map)}.
   *
   * @param oldest what ends after this can be sent
   */
  Placement(
      Router router,
      Journal journal,
      Catalog catalog,
      StreamServices services,
      Supplier<Lsn> oldest,
      Executor threads,
      Runnable wakeWriters) {
    this.router = router;
    this.journal = journal;
    this.catalog = catalog;
    this.services = services;
    this.oldest = oldest;
    this.wakeWriters = wakeWriters;
    this.calls = new RouterCalls(router, threads);
    this.scan = new FeedScan(this, threads);
  }

  void encoding(ServerEncoding present) {
    encoding = present;
  }

  /** PostgreSQL was reached, and positions are of this. */
  void begin(FeedPosition.Stamp present, Map<Integer, Lsn> timelines) {
    ancestors = timelines;
    stamp = present;
    isReached = true;
    router.between(
        () -> {
          List<Runnable> waiting = List.copyOf(early.values());
          early.clear();
          waiting.forEach(Runnable::run);
        });
  }

  /** From now on subscribers wait. */
  void end() {
    isReached = false;
  }

  /** Whether somebody can follow the view now. */
  boolean hasRoom(ViewOptions view) {
    boolean hasRoom = router.hasRoom(view, services.settings().ofFeeds().feedViews());
    if (!hasRoom) {
      calls.add(router::tidy);
    }
    return hasRoom;
  }

  /** A new subscriber: it is placed as soon as PostgreSQL was reached, between transactions. */
  void enter(FeedSubscriber subscriber, FollowRequest request) {
    calls.add(
        () -> {
          router.enter(subscriber.view());
          begin(subscriber, request);
        });
  }

  private void begin(FeedSubscriber subscriber, FollowRequest request) {
    FeedPosition.Stamp present = stamp;
    if (present == null || !isReached) {
      early.put(subscriber, () -> begin(subscriber, request));
      return;
    }
    FeedPosition.Stamp here = present.of(subscriber.view().hash());
    Optional<FeedPosition> asked = request.after().position();
    Optional<String> mismatch = asked.flatMap(one -> one.mismatch(here, ancestors));
    Lsn after =
        asked
            .map(FeedPosition::lsn)
            .orElseGet(() -> request.after().oldest() ? oldest.get() : router.head());
    Runnable begins =
        () -> {
          request.client().begins(subscriber, here.at(after), here.at(oldest.get()));
          place(subscriber, after, 0);
        };
    if (mismatch.isPresent()) {
      refetch(subscriber, request, here, mismatch.get());
    } else if (after.isAfter(router.head())) {
      Runnable wrong = () -> refetch(subscriber, request, here, "timeline");
      ahead.put(subscriber, new Ahead(after, begins, wrong, System.nanoTime()));
    } else if (journal.covers(after) || after.equals(router.head())) {
      begins.run();
    } else {
      refetch(subscriber, request, here, "window");
    }
  }

  /** Tells a subscriber's client that what comes next cannot be served. */
  void refetch(FeedSubscriber subscriber, FollowRequest request, String reason) {
    refetch(subscriber, request, stamp().of(subscriber.view().hash()), reason);
  }

  private void refetch(
      FeedSubscriber subscriber, FollowRequest request, FeedPosition.Stamp here, String reason) {
    counts.refetches();
    request.client().mustRefetch(subscriber, reason, here.at(oldest.get()), here.at(router.head()));
  }

  void leave(FeedSubscriber subscriber) {
    calls.add(
        () -> {
          early.remove(subscriber);
          ahead.remove(subscriber);
          router.leave(subscriber.view());
        });
  }

  void place(FeedSubscriber subscriber, Lsn after, long more) {
    calls.add(() -> placeNow(subscriber, after, more));
  }

  private void placeNow(FeedSubscriber subscriber, Lsn after, long more) {
    if (subscriber.isOver() || subscriber.isToEnd()) {
      return; // the log may be another server's
    }
    FrameLog log = router.log(subscriber.view(), subscriber.framing());
    if (!subscriber.attach(log, after, more)) {
      counts.isLate();
      scan.add(subscriber, after, more);
    }
  }

  /** Places who waits; other servers may be ahead of this one, but not of PostgreSQL. */
  void placeAhead(Lsn serverWalEnd) {
    router.between(() -> List.copyOf(ahead.values()).forEach(one -> placeAhead(one, serverWalEnd)));
  }

  private void placeAhead(Ahead one, Lsn serverWalEnd) {
    boolean isLate = System.nanoTime() - one.since() > AHEAD_NANOS;
    if (!one.after().isAfter(router.head())) {
      ahead.values().remove(one);
      one.begins().run();
    } else if (isLate && one.after().isAfter(serverWalEnd)) {
      ahead.values().remove(one);
      one.wrong().run();
    }
  }

  @Override
  public Journal journal() {
    return journal;
  }

  @Override
  public Catalog catalog() {
    return catalog;
  }

  @Override
  public ServerEncoding encoding() {
    return encoding;
  }

  @Override
  public FeedPosition.Stamp stamp() {
    return requireNonNull(stamp, "PostgreSQL was reached");
  }

  @Override
  public HeapBudget heap() {
    return services.database().heap();
  }

  @Override
  public long logBytes() {
    return router.logBytes();
  }

  @Override
  public Duration sendTimeout() {
    return services.settings().sendTimeout();
  }

  @Override
  public void wakeWriters() {
    wakeWriters.run();
  }

  @Override
  public void lost(FeedSubscriber subscriber) {
    if (services.stopping().get()) { // and the journal is closed
      subscriber.end(CloseReason.SERVICE_RESTART, OpenFeeds.STOPS);
    } else {
      subscriber.end(CloseReason.SLOW_SUBSCRIBER, "it fell out of the feed's window");
    }
  }

  @Override
  public void placeAgain(FeedSubscriber subscriber, Lsn after, long more) {
    place(subscriber, after, more);
  }
}
