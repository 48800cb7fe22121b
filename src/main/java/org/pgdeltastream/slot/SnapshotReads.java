package org.pgdeltastream.slot;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import org.pgdeltastream.change.PageRequest;
import org.pgdeltastream.change.Problem;
import org.pgdeltastream.change.ProblemException;
import org.pgdeltastream.change.SlotName;
import org.pgdeltastream.change.TableRequest;
import org.pgdeltastream.change.TableSummary;
import org.pgdeltastream.encoder.rows.RowArrayEncoder;
import org.pgdeltastream.slot.database.Database;
import org.pgdeltastream.slot.database.Problems;
import org.pgdeltastream.slot.database.Settings;
import org.pgdeltastream.slot.lease.PageBytes;
import org.pgdeltastream.slot.lease.ReadCounts;
import org.pgdeltastream.slot.lease.SnapshotPage;
import org.pgdeltastream.slot.lease.SnapshotUse;
import org.pgdeltastream.slot.lease.TableDelivery;
import org.pgdeltastream.slot.lease.TableFormat;
import org.pgdeltastream.slot.lease.TableReceiver;
import org.pgdeltastream.slot.stream.Slot;
import org.pgdeltastream.slot.stream.Slots;

/** Reads pages and tables under a slot's snapshot, or, if none is named, the newest open one's. */
public final class SnapshotReads {
  private final Database database;
  private final Settings settings;
  private final Slots slots;
  private final SlotReports reports;
  private final Semaphore tableReaders;
  private final ReadCounts counts = new ReadCounts();

  SnapshotReads(Database database, Settings settings, Slots slots, SlotReports reports) {
    this.database = database;
    this.settings = settings;
    this.slots = slots;
    this.reports = reports;
    this.tableReaders = new Semaphore(settings.tableReaders());
  }

  ReadCounts counts() {
    return counts;
  }

  /** How many whole tables are read now. */
  int running() {
    return settings.tableReaders() - tableReaders.availablePermits();
  }

  /** Reads a page, which the caller closes. */
  public SnapshotPage readPage(Optional<SlotName> name, PageRequest page) {
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
      counts.page(json.size());
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
  public void readTable(
      Optional<SlotName> name, TableRequest request, TableFormat format, TableReceiver receiver)
      throws IOException {
    Slot slot = withSnapshot(name);
    if (!tableReaders.tryAcquire()) { // the other connections are for pages
      throw tooManyReaders();
    }
    try (SnapshotUse use = use(slot)) {
      TableDelivery delivery = new TableDelivery(database.snapshots(), use, request, receiver);
      try {
        delivery.run(format);
      } finally {
        counts.table(delivery.bytes());
      }
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

  public List<TableSummary> tables(Optional<SlotName> name) {
    try (SnapshotUse use = use(withSnapshot(name))) {
      return database.snapshots().tables(use.snapshotName(), use.lease().tables());
    } catch (SQLException e) {
      throw Problems.of(e);
    }
  }

  /** Closes the snapshot; the slot stays and streams. */
  public void closeSnapshot(SlotName name) {
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

  private Slot existing(SlotName name) {
    Optional<Slot> known = slots.find(name).filter(Slot::hasSnapshot);
    if (known.isPresent()) {
      return known.get();
    }
    reports.of(name);
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
