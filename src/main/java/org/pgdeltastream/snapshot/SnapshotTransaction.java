package org.pgdeltastream.snapshot;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import javax.sql.DataSource;
import org.pgdeltastream.change.Problem;
import org.pgdeltastream.change.ProblemException;

/**
 * A read-only transaction under an exported snapshot, on a pooled connection that goes back as it
 * came. Nothing it sets outlives it.
 */
final class SnapshotTransaction implements AutoCloseable {
  private static final String SETTINGS =
      """
      set local TimeZone = 'UTC';
      set local DateStyle = 'ISO';
      set local IntervalStyle = 'postgres';
      set local bytea_output = 'hex';
      set local extra_float_digits = 3;
      set local search_path = "$user", public;
      set local client_min_messages = 'error';
      set local lock_timeout = '30s';
      set local idle_in_transaction_session_timeout = 0;
      select pg_catalog.set_config(name, '0', true) from pg_catalog.pg_settings
        where name = 'transaction_timeout';
      set local statement_timeout =\s""";

  private final Connection connection;
  private final boolean autoCommit;

  private SnapshotTransaction(Connection connection) throws SQLException {
    this.connection = connection;
    autoCommit = connection.getAutoCommit();
  }

  /** The name is the server's own, checked by the caller. */
  static SnapshotTransaction begin(DataSource database, String snapshot, Duration statementTimeout)
      throws SQLException {
    SnapshotTransaction transaction = open(database);
    try {
      transaction.adopt(snapshot, statementTimeout);
      return transaction;
    } catch (SQLException | RuntimeException e) {
      try (transaction) {
        throw e;
      }
    }
  }

  private static SnapshotTransaction open(DataSource database) throws SQLException {
    Connection connection = connect(database);
    try {
      return new SnapshotTransaction(connection);
    } catch (SQLException e) {
      try (connection) {
        throw e;
      }
    }
  }

  private static Connection connect(DataSource database) {
    try {
      return database.getConnection();
    } catch (SQLException e) {
      throw SnapshotFailure.unavailable(e);
    }
  }

  private void adopt(String snapshot, Duration statementTimeout) throws SQLException {
    if (!autoCommit) {
      connection.rollback(); // of whatever the pool left open: a snapshot must come first
    }
    connection.setAutoCommit(false);
    try (Statement statement = connection.createStatement()) {
      statement.execute("set transaction isolation level repeatable read read only");
      setSnapshot(statement, snapshot);
      statement.execute(SETTINGS + statementTimeout.toMillis());
    }
  }

  private static void setSnapshot(Statement statement, String snapshot) throws SQLException {
    try {
      statement.execute("set transaction snapshot '" + snapshot + "'");
    } catch (SQLException e) {
      if (SnapshotFailure.isSnapshotGone(e)) {
        throw new ProblemException(
            Problem.SNAPSHOT_EXPIRED,
            "Snapshot " + snapshot + " is closed",
            "Make a new slot and read its snapshot",
            e);
      }
      throw e;
    }
  }

  Connection connection() {
    return connection;
  }

  @Override
  public void close() throws SQLException {
    try (connection) {
      if (!connection.isClosed()) {
        connection.rollback();
        connection.setAutoCommit(autoCommit);
      }
    }
  }
}
