package org.pgdeltastream.slot;

import static java.lang.System.Logger.Level.WARNING;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.pgdeltastream.change.PageRequest;
import org.pgdeltastream.change.Problem;
import org.pgdeltastream.change.ProblemException;
import org.pgdeltastream.change.SlotName;
import org.pgdeltastream.change.TableRequest;
import org.pgdeltastream.change.TableSummary;
import org.pgdeltastream.delivery.CloseReason;
import org.pgdeltastream.delivery.Subscriber;
import org.pgdeltastream.encoder.rows.RowArrayEncoder;
import org.pgdeltastream.replication.wal.CatchUps;
import org.pgdeltastream.replication.wal.SlotRow;
import org.pgdeltastream.slot.database.Database;
import org.pgdeltastream.slot.database.Problems;
import org.pgdeltastream.slot.database.Settings;
import org.pgdeltastream.slot.database.StartCheck;
import org.pgdeltastream.slot.lease.PageBytes;
import org.pgdeltastream.slot.lease.SnapshotPage;
import org.pgdeltastream.slot.lease.SnapshotUse;
import org.pgdeltastream.slot.lease.TableDelivery;
import org.pgdeltastream.slot.lease.TableFormat;
import org.pgdeltastream.slot.lease.TableReceiver;
import org.pgdeltastream.slot.stream.Slot;
import org.pgdeltastream.slot.stream.SlotReport;
import org.pgdeltastream.slot.stream.SlotStream;
import org.pgdeltastream.slot.stream.Slots;
import org.pgdeltastream.slot.stream.StreamOptions;
import org.pgdeltastream.slot.upstream.KnownSlot;
import org.pgdeltastream.slot.upstream.OwnPublications;
import org.pgdeltastream.slot.upstream.StreamServices;

/** What can be asked of slots: make, read under the snapshot, stream, show, drop. */
final class SlotRegistry {
  private static final System.Logger LOG = System.getLogger(SlotRegistry.class.getName());
  private static final Duration STREAM_END = Duration.ofSeconds(5);
  private static final Duration CLIENTS_CLOSE = Duration.ofSeconds(4);
  private static final Duration LAST_REPORTS = Duration.ofSeconds(2);
  private static final Duration CLOSE_COMES = Duration.ofSeconds(1);
  private static final int DROP_TRIES = 20;
  private static final long DROP_PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

  private final Database database;
  private final Settings settings;
  private final Slots slots = new Slots();
  private final OwnPublications ownPublications;
  private final SlotCreator creator;
  private final StreamServices services;
  private final Executor readers;
  private final Reporter reporter;
  private final Semaphore tableReaders;

  SlotRegistry(Database database, Settings settings, Executor readers) {
    this.database = database;
    this.settings = settings;
    ownPublications = new OwnPublications(database, slots::known);
    creator = new SlotCreator(database, settings, slots, ownPublications);
    services =
        new StreamServices(
            database, settings, ownPublications, new CatchUps(readers), new AtomicBoolean());
    this.readers = readers;
    tableReaders = new Semaphore(settings.tableReaders());
    reporter = new Reporter(database, slots, ownPublications);
  }

  /** A look at PostgreSQL that tells the log what is missing. */
  Runnable startCheck() {
    return new StartCheck(database.connector());
  }

  void checkDatabase() {
    database.check();
  }

  /** Throws ProblemException where as many clients are streamed to as are allowed. */
  void checkRoom() {
    if (slots.streams().size() >= settings.streams()) {
      throw SlotStream.tooMany(
          settings, new RejectedExecutionException("the configured number is reached"));
    }
  }

  NewSlot create(InitRequest request) {
    return creator.create(request);
  }

  /** Reads a page, which the caller closes. */
  SnapshotPage readPage(Optional<SlotName> name, PageRequest page) {
    Slot slot = withSnapshot(name);
    PageBytes json = new PageBytes(settings.snapshotPageBytes(), database.heap().share());
    boolean whole = false;
    try (SnapshotUse use = use(slot)) {
      Optional<String> next =
          database
              .snapshots()
              .readPage(
                  use.snapshotName(),
                  use.lease().tables(),
                  page,
                  new RowArrayEncoder(json, page.numbers()));
      whole = true;
      return new SnapshotPage(slot.name(), json, next);
    } catch (SQLException e) {
      throw Problems.of(e);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } finally {
      if (!whole) {
        json.close();
      }
    }
  }

  /** Returns at the table's end; the snapshot's lease does not run out meanwhile. */
  void readTable(
      Optional<SlotName> name, TableRequest request, TableFormat format, TableReceiver receiver)
      throws IOException {
    Slot slot = withSnapshot(name);
    if (!tableReaders.tryAcquire()) { // the other connections are for pages
      throw tooManyReaders();
    }
    try (SnapshotUse use = use(slot)) {
      new TableDelivery(database.snapshots(), use, request, receiver).run(format);
    } catch (SQLException e) {
      throw Problems.of(e);
    } finally {
      tableReaders.release();
    }
  }

  private ProblemException tooManyReaders() {
    return new ProblemException(
        Problem.UPSTREAM_BUSY,
        "This server sends whole tables to " + settings.tableReaders() + " clients already",
        "Try again when one has ended; or raise pgdelta.table-readers, and with it the pool of"
            + " jdbc/pgdelta");
  }

  List<TableSummary> tables(Optional<SlotName> name) {
    try (SnapshotUse use = use(withSnapshot(name))) {
      return database.snapshots().tables(use.snapshotName(), use.lease().tables());
    } catch (SQLException e) {
      throw Problems.of(e);
    }
  }

  /** Closes the snapshot; the slot stays and streams. */
  void closeSnapshot(SlotName name) {
    Slot slot = existing(name);
    if (!slot.closeSnapshot()) {
      throw expired(name);
    }
  }

  private Slot withSnapshot(Optional<SlotName> name) {
    return name.map(this::existing).orElseGet(this::newestWithSnapshot);
  }

  private SnapshotUse use(Slot slot) {
    return slot.useSnapshot(Instant.now()).orElseThrow(() -> expired(slot.name()));
  }

  /** Streams on a reader's thread. */
  SlotStream stream(StreamOptions options, Subscriber subscriber) {
    SlotStream stream = newStream(options, subscriber);
    stream.start();
    return stream;
  }

  /** A stream that is yet to start; what is wrong with the slot is told by closing the client. */
  SlotStream newStream(StreamOptions options, Subscriber subscriber) {
    checkRoom();
    return new SlotStream(slots, options, subscriber, services, readers);
  }

  List<SlotReport> statuses() {
    try {
      List<Slot> known = slots.all(); // before PostgreSQL is asked: not those that come meanwhile
      List<SlotRow> all = database.slots().list();
      slots.forgetGone(known, all.stream().map(SlotRow::name).toList());
      List<SlotRow> rows =
          all.stream()
              .filter(row -> row.logical() && row.ofThisDatabase())
              .filter(row -> settings.matches(row.name()))
              .toList();
      Map<Integer, Long> xidsHeld = rows.isEmpty() ? Map.of() : database.slots().xidsHeld();
      List<SlotReport> statuses = new ArrayList<>();
      for (SlotRow row : rows) {
        statuses.add(status(row, xidsHeld));
      }
      return statuses;
    } catch (SQLException e) {
      throw Problems.of(e);
    }
  }

  SlotReport status(SlotName name) {
    return statuses().stream()
        .filter(status -> status.name().equals(name))
        .findFirst()
        .orElseThrow(() -> noSlot(name));
  }

  void drop(SlotName name, boolean force) {
    status(name); // of others' slots nothing is known here, and none is dropped
    Optional<SlotStream> stream = slots.find(name).flatMap(Slot::stream);
    if (stream.isPresent()) {
      if (!force) {
        awaitLeft(name, stream.get());
      } else {
        stream.get().end(CloseReason.SLOT_NOT_FOUND, "slot " + name + " was dropped");
        stream.get().awaitEnd(STREAM_END);
      }
    }
    try {
      dropInPostgres(name);
    } catch (SQLException e) {
      throw Problems.of(e);
    }
    slots.find(name).ifPresent(Slot::closeSnapshot);
    slots.forget(name);
    ownPublications.tidy();
  }

  /** Of how many slots something is known here. */
  int known() {
    return slots.all().size();
  }

  /** What is to be called again and again. */
  Reporter reporter() {
    return reporter;
  }

  /**
   * Tells all clients at once, since servers that stop cut them off in a moment; then waits once
   * for all, however many: for their answers and for the readers' last reports.
   */
  void close() {
    services.stopping().set(true); // before the look: who waits for a slot is told by itself
    List<SlotStream> streams = slots.streams();
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
    database.watch().close();
    database.connector().control().close();
  }

  /** Where that fails its reader tells it; the others must hear it all the same. */
  private static void askToLeave(SlotStream stream) {
    try {
      stream.closeClientUnlessSending();
    } catch (Throwable e) {
      LOG.log(WARNING, "The client of " + stream + " could not be told at once", e);
    }
  }

  private static Duration until(long deadline) {
    return Duration.ofNanos(Math.max(0, deadline - System.nanoTime()));
  }

  /** A client that has just closed may be ahead of its own close, on another connection. */
  private static void awaitLeft(SlotName name, SlotStream stream) {
    boolean left =
        stream.awaitEnd(CLOSE_COMES)
            || (stream.isEnding() && stream.awaitEnd(STREAM_END.minus(CLOSE_COMES)));
    if (!left) {
      throw new ProblemException(
          Problem.SLOT_BUSY,
          "Slot " + name + " is being streamed",
          "Close its client first, or pass force=true");
    }
  }

  private void dropInPostgres(SlotName name) throws SQLException {
    for (int attempt = 1; ; attempt++) {
      try {
        database.slots().drop(name);
        return;
      } catch (SQLException e) {
        if (!Problems.has(e, "55006") || attempt == DROP_TRIES) {
          throw e;
        }
        LockSupport.parkNanos(DROP_PAUSE_NANOS); // a walsender that ends frees it in a moment
      }
    }
  }

  private Slot existing(SlotName name) {
    Optional<Slot> known = slots.find(name).filter(Slot::hasSnapshot);
    if (known.isPresent()) {
      return known.get();
    }
    status(name);
    throw slots.find(name).filter(Slot::madeHere).isPresent() ? expired(name) : elsewhere(name);
  }

  private Slot newestWithSnapshot() {
    return slots
        .newestWithSnapshot(Instant.now())
        .orElseThrow(
            () ->
                new ProblemException(
                    Problem.SNAPSHOT_EXPIRED,
                    "No slot made by this server has an open snapshot",
                    "Make a slot first: GET /v1/init"));
  }

  private SlotReport status(SlotRow row, Map<Integer, Long> xidsHeld) {
    SlotName name = new SlotName(row.name());
    Optional<Slot> slot = slots.find(name);
    Optional<SlotReport.OpenSnapshot> snapshot =
        slot.flatMap(Slot::held)
            .map(
                held ->
                    new SlotReport.OpenSnapshot(
                        held.expires(), xidsHeld.getOrDefault(held.pid(), 0L)));
    return new SlotReport(
        name,
        row.plugin(),
        slot.map(Slot::known).map(KnownSlot::publications).orElse(List.of()),
        row.active(),
        slot.flatMap(Slot::stream).filter(one -> !one.isEnding()).map(SlotStream::client),
        row.restartLsn(),
        row.confirmedFlush(),
        row.lagBytes(),
        row.walStatus(),
        snapshot,
        slot.flatMap(Slot::lastClose),
        slot.map(Slot::acksIgnored).orElse(0L),
        slot.map(Slot::known).map(KnownSlot::warnings).orElse(List.of()));
  }

  private static ProblemException noSlot(SlotName name) {
    return new ProblemException(
        Problem.SLOT_NOT_FOUND, "There is no slot " + name, "Make one: GET /v1/init");
  }

  private static ProblemException expired(SlotName name) {
    return new ProblemException(
        Problem.SNAPSHOT_EXPIRED,
        "The snapshot of slot " + name + " is closed",
        "Make a new slot (GET /v1/init) and read its snapshot; the old slot still streams");
  }

  private ProblemException elsewhere(SlotName name) {
    try {
      return database
          .slots()
          .snapshotHolder(name)
          .map(holder -> heldBy(holder, name))
          .orElseGet(() -> expired(name));
    } catch (SQLException e) {
      throw Problems.of(e);
    }
  }

  private static ProblemException heldBy(String holder, SlotName name) {
    return new ProblemException(
        Problem.SNAPSHOT_EXPIRED,
        "The snapshot of slot " + name + " is held by the server that made the slot: " + holder,
        "Ask that server; or make a new slot here (GET /v1/init) and read its snapshot");
  }
}
