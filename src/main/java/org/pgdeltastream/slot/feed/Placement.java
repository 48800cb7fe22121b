package org.pgdeltastream.slot.feed;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
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
import org.pgdeltastream.feed.log.Rows;
import org.pgdeltastream.journal.Journal;
import org.pgdeltastream.slot.scan.FeedScan;
import org.pgdeltastream.slot.scan.Past;
import org.pgdeltastream.slot.scan.PresentCatalog;
import org.pgdeltastream.slot.upstream.StreamServices;
import org.pgdeltastream.slot.view.SpoolSource;
import org.pgdeltastream.slot.view.Spools;

/**
 * Finds the log that has a subscriber's position: the live one, or that of a scan; or the rows that
 * it begins with. All is done between two transactions, in the router's monitor; nobody who calls
 * waits for that.
 */
final class Placement implements FeedScan.Source, SpoolSource {
  private final Router router;
  final FeedCounts counts = new FeedCounts();
  private final Journal journal;
  private final Catalog catalog;
  private final StreamServices services;
  private final Supplier<List<String>> publications;
  private final Runnable wakeWriters;
  private final FeedScan scan;
  final Spools spools;
  private final RouterCalls calls;
  final Entrance entrance;
  final Past past;
  volatile ServerEncoding encoding = ServerEncoding.OF_MOST;

  /** What of a feed is read here. */
  record Parts(Router router, Journal journal, Supplier<Lsn> oldest) {}

  /** Places nobody before its entrance is open. The publications are known later. */
  Placement(
      Parts parts,
      PresentCatalog catalog,
      StreamServices services,
      Supplier<List<String>> publications,
      Executor threads,
      Runnable wakeWriters) {
    this.router = parts.router();
    this.journal = parts.journal();
    this.past = new Past(journal);
    this.catalog = catalog.waiting(services.stopping()::get);
    this.services = services;
    this.publications = publications;
    this.wakeWriters = wakeWriters;
    this.calls = new RouterCalls(router, threads);
    this.scan = new FeedScan(this, threads);
    this.spools =
        new Spools(this, services.database(), services.settings().ofFeeds(), counts, threads);
    this.entrance = new Entrance(router, parts.oldest(), counts, this, spools);
  }

  /** Forgets all; places at what ends after this, once it has begun. */
  void startAt(Lsn position) {
    spools.clear();
    journal.startAt(position);
    router.startAt(position);
  }

  void close() {
    spools.clear();
    journal.close();
  }

  /** For the reader, now and then. */
  void tidy() {
    router.tidy();
    spools.tidy();
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
          entrance.enter(subscriber, request);
        });
  }

  /**
   * Of its subscribers.
   *
   * @param refusal what the table lacks where a filter could not be decided
   * @param left is told who has gone
   */
  FeedSubscriber.Home home(
      FollowRequest request, Supplier<Optional<String>> refusal, Consumer<FeedSubscriber> left) {
    return new FeedSubscriber.Home() {
      @Override
      public void place(FeedSubscriber one, Lsn after, long more) {
        Placement.this.place(one, after, more);
      }

      @Override
      public @Nullable Rows rows(FeedSubscriber one) {
        return spools.rows(one);
      }

      @Override
      public FeedCounts counts() {
        return counts;
      }

      @Override
      public void mustRefetch(FeedSubscriber one, String reason) {
        entrance.lost(one, request, reason, refusal);
      }

      @Override
      public void left(FeedSubscriber one) {
        leave(one);
        left.accept(one);
      }
    };
  }

  private void leave(FeedSubscriber subscriber) {
    counts.left(subscriber);
    calls.add(
        () -> {
          entrance.leave(subscriber);
          spools.left(subscriber);
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

  @Override
  public Lsn head() {
    return router.head();
  }

  @Override
  public List<String> publications() {
    return publications.get();
  }

  @Override
  public boolean isStopping() {
    return services.stopping().get();
  }

  @Override
  public FeedPosition.Stamp stamp() {
    return entrance.stamp();
  }

  @Override
  public Journal journal() {
    return journal;
  }

  @Override
  public Past past() {
    return past;
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
