package org.pgdeltastream.slot.feed;

import static java.util.Objects.requireNonNull;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;
import org.pgdeltastream.change.Catalog;
import org.pgdeltastream.change.ColumnDetails;
import org.pgdeltastream.change.HeapBudget;
import org.pgdeltastream.change.HeapShare;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.change.OutputPlugin;
import org.pgdeltastream.change.Relation;
import org.pgdeltastream.decoder.PgOutputDecoder;
import org.pgdeltastream.decoder.ServerEncoding;
import org.pgdeltastream.delivery.CloseReason;
import org.pgdeltastream.feed.FeedSubscriber;
import org.pgdeltastream.feed.Router;
import org.pgdeltastream.feed.ViewOptions;
import org.pgdeltastream.feed.log.FeedPosition;
import org.pgdeltastream.feed.log.FrameLog;
import org.pgdeltastream.journal.Journal;
import org.pgdeltastream.replication.wal.ServerIdentity;
import org.pgdeltastream.replication.wal.SlotPosition;
import org.pgdeltastream.replication.wal.SlotRow;
import org.pgdeltastream.slot.database.Settings;
import org.pgdeltastream.slot.upstream.Downstream;
import org.pgdeltastream.slot.upstream.KnownSlot;
import org.pgdeltastream.slot.upstream.Refusal;
import org.pgdeltastream.slot.upstream.SlotPipeline;
import org.pgdeltastream.slot.upstream.StreamServices;

/**
 * The feed's half of an upstream: notes what comes in the journal, routes it, and lets PostgreSQL
 * forget what is before the window. Finds for each subscriber the log that has its position.
 */
final class FeedReader implements Downstream, FeedScan.Source {
  private static final long PROGRESS_NANOS = Duration.ofSeconds(10).toNanos();
  private static final long AHEAD_NANOS = Duration.ofSeconds(10).toNanos();
  private static final long WINDOW_NANOS = Duration.ofMillis(200).toNanos();

  private final FeedDefinition definition;
  private final KnownSlot slot;
  private final StreamServices services;
  private final Runnable wakeWriters;
  private final Journal journal;
  private final FeedWindow window;
  private final FeedScan scan;
  private final Router router;
  private final List<Ahead> ahead = new ArrayList<>(); // inside Router.between, as is the next
  private final List<Runnable> early = new ArrayList<>(); // before PostgreSQL was reached
  private volatile Catalog catalog;
  private volatile ServerEncoding encoding = ServerEncoding.OF_MOST;
  private volatile FeedPosition.@Nullable Stamp stamp;
  private volatile Lsn start = Lsn.NONE;
  private SlotPosition position = new SlotPosition(Lsn.NONE, Optional.empty());
  private @Nullable ServerIdentity server;
  private boolean positioned;
  private long progressAt = System.nanoTime();
  private long windowAt = System.nanoTime();

  /** A subscriber that has read more than we have: another server was quicker. */
  private record Ahead(Lsn after, Runnable begins, Runnable wrong, long since) {}

  FeedReader(
      FeedDefinition definition,
      KnownSlot slot,
      StreamServices services,
      Executor threads,
      Runnable wakeWriters) {
    Settings settings = services.settings();
    this.definition = definition;
    this.slot = slot;
    this.services = services;
    this.wakeWriters = wakeWriters;
    this.catalog = services.database().catalog();
    this.journal =
        new Journal(settings.feedFiles(), settings.feedDiskBytes(), services.database().heap());
    this.window = new FeedWindow(definition.windowBytes(), definition.window());
    this.router = new Router(new Newest(), settings.feedHeapBytes(), Lsn.NONE);
    this.scan = new FeedScan(this, threads);
  }

  /** The catalog of the present connection. */
  private final class Newest implements Catalog {
    @Override
    public List<ColumnDetails> details(Relation relation, Lsn commit) {
      return catalog.details(relation, commit);
    }

    @Override
    public int originNumber(String originName) {
      return catalog.originNumber(originName);
    }
  }

  @Override
  public List<String> publications() {
    return definition.publications();
  }

  @Override
  public boolean takesOver() {
    return false;
  }

  @Override
  public boolean acceptsGap() {
    return false;
  }

  @Override
  public void found(SlotRow row) throws Refusal {
    checkConfirmed(row.confirmedFlush().orElse(Lsn.NONE));
  }

  private void checkConfirmed(Lsn confirmed) throws Refusal {
    if (positioned && confirmed.isAfter(newest())) {
      startAnew();
      throw new Refusal(
          CloseReason.POSITION_LOST, "slot " + slot.name() + " was moved on by others");
    }
  }

  /** From where the slot is then; until that subscribers wait. */
  private void startAnew() {
    positioned = false;
    stamp = null;
  }

  @Override
  public SlotPipeline path(SlotPipeline.Source source, Catalog present) throws Refusal {
    if (source.plugin() != OutputPlugin.PGOUTPUT) {
      throw new Refusal(
          CloseReason.WRONG_SLOT_KIND, "a feed reads pgoutput, not " + source.plugin().sqlName());
    }
    catalog = present;
    encoding = source.encoding();
    lost();
    HeapShare share = heap().share();
    FeedDecoder decoder =
        new FeedDecoder(new PgOutputDecoder(router, encoding, share), journal, router);
    return SlotPipeline.of(source, decoder, decoder::position, share);
  }

  /** A connection ended: what it had begun comes again, or never. */
  void lost() {
    journal.rollBack();
    router.rollBack();
    wakeWriters.run();
  }

  @Override
  public boolean asksForServer() {
    return true;
  }

  @Override
  public void found(ServerIdentity streaming) {
    server = streaming;
  }

  @Override
  public void found(SlotPosition streaming) {
    position = streaming;
  }

  @Override
  public void begin() throws Refusal {
    checkConfirmed(position.confirmed());
    if (positioned && position.written().filter(newest()::isAfter).isPresent()) {
      startAnew();
      throw new Refusal(
          CloseReason.DIVERGED,
          "PostgreSQL has less WAL than was read: another server, or a restored one");
    }
    ServerIdentity identity = requireNonNull(server, "PostgreSQL said who it is");
    FeedPosition.Stamp present = new FeedPosition.Stamp(hash(identity), identity.timeline(), 0);
    router.stamp(present);
    if (!positioned) {
      positioned = true;
      journal.startAt(position.confirmed());
      router.startAt(position.confirmed());
      start = position.confirmed();
    }
    stamp = present; // last: from now on subscribers are placed
    router.between(
        () -> {
          List<Runnable> waiting = List.copyOf(early);
          early.clear();
          waiting.forEach(Runnable::run);
        });
  }

  private static int hash(ServerIdentity identity) {
    String text = identity.systemId() + "/" + identity.database();
    try {
      return ViewOptions.first32(
          MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e); // every JDK has it
    }
  }

  @Override
  public void started(OutputPlugin plugin) {
    // the subscribers wait already
  }

  @Override
  public Lsn flushPosition() {
    return start;
  }

  @Override
  public Lsn newest() {
    return router.head();
  }

  @Override
  public boolean hasHalf() {
    return false; // subscribers that have half a transaction are closed, the others go on
  }

  @Override
  public boolean wantsMore(SlotPipeline path) {
    return true;
  }

  @Override
  public void onPause(SlotPipeline path, Lsn serverWalEnd, Lsn reported) {
    long now = System.nanoTime();
    if (path.betweenTransactions() && serverWalEnd.isAfter(newest())) {
      journal.movedTo(serverWalEnd);
      router.movedTo(serverWalEnd);
    }
    if (now - progressAt > PROGRESS_NANOS) {
      progressAt = now;
      router.tidy();
      router.tellProgress();
    }
    if (now - windowAt > WINDOW_NANOS) {
      windowAt = now;
      moveWindow(now);
    }
    if (router.publish()) {
      wakeWriters.run();
    }
    router.between(() -> placeAhead(serverWalEnd));
  }

  private void moveWindow(long now) {
    journal.forgetBefore(window.start(journal.end(), now));
    Lsn from = journal.start();
    if (!from.isAfter(journal.end())) { // else a large transaction is open, and nothing is there
      start = from;
    }
  }

  @Override
  public void away(boolean waits) {
    // nobody waits for this thread
  }

  /** What can be sent again begins after this. */
  Lsn oldest() {
    return start;
  }

  int views() {
    return router.views();
  }

  Optional<String> journalFailure() {
    return journal.failure();
  }

  /** A new subscriber: it is placed as soon as PostgreSQL was reached, between transactions. */
  void enter(FeedSubscriber subscriber, FollowRequest request) {
    router.between(
        () -> {
          router.enter(subscriber.view());
          begin(subscriber, request);
        });
  }

  private void begin(FeedSubscriber subscriber, FollowRequest request) {
    FeedPosition.Stamp present = stamp;
    if (present == null) {
      early.add(() -> begin(subscriber, request));
      return;
    }
    FeedPosition.Stamp here =
        new FeedPosition.Stamp(present.system(), present.timeline(), subscriber.view().hash());
    Optional<FeedPosition> asked = request.after().position();
    Optional<String> mismatch = asked.flatMap(one -> one.mismatch(here));
    Lsn after =
        asked.map(FeedPosition::lsn).orElseGet(() -> request.after().oldest() ? start : newest());
    Runnable begins =
        () -> {
          request.client().begins(subscriber, here.at(after), here.at(start));
          place(subscriber, after, 0);
        };
    if (mismatch.isPresent()) {
      refetch(subscriber, request, here, mismatch.get());
    } else if (after.isAfter(newest())) {
      Runnable wrong = () -> refetch(subscriber, request, here, "timeline");
      ahead.add(new Ahead(after, begins, wrong, System.nanoTime()));
    } else if (journal.covers(after) || after.equals(newest())) {
      begins.run();
    } else {
      refetch(subscriber, request, here, "window");
    }
  }

  private void refetch(
      FeedSubscriber subscriber, FollowRequest request, FeedPosition.Stamp here, String reason) {
    request.client().mustRefetch(subscriber, reason, here.at(start), here.at(newest()));
  }

  void leave(FeedSubscriber subscriber) {
    router.between(() -> router.leave(subscriber.view())); // not before it has entered
  }

  void place(FeedSubscriber subscriber, Lsn after, long more) {
    router.between(() -> placeNow(subscriber, after, more));
  }

  private void placeNow(FeedSubscriber subscriber, Lsn after, long more) {
    if (subscriber.isOver()) {
      return;
    }
    FrameLog log = router.log(subscriber.view(), subscriber.framing());
    if (!subscriber.attach(log, after, more)) {
      scan.add(subscriber, after, more);
    }
  }

  /** Other servers may be ahead of this one, but not of PostgreSQL. */
  private void placeAhead(Lsn serverWalEnd) {
    if (ahead.isEmpty()) {
      return;
    }
    List<Ahead> waiting = List.copyOf(ahead);
    ahead.clear();
    for (Ahead one : waiting) {
      boolean late = System.nanoTime() - one.since() > AHEAD_NANOS;
      if (!one.after().isAfter(newest())) {
        one.begins().run();
      } else if (late && one.after().isAfter(serverWalEnd)) {
        one.wrong().run();
      } else {
        ahead.add(one);
      }
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
    return services.settings().feedHeapBytes();
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
    subscriber.end(CloseReason.SLOW_SUBSCRIBER, "it fell out of the feed's window");
  }

  @Override
  public void placeAgain(FeedSubscriber subscriber, Lsn after, long more) {
    place(subscriber, after, more);
  }

  void close() {
    journal.close();
  }
}
