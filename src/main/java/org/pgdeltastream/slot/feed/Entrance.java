package org.pgdeltastream.slot.feed;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.delivery.CloseReason;
import org.pgdeltastream.feed.FeedCounts;
import org.pgdeltastream.feed.FeedSubscriber;
import org.pgdeltastream.feed.Router;
import org.pgdeltastream.feed.log.FeedPosition;
import org.pgdeltastream.feed.log.Framing;
import org.pgdeltastream.filter.FilterIndex;
import org.pgdeltastream.slot.view.Spools;

/**
 * Where new subscribers begin. Where PostgreSQL was not reached yet, or another server has read
 * more, they wait. All but {@link #lost} is done between two transactions, in the router's monitor.
 */
final class Entrance {
  private static final long AHEAD_NANOS = Duration.ofSeconds(10).toNanos();

  private final Router router;
  private final Supplier<Lsn> oldest;
  private final FeedCounts counts;
  private final Placement placement;
  private final Spools spools;
  private final Map<FeedSubscriber, Ahead> ahead = new LinkedHashMap<>(); // in the router's monitor
  private final Map<FeedSubscriber, Runnable> early = new LinkedHashMap<>(); // no PostgreSQL yet
  private volatile Map<Integer, Lsn> ancestors = Map.of(); // of the stamp's timeline
  private volatile FeedPosition.@Nullable Stamp stamp;
  private volatile boolean isReached; // else subscribers wait

  /** A subscriber that has read more than we have: another server was quicker. */
  private record Ahead(Lsn after, Runnable begins, Runnable wrong, long since) {}

  /**
   * Lets nobody in before {@link #open}.
   *
   * @param oldest what ends after this can be sent
   */
  Entrance(
      Router router, Supplier<Lsn> oldest, FeedCounts counts, Placement placement, Spools spools) {
    this.router = router;
    this.oldest = oldest;
    this.counts = counts;
    this.placement = placement;
    this.spools = spools;
  }

  /** PostgreSQL was reached, and positions are of this. */
  void open(FeedPosition.Stamp present, Map<Integer, Lsn> timelines) {
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
  void close() {
    isReached = false;
  }

  FeedPosition.Stamp stamp() {
    return requireNonNull(stamp, "PostgreSQL was reached");
  }

  void enter(FeedSubscriber subscriber, FollowRequest request) {
    FeedPosition.Stamp present = stamp;
    if (present == null || !isReached) {
      early.put(subscriber, () -> enter(subscriber, request));
      return;
    }
    if (request.snapshot() && request.after().equals(FollowRequest.After.NOW)) {
      withRows(subscriber, request, present, Optional.empty());
    } else {
      withChanges(subscriber, request, present.of(subscriber.view().hash()));
    }
  }

  private void withChanges(
      FeedSubscriber subscriber, FollowRequest request, FeedPosition.Stamp here) {
    Optional<FeedPosition> asked = request.after().position();
    Optional<String> mismatch = asked.flatMap(one -> one.mismatch(here, ancestors));
    Lsn after =
        asked
            .map(FeedPosition::lsn)
            .orElseGet(() -> request.after().oldest() ? oldest.get() : router.head());
    Runnable begins =
        () -> {
          request.client().begins(subscriber, here.at(after), here.at(oldest.get()));
          placement.place(subscriber, after, 0);
        };
    if (mismatch.isPresent()) {
      refetch(subscriber, request, here, mismatch.get());
    } else if (after.isAfter(router.head())) {
      Runnable wrong = () -> refetch(subscriber, request, here, "timeline");
      ahead.put(subscriber, new Ahead(after, begins, wrong, System.nanoTime()));
    } else if (placement.past.covers(after) || after.equals(router.head())) {
      begins.run();
    } else {
      refetch(subscriber, request, here, "window");
    }
  }

  private void refetch(
      FeedSubscriber subscriber, FollowRequest request, FeedPosition.Stamp here, String reason) {
    counts.refetches();
    if (request.snapshot()) {
      withRows(subscriber, request, here, Optional.of(reason));
      return;
    }
    request.client().mustRefetch(subscriber, reason, here.at(oldest.get()), here.at(router.head()));
  }

  /**
   * What comes next for one that was let in cannot be decided: it ends, and may come again.
   *
   * @param refusal what the table lacks, so that coming again does not help
   */
  void lost(
      FeedSubscriber subscriber,
      FollowRequest request,
      String reason,
      Supplier<Optional<String>> refusal) {
    spools.outdate(subscriber.view());
    FeedPosition.Stamp here = stamp().of(subscriber.view().hash());
    Optional<String> what = reason.equals(FilterIndex.TOAST) ? Optional.empty() : refusal.get();
    if (what.isPresent()) {
      subscriber.end(CloseReason.IDENTITY_INSUFFICIENT, what.get());
    } else if (request.snapshot() && request.framing() != Framing.LINES) {
      counts.refetches();
      request.client().beginsWithRows(subscriber, Optional.of(reason), here.at(oldest.get()));
      subscriber.end(CloseReason.POSITION_LOST, reason); // and the next time it begins with rows
    } else {
      counts.refetches();
      request
          .client()
          .mustRefetch(subscriber, reason, here.at(oldest.get()), here.at(router.head()));
    }
  }

  private void withRows(
      FeedSubscriber subscriber,
      FollowRequest request,
      FeedPosition.Stamp present,
      Optional<String> refetch) {
    FeedPosition.Stamp here = present.of(subscriber.view().hash());
    request.client().beginsWithRows(subscriber, refetch, here.at(oldest.get()));
    spools.give(subscriber, request.caller().snapshotBytes());
  }

  void leave(FeedSubscriber subscriber) {
    early.remove(subscriber);
    ahead.remove(subscriber);
  }

  /** Lets in who waits; other servers may be ahead of this one, but not of PostgreSQL. */
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
}
