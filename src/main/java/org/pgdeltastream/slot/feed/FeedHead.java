package org.pgdeltastream.slot.feed;

import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.function.LongSupplier;
import org.pgdeltastream.change.Catalog;
import org.pgdeltastream.change.HeapShare;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.decoder.PgOutputDecoder;
import org.pgdeltastream.decoder.ServerEncoding;
import org.pgdeltastream.delivery.CloseReason;
import org.pgdeltastream.feed.Router;
import org.pgdeltastream.feed.log.FeedPosition;
import org.pgdeltastream.journal.Journal;
import org.pgdeltastream.replication.wal.ServerIdentity;
import org.pgdeltastream.slot.database.FeedSettings;
import org.pgdeltastream.slot.scan.PresentCatalog;
import org.pgdeltastream.slot.shared.FollowTarget;
import org.pgdeltastream.slot.upstream.KnownSlot;
import org.pgdeltastream.slot.upstream.StreamServices;

/**
 * Where a feed's messages arrive, from PostgreSQL or from a shared log: notes them in the journal,
 * which is the window, and routes them. For the feed's thread.
 */
final class FeedHead implements FollowTarget {
  private static final Lsn FAR = new Lsn(-1); // behind every position
  private static final long PROGRESS_NANOS = Duration.ofSeconds(10).toNanos();

  private final FeedDefinition definition;
  private final StreamServices services;
  private final Ends ends;
  private final Runnable wakeWriters;
  private final Journal journal;
  private final PresentCatalog catalog;
  private final Router router;
  private final Placement placement;
  private FeedWindow window;
  private volatile Lsn start = Lsn.NONE;
  private long progressAt = System.nanoTime();

  /** Closes all subscribers. */
  interface Ends {
    void endAll(CloseReason reason, String detail);
  }

  FeedHead(
      FeedDefinition definition,
      KnownSlot slot,
      StreamServices services,
      Executor threads,
      LongSupplier logBytes,
      Runnable wakeWriters,
      Ends ends) {
    FeedSettings settings = services.settings().ofFeeds();
    this.definition = definition;
    this.services = services;
    this.ends = ends;
    this.wakeWriters = wakeWriters;
    this.window = new FeedWindow(definition, Lsn.NONE, progressAt);
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
  public FeedDecoder decoder(ServerEncoding encoding, Catalog present) {
    catalog.set(present);
    placement.encoding = encoding;
    rollBack();
    HeapShare heap = services.database().heap().share();
    PgOutputDecoder plain = new PgOutputDecoder(router, encoding, heap, placement.counts.read());
    return new FeedDecoder(
        plain, heap, journal, router, placement.spools.delivered(), end -> window.passes(end));
  }

  /** What was begun comes again, or never. */
  void rollBack() {
    journal.connectionEnded();
    router.rollBack();
    wakeWriters.run();
  }

  @Override
  public void startAt(Lsn position) {
    start = position;
    placement.startAt(position);
    window = new FeedWindow(definition, position, System.nanoTime());
  }

  @Override
  public void open(ServerIdentity server) {
    FeedPosition.Stamp stamp = stamp(server);
    router.stamp(stamp);
    placement.entrance.open(stamp, server.ancestors()); // last: from now on they are placed
  }

  static FeedPosition.Stamp stamp(ServerIdentity server) {
    return FeedPosition.Stamp.of(server.systemId(), server.database(), server.timeline());
  }

  @Override
  public void endAll(CloseReason reason, String detail) {
    placement.entrance.close();
    ends.endAll(reason, detail);
  }

  @Override
  public void movedTo(Lsn position) {
    journal.movedTo(position);
    router.movedTo(position);
  }

  @Override
  public void publish(boolean isAll) {
    advance();
    placement.entrance.placeAhead(isAll ? newest() : FAR);
  }

  /** Moves the window, and lets subscribers read what has come. */
  void advance() {
    long now = System.nanoTime();
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
  }

  /** What can be sent again begins after this. */
  Lsn oldest() {
    return journal.covers(start) ? start : newest();
  }

  /** The window's start: up to here nobody needs PostgreSQL any more. */
  Lsn start() {
    return start;
  }

  Lsn newest() {
    return router.head();
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
