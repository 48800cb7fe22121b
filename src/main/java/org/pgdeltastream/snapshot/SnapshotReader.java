package org.pgdeltastream.snapshot;

import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.regex.Pattern;
import javax.sql.DataSource;
import org.pgdeltastream.change.PageRequest;
import org.pgdeltastream.change.ProblemException;
import org.pgdeltastream.change.RowListener;
import org.pgdeltastream.snapshot.SnapshotTable.Attribute;

/**
 * Reads pages of tables under exported snapshots, each in a short transaction on a connection of
 * the pool. For any number of threads.
 */
public final class SnapshotReader {
  private static final Pattern SNAPSHOT_NAME = Pattern.compile("[0-9A-F-]+");

  private final DataSource database;
  private final Duration statementTimeout;

  /**
   * Keeps the pool; opens nothing yet.
   *
   * @param statementTimeout how long PostgreSQL may work at one page
   */
  public SnapshotReader(DataSource database, Duration statementTimeout) {
    this.database = database;
    this.statementTimeout = statementTimeout;
  }

  /**
   * Reads one page. The rows count only when this returns: only then it is known that the table
   * still held them.
   *
   * @param snapshotName as {@code pg_export_snapshot} gave it
   * @throws ProblemException if the request cannot be met
   * @throws IOException if the listener threw it
   */
  public void readPage(String snapshotName, PageRequest request, RowListener rows)
      throws SQLException, IOException {
    if (!SNAPSHOT_NAME.matcher(snapshotName).matches()) {
      throw new IllegalArgumentException("Not a snapshot's name");
    }
    TableReference reference = TableReference.of(request);
    try (var transaction = SnapshotTransaction.begin(database, snapshotName, statementTimeout)) {
      read(transaction.connection(), reference, request, rows);
    } catch (SQLException e) {
      throw SnapshotFailure.translated(e, reference);
    }
  }

  private static void read(
      Connection connection, TableReference reference, PageRequest request, RowListener rows)
      throws SQLException, IOException {
    SnapshotTable table = new CatalogReader(connection).table(reference);
    List<Attribute> columns = table.selected(request);
    String sql = table.query(request).sql();
    rows.columns(columns.stream().map(Attribute::column).toList());
    copy(connection, sql, columns.size(), rows);
    new RewriteCheck(connection).check(reference, table, columns);
    rows.end();
  }

  private static void copy(Connection connection, String sql, int columns, RowListener rows)
      throws SQLException, IOException {
    CopyTextParser parser = new CopyTextParser(columns);
    try (TableCopy copy = new TableCopy(connection, sql)) {
      for (byte[] row = copy.next(); row != null; row = copy.next()) {
        rows.row(parser.parse(row));
      }
    }
  }
}
