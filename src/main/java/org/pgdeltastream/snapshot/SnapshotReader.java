package org.pgdeltastream.snapshot;

import java.io.IOException;
import java.io.OutputStream;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import org.pgdeltastream.change.HeapBudget;
import org.pgdeltastream.change.PageRequest;
import org.pgdeltastream.change.ProblemException;
import org.pgdeltastream.change.RowListener;
import org.pgdeltastream.change.TableRequest;
import org.pgdeltastream.change.TableSummary;
import org.pgdeltastream.snapshot.table.Cursors;
import org.pgdeltastream.snapshot.table.KnownTables;
import org.pgdeltastream.snapshot.table.TableList;
import org.pgdeltastream.snapshot.table.TableReference;

/**
 * Reads tables and pages of them under exported snapshots, each in a transaction of its own on a
 * connection of the pool. For any number of threads.
 */
public final class SnapshotReader {
  private static final Pattern SNAPSHOT_NAME = Pattern.compile("[0-9A-F-]+");

  private static final Duration NO_LIMIT = Duration.ZERO; // as statement_timeout has it

  private final Connections database;
  private final Duration statementTimeout;
  private final Duration tableLimit;
  private final HeapBudget heap;
  private final Cursors cursors;

  /**
   * Keeps the pool; opens nothing yet.
   *
   * @param statementTimeout how long PostgreSQL may work at one page
   */
  public SnapshotReader(Connections database, Duration statementTimeout) {
    this(database, statementTimeout, HeapBudget.unlimited());
  }

  /**
   * The same with a limit.
   *
   * @param heap for large rows
   */
  public SnapshotReader(Connections database, Duration statementTimeout, HeapBudget heap) {
    this(database, statementTimeout, NO_LIMIT, heap, new Cursors());
  }

  private SnapshotReader(
      Connections database,
      Duration statementTimeout,
      Duration tableLimit,
      HeapBudget heap,
      Cursors cursors) {
    this.database = database;
    this.statementTimeout = statementTimeout;
    this.tableLimit = tableLimit;
    this.heap = heap;
    this.cursors = cursors;
  }

  /** The same, but PostgreSQL may not work longer than this at a whole table. */
  public SnapshotReader within(Duration limit) {
    return new SnapshotReader(database, statementTimeout, limit, heap, cursors);
  }

  /**
   * Reads one page. The rows count only when this returns: only then is it known that the table
   * still had them.
   *
   * @param snapshotName as {@code pg_export_snapshot} gave it
   * @param tables those of this snapshot that were read before
   * @return the cursor behind the page's last row; empty at the end, or without a key's order
   * @throws ProblemException if the request cannot be met
   * @throws IOException if the listener threw it
   */
  public Optional<String> readPage(
      String snapshotName, KnownTables tables, PageRequest request, RowListener rows)
      throws SQLException, IOException {
    TableReference reference = TableReference.of(request.table(), request.schema());
    Page page = new Page(checked(snapshotName), tables, reference, request, rows);
    try {
      return readPage(page);
    } catch (PageRead.RefusedException e) {
      tables.forget(reference);
    } catch (SQLException e) {
      throw SnapshotFailure.translated(e, reference);
    }
    try {
      return readPage(page);
    } catch (SQLException e) {
      throw SnapshotFailure.translated(e, reference);
    }
  }

  private record Page(
      String snapshotName,
      KnownTables tables,
      TableReference reference,
      PageRequest request,
      RowListener rows) {}

  private Optional<String> readPage(Page page) throws SQLException, IOException {
    try (var transaction =
        SnapshotTransaction.begin(database, page.snapshotName(), statementTimeout)) {
      return new PageRead(
              transaction.connection(), cursors, page.snapshotName(), page.tables(), heap)
          .read(page.reference(), page.request(), page.rows());
    }
  }

  /**
   * Reads a table, or a part of it, from end to end, however long it takes if no limit is set. The
   * rows count only when this returns.
   *
   * @throws ProblemException if the request cannot be met, also after rows were read
   * @throws IOException if the listener threw it; PostgreSQL has ended the query then
   */
  public void readTable(
      String snapshotName, KnownTables tables, TableRequest request, RowListener rows)
      throws SQLException, IOException {
    read(snapshotName, tables, request, table -> table.rows(rows));
  }

  /** The same as PostgreSQL's own CSV with a header line. */
  public void copyTable(
      String snapshotName, KnownTables tables, TableRequest request, OutputStream csv)
      throws SQLException, IOException {
    read(snapshotName, tables, request, table -> table.csv(csv));
  }

  @FunctionalInterface
  private interface Way {
    void take(TableRead table) throws SQLException, IOException;
  }

  private void read(String snapshotName, KnownTables tables, TableRequest request, Way way)
      throws SQLException, IOException {
    TableReference reference = TableReference.of(request.table(), request.schema());
    try (var transaction = SnapshotTransaction.begin(database, checked(snapshotName), tableLimit)) {
      way.take(TableRead.of(transaction.connection(), tables, reference, request, heap));
    } catch (SQLException e) {
      throw SnapshotFailure.translated(e, reference);
    }
  }

  /** The tables that can be read under the snapshot, by name. */
  public List<TableSummary> tables(String snapshotName, KnownTables tables) throws SQLException {
    try (var transaction =
        SnapshotTransaction.begin(database, checked(snapshotName), statementTimeout)) {
      return TableList.read(transaction.connection(), tables.publications());
    } catch (SQLException e) {
      throw SnapshotFailure.translated(e);
    }
  }

  /**
   * Where a slot's snapshot and its stream will differ, by what can be read now.
   *
   * @param publications of the slot; none: it sends every table
   */
  public List<String> warnings(List<String> publications) throws SQLException {
    try (var transaction = SnapshotTransaction.begin(database, statementTimeout)) {
      return SnapshotWarnings.read(transaction.connection(), publications);
    }
  }

  /** Begins to read tables of publications as they are now, each of them within this time. */
  public ViewRead view(Duration limit) throws SQLException {
    return ViewRead.begin(database, limit, heap);
  }

  private static String checked(String snapshotName) {
    if (!SNAPSHOT_NAME.matcher(snapshotName).matches()) {
      throw new IllegalArgumentException("Not a snapshot's name");
    }
    return snapshotName;
  }
}
