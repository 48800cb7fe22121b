package org.pgdeltastream.snapshot;

import java.io.IOException;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Optional;
import java.util.regex.Pattern;
import javax.sql.DataSource;
import org.pgdeltastream.change.PageRequest;
import org.pgdeltastream.change.ProblemException;
import org.pgdeltastream.change.RowListener;

/**
 * Reads pages of tables under exported snapshots, each in a short transaction on a connection of
 * the pool. For any number of threads.
 */
public final class SnapshotReader {
  private static final Pattern SNAPSHOT_NAME = Pattern.compile("[0-9A-F-]+");

  private final DataSource database;
  private final Duration statementTimeout;
  private final Cursors cursors = new Cursors();

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
   * @return the cursor behind the page's last row; empty at the end, or without a key's order
   * @throws ProblemException if the request cannot be met
   * @throws IOException if the listener threw it
   */
  public Optional<String> readPage(String snapshotName, PageRequest request, RowListener rows)
      throws SQLException, IOException {
    TableReference reference = TableReference.of(request.table(), request.schema());
    try (var transaction =
        SnapshotTransaction.begin(database, checked(snapshotName), statementTimeout)) {
      return new PageRead(transaction.connection(), cursors, snapshotName)
          .read(reference, request, rows);
    } catch (SQLException e) {
      throw SnapshotFailure.translated(e, reference);
    }
  }

  private static String checked(String snapshotName) {
    if (!SNAPSHOT_NAME.matcher(snapshotName).matches()) {
      throw new IllegalArgumentException("Not a snapshot's name");
    }
    return snapshotName;
  }
}
