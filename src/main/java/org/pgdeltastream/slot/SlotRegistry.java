package org.pgdeltastream.slot;

import static java.lang.System.Logger.Level.WARNING;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.pgdeltastream.change.Problem;
import org.pgdeltastream.change.ProblemException;
import org.pgdeltastream.change.SlotName;
import org.pgdeltastream.delivery.CloseReason;
import org.pgdeltastream.delivery.Subscriber;
import org.pgdeltastream.replication.ServerStateReader;
import org.pgdeltastream.replication.wal.CatchUps;
import org.pgdeltastream.rights.Standing;
import org.pgdeltastream.slot.board.Board;
import org.pgdeltastream.slot.database.Database;
import org.pgdeltastream.slot.database.Settings;
import org.pgdeltastream.slot.database.StartCheck;
import org.pgdeltastream.slot.feed.Feeds;
import org.pgdeltastream.slot.guard.SlotGuard;
import org.pgdeltastream.slot.stream.Slot;
import org.pgdeltastream.slot.stream.SlotDrops;
import org.pgdeltastream.slot.stream.SlotStream;
import org.pgdeltastream.slot.stream.Slots;
import org.pgdeltastream.slot.stream.StreamOptions;
import org.pgdeltastream.slot.upstream.OwnPublications;
import org.pgdeltastream.slot.upstream.StreamServices;

/** What can be asked of slots: make, read under the snapshot, stream, show, drop. */
final class SlotRegistry {
  private static final System.Logger LOG = System.getLogger(SlotRegistry.class.getName());
  private static final Duration CLIENTS_CLOSE = Duration.ofSeconds(4);
  private static final int TAILS = 4;
  private static final Duration LAST_REPORTS = Duration.ofSeconds(2);

  private final Database database;
  private final Settings settings;
  private final Slots slots = new Slots();
  private final OwnPublications ownPublications;
  private final SlotCreator creator;
  private final StreamServices services;
  private final Executor readers;
  private final Reporter reporter;
  private final SlotReports reports;
  private final Operations operations;
  private final SnapshotReads snapshots;
  private final Feeds feeds;
  private final SlotDrops drops;
  private final SlotGuard guard;
  private final Heartbeats heartbeats;

  /** Nobody has rights of its own. */
  SlotRegistry(Database database, Settings settings, Executor readers) {
    this(database, settings, readers, Standing.NOBODY);
  }

  SlotRegistry(Database database, Settings settings, Executor readers, Standing standing) {
    this.database = database;
    this.settings = settings;
    ownPublications = new OwnPublications(database, slots::known);
    creator = new SlotCreator(database, settings, slots, ownPublications);
    services =
        new StreamServices(
            database, settings, ownPublications, new CatchUps(readers), new AtomicBoolean());
    this.readers = readers;
    drops = new SlotDrops(database, slots, ownPublications);
    feeds =
        new Feeds(
            new FeedSlots(database, creator, slots, drops::dropNow), services, readers, standing);
    reporter = new Reporter(database, slots, feeds::list, ownPublications);
    Board board = new Board(new ServerStateReader(database.connector()));
    guard = new SlotGuard(board, settings, slots, drops, database.connector(), readers);
    heartbeats =
        new Heartbeats(
            database.connector(),
            settings.ofOperators().heartbeat(),
            () -> !slots.streams().isEmpty() || !feeds.list().isEmpty(),
            readers);
    reports = new SlotReports(board, settings, slots, guard::of);
    snapshots = new SnapshotReads(database, settings, slots, reports);
    operations =
        new Operations(
            database, settings, slots, board, reports, snapshots, feeds, guard, heartbeats);
  }

  /** A check of PostgreSQL that logs what is missing. */
  Runnable startCheck() {
    StartCheck check = new StartCheck(database.connector());
    return () -> {
      check.run();
      feeds.start();
      readers.execute(operations.doctor()::log); // it may take long
    };
  }

  /** Regularly. */
  void checkSlots() {
    feeds.start();
    reporter.checkSlots();
  }

  /** Looks at PostgreSQL regularly, and guards its disk. */
  SlotGuard guard() {
    return guard;
  }

  /** Writes into PostgreSQL's WAL regularly, if that is asked for. */
  Heartbeats heartbeats() {
    return heartbeats;
  }

  void checkDatabase() {
    database.check();
  }

  /** Throws ProblemException if as many streams run as are allowed. */
  void checkStreamLimit() {
    if (slots.streams().size() >= settings.streams()) {
      throw services.tooMany(new RejectedExecutionException("the configured number is reached"));
    }
  }

  NewSlot create(InitRequest request) {
    return creator.create(request);
  }

  /** Slots as they are now. */
  SlotReports reports() {
    return reports;
  }

  Operations operations() {
    return operations;
  }

  /** Pages and tables under snapshots. */
  SnapshotReads snapshots() {
    return snapshots;
  }

  Feeds feeds() {
    return feeds;
  }

  /** Streams on a reader's thread. */
  SlotStream stream(StreamOptions options, Subscriber subscriber) {
    SlotStream stream = newStream(options, subscriber);
    stream.start();
    return stream;
  }

  /** A stream that is yet to start; closing the client reports what is wrong with the slot. */
  SlotStream newStream(StreamOptions options, Subscriber subscriber) {
    checkStreamLimit();
    refuseFeeds(options.slotName());
    if (options.temporary()) {
      checkTailLimit();
    }
    return new SlotStream(slots, options, subscriber, services, readers);
  }

  private void checkTailLimit() {
    long tails = slots.all().stream().filter(slot -> StreamOptions.isTail(slot.name())).count();
    if (tails >= TAILS) {
      throw new ProblemException(
          Problem.STREAMS_EXHAUSTED,
          "This server shows " + TAILS + " tails already, each with a slot of PostgreSQL",
          "Follow a feed, which takes any number of clients");
    }
  }

  void drop(SlotName name, boolean force) {
    refuseFeeds(name);
    reports.of(name); // refuses others' slots, which are never dropped
    drops.drop(name, force);
  }

  private void refuseFeeds(SlotName name) {
    if (feeds.reads(name)) {
      throw FeedSlots.readBy(name);
    }
  }

  /** How many slots this server knows something of. */
  int known() {
    return slots.all().size();
  }

  /** What is to be called again and again. */
  Reporter reporter() {
    return reporter;
  }

  /**
   * Closes all clients at once, since servers that stop soon cut them off; then waits once for all,
   * however many: for their answers and for the readers' last reports.
   */
  void close() {
    services.stopping().set(true); // first: streams that wait for a slot check it
    List<SlotStream> streams = slots.streams();
    feeds.stop();
    streams.forEach(stream -> stream.end(CloseReason.SERVICE_RESTART, SlotStream.STOPS));
    streams.forEach(SlotRegistry::askToLeave);
    slots.all().forEach(Slot::closeSnapshot);
    long deadline = System.nanoTime() + CLIENTS_CLOSE.toNanos();
    for (SlotStream stream : streams) {
      if (stream.awaitEnd(until(deadline))) {
        stream.awaitClosed(until(deadline));
      } else {
        stream.cutClient();
      }
    }
    long lastReports = System.nanoTime() + LAST_REPORTS.toNanos();
    streams.forEach(stream -> stream.awaitEnd(until(lastReports)));
    feeds.awaitEnd(until(lastReports));
    operations.doctor().close();
    database.watch().close();
    database.connector().control().close();
  }

  /** If that fails, its reader reports it; the others must still be asked. */
  private static void askToLeave(SlotStream stream) {
    try {
      stream.closeClientUnlessSending();
    } catch (Throwable e) {
      LOG.log(WARNING, "The client of " + stream + " could not be closed at once", e);
    }
  }

  private static Duration until(long deadline) {
    return Duration.ofNanos(Math.max(0, deadline - System.nanoTime()));
  }
}
