package org.pgdeltastream.slot.feed;

import static java.lang.System.Logger.Level.INFO;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.pgdeltastream.delivery.CloseReason;
import org.pgdeltastream.feed.FeedCounts;
import org.pgdeltastream.feed.FeedSubscriber;
import org.pgdeltastream.feed.Outlet;
import org.pgdeltastream.feed.ViewOptions;
import org.pgdeltastream.feed.Writer;
import org.pgdeltastream.journal.shared.KafkaSettings.Storage;
import org.pgdeltastream.slot.shared.SharedFeed;
import org.pgdeltastream.slot.shared.SharedLogs;
import org.pgdeltastream.slot.upstream.Ending;
import org.pgdeltastream.slot.upstream.KnownSlot;
import org.pgdeltastream.slot.upstream.StreamServices;

/**
 * One slot that this server reads, and its subscribers. The reader's thread is inside {@link #run},
 * over as many upstreams as it takes; no subscriber ever holds it up.
 */
public final class Feed implements Runnable {
  private static final System.Logger LOG = System.getLogger(Feed.class.getName());
  private static final Duration PAUSE = Duration.ofSeconds(2);
  private static final int MOST_PAUSES = 8; // where another server reads the slot

  private final FeedDefinition definition;
  private final KnownSlot slot;
  private final StreamServices services;
  private final Executor threads;
  private final FeedHead head;
  private final FeedReader reader;
  private final Optional<SharedFeed> shared; // where its log is
  private final Set<FeedSubscriber> subscribers = ConcurrentHashMap.newKeySet();
  private final CountDownLatch stopped = new CountDownLatch(1);
  private final CountDownLatch over = new CountDownLatch(1);
  private int pauses = 1; // of the reader's thread
  private volatile @Nullable FeedRun running;
  private volatile @Nullable Ending stop;
  private volatile FeedReport.@Nullable Failure lastFailure;

  Feed(
      FeedDefinition definition,
      KnownSlot slot,
      StreamServices services,
      Executor threads,
      LongSupplier logBytes,
      Runnable wakeWriters,
      SharedLogs logs) {
    this.definition = definition;
    this.slot = slot;
    this.services = services;
    this.threads = threads;
    this.head =
        new FeedHead(definition, slot, services, threads, logBytes, wakeWriters, this::endAll);
    this.reader = new FeedReader(definition, slot, head);
    this.shared =
        definition.storage() == Storage.KAFKA
            ? Optional.of(logs.feed(definition.name(), definition.asked(), slot, counts().read()))
            : Optional.empty();
    shared.ifPresent(head.placement().past::before);
  }

  public FeedDefinition definition() {
    return definition;
  }

  /** Those that it is made with, or that its slot was; none before they are known. */
  List<String> publications() {
    return definition.publications(slot);
  }

  @Override
  public void run() {
    try {
      shared.ifPresent(one -> one.start(threads));
      while (stop == null) {
        Ending why = shared.isPresent() ? follow(shared.get()) : readOnce();
        if (stop == null) {
          failed(why.reason().orElse(CloseReason.INTERNAL), why.detail());
          pause();
        }
      }
    } finally {
      head.close();
      shared.ifPresent(SharedFeed::awaitEnd);
      over.countDown();
    }
  }

  private void failed(CloseReason reason, String detail) {
    lastFailure = new FeedReport.Failure(reason, detail, Instant.now());
    LOG.log(INFO, this + " ended: " + detail);
    endAll(reason, detail);
    pauses = reason == CloseReason.SLOT_BUSY ? Math.min(2 * pauses, MOST_PAUSES) : 1;
  }

  private Ending follow(SharedFeed log) {
    Ending why = log.follow(head);
    head.placement().entrance.close();
    head.rollBack();
    return why;
  }

  private Ending readOnce() {
    FeedRun run = FeedRun.of(slot, reader, services, counts().read());
    running = run;
    Ending stopping = stop;
    if (stopping != null) {
      run.life().end(stopping);
    }
    Ending why = run.run(this);
    head.rollBack(); // which frees memory
    running = null;
    return why;
  }

  private void pause() {
    try {
      stopped.await(pauses * PAUSE.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      stop(CloseReason.SERVICE_RESTART, "the server stops");
    }
  }

  /** Ends the reader and closes all subscribers. */
  void stop(CloseReason reason, String detail) {
    stopReading(reason, detail);
    endAll(reason, detail);
  }

  /** Ends the reader, and who comes from now on. */
  void stopReading(CloseReason reason, String detail) {
    Ending why = Ending.of(reason, detail);
    stop = why;
    stopped.countDown();
    shared.ifPresent(one -> one.stop(why));
    FeedRun present = running;
    if (present != null) {
      present.end(why);
    }
  }

  boolean awaitEnd(Duration limit) {
    try {
      return over.await(limit.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  private void endAll(CloseReason reason, String detail) {
    subscribers.forEach(one -> one.end(reason, detail));
  }

  /**
   * Begins to serve a subscriber.
   *
   * @param left called once it is gone
   * @param refusal why it would not be served again, where its filter could not be decided
   */
  FeedSubscriber follow(
      FollowRequest request,
      ViewOptions view,
      Outlet outlet,
      Writer writer,
      Consumer<FeedSubscriber> left,
      Supplier<Optional<String>> refusal) {
    FeedSubscriber subscriber =
        new FeedSubscriber(
            view,
            request.framing(),
            outlet,
            request.linger().toNanos(),
            head.placement().home(request, refusal, one -> left(one, left)),
            writer);
    subscribers.add(subscriber);
    counts().entered(subscriber);
    head.placement().enter(subscriber, request);
    Ending why = stop;
    if (why != null) {
      subscriber.end(why.reason().orElse(CloseReason.SERVICE_RESTART), why.detail());
    }
    return subscriber;
  }

  private void left(FeedSubscriber one, Consumer<FeedSubscriber> left) {
    subscribers.remove(one);
    left.accept(one);
  }

  /** Whether somebody can follow it with this selection. */
  boolean hasRoom(ViewOptions view) {
    return head.placement().hasRoom(view);
  }

  /** Those that there are at any moment. */
  Set<FeedSubscriber> subscribers() {
    return subscribers;
  }

  FeedReport report() {
    return FeedReport.of(
        this,
        slot,
        head,
        reading(),
        Optional.ofNullable(lastFailure),
        shared.map(SharedFeed::report));
  }

  /** Whether its shared log has lost something, which an operator accepts now. */
  boolean acceptsGap() {
    return shared.filter(SharedFeed::acceptGap).isPresent();
  }

  private FeedCounts counts() {
    return head.placement().counts;
  }

  /** Its reader, while there is one. */
  public Optional<FeedRun> reading() {
    return shared
        .flatMap(SharedFeed::leading)
        .map(one -> new FeedRun(one.life(), one.upstream(), one.isOnStandby()))
        .or(() -> Optional.ofNullable(running));
  }

  @Override
  public String toString() {
    return "feed " + definition.name();
  }
}
