package org.pgdeltastream.snapshot;

import java.sql.Connection;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;
import org.postgresql.copy.CopyOut;

/**
 * A running COPY. Closing it early leaves the connection ready for the next command, which the
 * driver's own {@code cancelCopy} does not do if PostgreSQL had sent everything already.
 */
final class TableCopy implements AutoCloseable {
  private static final int CANCEL_MILLIS = 10_000;

  private final Connection pooled;
  private final PGConnection connection;
  private final CopyOut copy;

  TableCopy(Connection pooled, String sql) throws SQLException {
    this.pooled = pooled;
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
    return copy.readFromCopy();
  }

  @Override
  public void close() throws SQLException {
    if (!copy.isActive()) {
      return;
    }
    try {
      pooled.setNetworkTimeout(Runnable::run, CANCEL_MILLIS);
      connection.cancelQuery();
      while (copy.readFromCopy() != null) {
        // what was on its way when PostgreSQL heard of it
      }
    } catch (SQLException e) {
      if (!SnapshotFailure.isCancelled(e)) {
        pooled.abort(Runnable::run); // else a rollback would wait for the end of the copy
        throw e;
      }
    }
  }
}
