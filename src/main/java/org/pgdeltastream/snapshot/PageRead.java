package org.pgdeltastream.snapshot;

import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import org.pgdeltastream.change.HeapBudget;
import org.pgdeltastream.change.PageRequest;
import org.pgdeltastream.change.RowListener;
import org.pgdeltastream.snapshot.table.CatalogReader;
import org.pgdeltastream.snapshot.table.Cursors;
import org.pgdeltastream.snapshot.table.Keyset;
import org.pgdeltastream.snapshot.table.KnownTables;
import org.pgdeltastream.snapshot.table.PageQuery;
import org.pgdeltastream.snapshot.table.PageStart;
import org.pgdeltastream.snapshot.table.RewriteCheck;
import org.pgdeltastream.snapshot.table.SnapshotTable;
import org.pgdeltastream.snapshot.table.SnapshotTable.Attribute;
import org.pgdeltastream.snapshot.table.TableReference;

/** The reading of one page, inside its transaction, on its thread. */
record PageRead(
    Connection connection,
    Cursors cursors,
    String snapshotName,
    KnownTables tables,
    HeapBudget heap) {
  /** PostgreSQL refused to read a table that was known; nothing was passed on. */
  static final class RefusedException extends SQLException {
    private static final long serialVersionUID = 1L;

    RefusedException(SQLException cause) {
      super(cause.getMessage(), cause.getSQLState(), cause);
    }
  }

  /** Returns the cursor behind the page's last row. */
  Optional<String> read(TableReference reference, PageRequest request, RowListener rows)
      throws SQLException, IOException {
    Optional<SnapshotTable> known = tables.find(reference);
    SnapshotTable whole =
        known.isPresent()
            ? known.get()
            : new CatalogReader(connection, tables.publications()).table(reference);
    SnapshotTable table = SelectedRows.of(connection, reference, whole, request.rows());
    List<Attribute> columns = table.selected(request.columns());
    Optional<PageStart> after =
        request.after().map(cursor -> cursors.read(cursor, snapshotName, table));
    PageQuery query = table.query(request, after);
    Optional<PageStart> next;
    try (TableCopy copy = copy(query, known.isPresent())) {
      rows.columns(columns.stream().map(Attribute::column).toList());
      next =
          query.keyset().isPresent()
              ? read(copy, query, query.keyset().get(), columns.size(), rows)
              : read(copy, columns.size(), rows);
    }
    new RewriteCheck(connection).check(reference, table, columns);
    tables.add(reference, whole);
    rows.end();
    return next.map(start -> cursors.write(start, snapshotName, table));
  }

  private TableCopy copy(PageQuery query, boolean known) throws SQLException {
    try {
      return new TableCopy(connection, query.sql(), heap);
    } catch (SQLException e) {
      throw known && SnapshotFailure.isRefusal(e) ? new RefusedException(e) : e;
    }
  }

  private static Optional<PageStart> read(TableCopy copy, int width, RowListener rows)
      throws SQLException, IOException {
    CopyTextParser parser = new CopyTextParser(width);
    for (byte[] row = copy.next(); row != null; row = copy.next()) {
      rows.row(parser.parse(row));
    }
    return Optional.empty();
  }

  private static Optional<PageStart> read(
      TableCopy copy, PageQuery query, Keyset keyset, int width, RowListener rows)
      throws SQLException, IOException {
    CopyTextParser parser = new CopyTextParser(width + keyset.marks().size());
    PageRows page = new PageRows(rows, width, query.limit());
    for (byte[] row = copy.next(); row != null; row = copy.next()) {
      page.row(parser.parse(row));
    }
    if (!page.hasMore()) {
      return Optional.empty();
    }
    List<String> marks = page.lastMarks();
    return marks.isEmpty() ? keyset.after() : keyset.pageStart(marks);
  }
}
