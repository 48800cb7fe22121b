package org.pgdeltastream.slot.feed;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.pgdeltastream.change.Catalog;
import org.pgdeltastream.change.HeapShare;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.change.OutputPlugin;
import org.pgdeltastream.decoder.PgOutputDecoder;
import org.pgdeltastream.delivery.CloseReason;
import org.pgdeltastream.feed.Router;
import org.pgdeltastream.feed.log.FeedPosition;
import org.pgdeltastream.journal.Journal;
import org.pgdeltastream.replication.wal.ServerIdentity;
import org.pgdeltastream.replication.wal.SlotPosition;
import org.pgdeltastream.replication.wal.SlotRow;
import org.pgdeltastream.slot.database.FeedSettings;
import org.pgdeltastream.slot.upstream.Downstream;
import org.pgdeltastream.slot.upstream.KnownSlot;
import org.pgdeltastream.slot.upstream.Refusal;
import org.pgdeltastream.slot.upstream.SlotPipeline;
import org.pgdeltastream.slot.upstream.StreamServices;

/**
 * The feed's half of an upstream: notes what comes in the journal, routes it, and lets PostgreSQL
 * forget what is before the window.
 */
final class FeedReader implements Downstream {
  private static final long PROGRESS_NANOS = Duration.ofSeconds(10).toNanos();

  private final FeedDefinition definition;
  private final KnownSlot slot;
  private final StreamServices services;
  private final Runnable wakeWriters;
  private final Journal journal;
  private final PresentCatalog catalog;
  private final Router router;
  private final Placement placement;
  private FeedWindow window;
  private volatile Lsn start = Lsn.NONE;
  private volatile SlotPosition position = SlotPosition.UNKNOWN;
  private @Nullable ServerIdentity server;
  private FeedPosition.@Nullable Stamp stamp; // what was read is of this
  private boolean positioned;
  private long progressAt = System.nanoTime();

  FeedReader(
      FeedDefinition definition,
      KnownSlot slot,
      StreamServices services,
      Executor threads,
      LongSupplier logBytes,
      Runnable wakeWriters) {
    FeedSettings settings = services.settings().ofFeeds();
    this.definition = definition;
    this.window = new FeedWindow(definition, Lsn.NONE, progressAt);
    this.slot = slot;
    this.services = services;
    this.wakeWriters = wakeWriters;
    this.catalog = new PresentCatalog(services.database().catalog());
    this.journal =
        new Journal(settings.feedFiles(), settings.feedDiskBytes(), services.database().heap());
    this.router = new Router(catalog, logBytes, Lsn.NONE);
    Placement.Parts parts = new Placement.Parts(router, journal, this::oldest);
    this.placement =
        new Placement(
            parts, catalog, services, () -> definition.publications(slot), threads, wakeWriters);
  }

  @Override
  public List<String> publications() {
    return definition.publications();
  }

  @Override
  public boolean isOnlyReader() {
    return true;
  }

  @Override
  public void found(SlotRow row) throws Refusal {
    checkConfirmed(row.confirmedFlush().orElse(Lsn.NONE));
  }

  private void checkConfirmed(Lsn confirmed) throws Refusal {
    if (positioned && confirmed.isAfter(newest())) {
      throw startAnew(CloseReason.POSITION_LOST, "slot " + slot.name() + " was moved on by others");
    }
  }

  /** From where the slot is then; until that subscribers wait. */
  private Refusal startAnew(CloseReason why, String detail) {
    positioned = false;
    placement.entrance.close();
    return new Refusal(why, detail);
  }

  @Override
  public SlotPipeline path(SlotPipeline.Source source, Catalog present) throws Refusal {
    if (source.plugin() != OutputPlugin.PGOUTPUT) {
      throw new Refusal(
          CloseReason.WRONG_SLOT_KIND, "a feed reads pgoutput, not " + source.plugin().sqlName());
    }
    catalog.set(present);
    placement.encoding(source.encoding());
    lost();
    HeapShare share = services.database().heap().share();
    PgOutputDecoder plain =
        new PgOutputDecoder(router, source.encoding(), share, placement.counts.read());
    FeedDecoder decoder =
        new FeedDecoder(plain, journal, router, placement.delivered(), e -> window.passes(e));
    return SlotPipeline.of(source, decoder, decoder::position, share);
  }

  /** A connection ended: what it had begun comes again, or never. */
  void lost() {
    journal.connectionEnded();
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
    ServerIdentity identity = requireNonNull(server, "PostgreSQL said who it is");
    FeedPosition.Stamp present =
        FeedPosition.Stamp.of(identity.systemId(), identity.database(), identity.timeline());
    checkHistory(present, identity);
    router.stamp(present);
    if (!positioned) {
      positioned = true;
      start = position.confirmed();
      placement.startAt(start);
      window = new FeedWindow(definition, start, System.nanoTime());
    }
    placement.entrance.open(
        present, identity.ancestors()); // last: from now on subscribers are placed
  }

  /** Another timeline has all that was read where it comes from that, and left it later. */
  private void checkHistory(FeedPosition.Stamp present, ServerIdentity identity) throws Refusal {
    FeedPosition.Stamp before = stamp;
    stamp = present;
    if (!positioned || before == null) {
      return;
    }
    boolean isShorter = position.written().filter(newest()::isAfter).isPresent();
    if (isShorter || before.at(newest()).mismatch(present, identity.ancestors()).isPresent()) {
      String what = isShorter ? "less WAL" : "another history";
      throw startAnew(
          CloseReason.DIVERGED, "PostgreSQL has " + what + " than was read: another, or restored");
    }
    if (!present.equals(before)) { // clients are to learn the new one
      placement.entrance.close();
      throw new Refusal(CloseReason.UPSTREAM_LOST, "PostgreSQL was promoted; reconnect");
    }
    if (position.replayed().filter(newest()::isAfter).isPresent()) { // it may be promoted so
      placement.entrance.close();
      throw new Refusal(CloseReason.UPSTREAM_LOST, "the standby does not have what was read yet");
    }
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
      placement.tidy();
      router.tellProgress();
    }
    journal.forgetBefore(window.start(journal.end(), now));
    Lsn from = journal.start();
    boolean isThere = !from.isAfter(journal.end()); // else a large transaction is open
    start = isThere ? from : start;
    if (router.publish()) {
      wakeWriters.run();
    }
    placement.entrance.placeAhead(serverWalEnd.max(position.written().orElse(Lsn.NONE)));
  }

  /** What can be sent again begins after this. */
  Lsn oldest() {
    return journal.covers(start) ? start : newest();
  }

  /** Whether PostgreSQL was a standby when it was reached. */
  boolean isOnStandby() {
    return position.replayed().isPresent();
  }

  int views() {
    return router.views();
  }

  Journal journal() {
    return journal;
  }

  Placement placement() {
    return placement;
  }

  void close() {
    placement.close();
  }
}
