package org.pgdeltastream.snapshot;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import org.pgdeltastream.change.Problem;
import org.pgdeltastream.change.ProblemException;
import org.pgdeltastream.filter.Condition;
import org.pgdeltastream.filter.catalog.FilterColumns;
import org.pgdeltastream.filter.catalog.FilterReader;
import org.pgdeltastream.snapshot.table.RewriteCheck;
import org.pgdeltastream.snapshot.table.SnapshotTable;
import org.pgdeltastream.snapshot.table.TableReference;

/** A table's rows that a client's conditions select, decided as a feed's filters are. */
final class SelectedRows {
  private SelectedRows() {}

  /**
   * The table with these rows.
   *
   * @throws ProblemException BAD_REQUEST or COLUMN_NOT_FOUND; then the transaction cannot go on
   */
  static SnapshotTable of(
      Connection connection, TableReference reference, SnapshotTable table, List<String> rows)
      throws SQLException {
    if (rows.isEmpty()) {
      return table;
    }
    Condition condition = parsed(rows);
    FilterColumns columns = FilterColumns.read(connection, table.name());
    for (Condition.Comparison one : condition.comparisons().toList()) {
      String column = table.exactly(one.column()).name();
      if (!columns.byName().containsKey(column)) { // its type was dropped, and it too
        throw RewriteCheck.rewritten(reference);
      }
    }
    return table.where(new FilterReader(connection, table.name(), columns).filter(condition));
  }

  private static Condition parsed(List<String> rows) {
    try {
      return Condition.parse(rows);
    } catch (IllegalArgumentException e) {
      throw new ProblemException(
          Problem.BAD_REQUEST,
          "rows cannot be read: " + e.getMessage(),
          "Write it like status=eq.open or and(status.eq.open,total.gt.100), see filters.md",
          e);
    }
  }
}
