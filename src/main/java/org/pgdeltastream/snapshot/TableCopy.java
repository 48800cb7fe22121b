package org.pgdeltastream.snapshot;

import java.sql.Connection;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;
import org.pgdeltastream.change.HeapBudget;
import org.pgdeltastream.change.HeapShare;
import org.pgdeltastream.change.Problem;
import org.pgdeltastream.change.ProblemException;
import org.postgresql.PGConnection;
import org.postgresql.copy.CopyOut;

/**
 * A running COPY. The driver makes an array for each row; large ones count, the last and the one
 * before, which its reader may still hold. Closing it early leaves the connection ready for the
 * next command, which the driver's own {@code cancelCopy} does not do if PostgreSQL had sent
 * everything already.
 */
final class TableCopy implements AutoCloseable {
  private static final int CANCEL_MILLIS = 10_000;

  private final Connection pooled;
  private final PGConnection connection;
  private final CopyOut copy;
  private final HeapShare heap;
  private int last;
  private boolean counted;

  TableCopy(Connection pooled, String sql, HeapBudget budget) throws SQLException {
    this.pooled = pooled;
    heap = budget.share();
    connection = pooled.unwrap(PGConnection.class);
    try {
      copy = connection.getCopyAPI().copyOut(sql);
    } catch (SQLException e) {
      if (SnapshotFailure.isLost(e)) {
        pooled.abort(Runnable::run); // the driver itself does not: a rollback would wait, too
      }
      throw e;
    }
  }

  /** The next row with its line end; null at the end. */
  byte @Nullable [] next() throws SQLException {
    byte[] row = read();
    int length = row == null ? 0 : row.length;
    long both = (long) last + length;
    if (counted || both >= HeapBudget.STEP) {
      heap.holdAnyway(both);
      counted = both >= HeapBudget.STEP;
    }
    last = length;
    return row;
  }

  /** Reads a row, whose length is not known beforehand. */
  private byte @Nullable [] read() throws SQLException {
    try {
      return copy.readFromCopy();
    } catch (OutOfMemoryError e) {
      pooled.abort(Runnable::run); // the driver has read half of the row
      throw new ProblemException(
          Problem.UPSTREAM_BUSY,
          "This server has no memory left for a row of the table",
          "Try again in a moment, or leave its large columns out (columns); or raise -Xmx",
          e);
    }
  }

  @Override
  public void close() throws SQLException {
    try {
      end();
    } finally {
      heap.close();
    }
  }

  private void end() throws SQLException {
    if (!copy.isActive() || pooled.isClosed()) {
      return;
    }
    try {
      pooled.setNetworkTimeout(Runnable::run, CANCEL_MILLIS);
      connection.cancelQuery();
      while (copy.readFromCopy() != null) {
        // rows that were on their way at the cancel
      }
    } catch (SQLException e) {
      if (!SnapshotFailure.isCancelled(e)) {
        pooled.abort(Runnable::run); // else a rollback would wait for the end of the copy
        throw e;
      }
    }
  }
}
