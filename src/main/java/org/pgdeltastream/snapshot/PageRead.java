package org.pgdeltastream.snapshot;

import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import org.pgdeltastream.change.PageRequest;
import org.pgdeltastream.change.RowListener;
import org.pgdeltastream.snapshot.SnapshotTable.Attribute;

/** The reading of one page, inside its transaction, on its thread. */
record PageRead(Connection connection, Cursors cursors, String snapshotName) {
  /** Answers the cursor behind the page's last row. */
  Optional<String> read(TableReference reference, PageRequest request, RowListener rows)
      throws SQLException, IOException {
    SnapshotTable table = new CatalogReader(connection).table(reference);
    List<Attribute> columns = table.selected(request.columns());
    Optional<Place> after =
        request.after().map(cursor -> cursors.read(cursor, snapshotName, table));
    PageQuery query = table.query(request, after);
    rows.columns(columns.stream().map(Attribute::column).toList());
    Optional<Place> next =
        query.keyset().isPresent()
            ? copy(query, query.keyset().get(), columns.size(), rows)
            : copy(query, columns.size(), rows);
    new RewriteCheck(connection).check(reference, table, columns);
    rows.end();
    return next.map(place -> cursors.write(place, snapshotName, table));
  }

  private Optional<Place> copy(PageQuery query, int width, RowListener rows)
      throws SQLException, IOException {
    CopyTextParser parser = new CopyTextParser(width);
    try (TableCopy copy = new TableCopy(connection, query.sql())) {
      for (byte[] row = copy.next(); row != null; row = copy.next()) {
        rows.row(parser.parse(row));
      }
    }
    return Optional.empty();
  }

  private Optional<Place> copy(PageQuery query, Keyset keyset, int width, RowListener rows)
      throws SQLException, IOException {
    CopyTextParser parser = new CopyTextParser(width + keyset.marks().size());
    PageRows page = new PageRows(rows, width, query.limit());
    try (TableCopy copy = new TableCopy(connection, query.sql())) {
      for (byte[] row = copy.next(); row != null; row = copy.next()) {
        page.row(parser.parse(row));
      }
    }
    if (!page.hasMore()) {
      return Optional.empty();
    }
    List<String> marks = page.lastMarks();
    return marks.isEmpty() ? keyset.after() : keyset.place(marks);
  }
}
