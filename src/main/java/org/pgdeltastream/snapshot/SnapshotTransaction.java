package org.pgdeltastream.snapshot;

import static java.lang.System.Logger.Level.DEBUG;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.pgdeltastream.change.Problem;
import org.pgdeltastream.change.ProblemException;
import org.pgdeltastream.change.SessionSettings;

/**
 * A read-only transaction under an exported snapshot, on a pooled connection that goes back
 * unchanged. Its settings end with it.
 */
final class SnapshotTransaction implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(SnapshotTransaction.class.getName());
  private static final int MOST_DEAD = 64;
  private static final long PASSED_OVER_NANOS = Duration.ofSeconds(5).toNanos();
  // One round trip for all statements.
  private static final String BEGIN = "set transaction isolation level repeatable read read only; ";
  private static final String ADOPT = "set transaction snapshot '%s'; ";

  private static final int ADOPT_MILLIS = 10_000;
  private static final int ANSWER_MILLIS = 3_000; // beyond PostgreSQL's own limit
  private static final int SILENCE_MILLIS = 28_000; // between two rows

  private final Connection connection;
  private final boolean autoCommit;
  private final int networkTimeout;

  private SnapshotTransaction(Connection connection) throws SQLException {
    this.connection = connection;
    autoCommit = connection.getAutoCommit();
    networkTimeout = connection.getNetworkTimeout();
  }

  /**
   * The name is the server's own, checked by the caller. Connections that died in the pool are
   * skipped: not every pool checks them before it lends one or after it gets one back.
   */
  static SnapshotTransaction begin(Connections database, String snapshot, Duration statementTimeout)
      throws SQLException {
    return begin(database, Optional.of(snapshot), statementTimeout);
  }

  /** Under a snapshot of its own. */
  static SnapshotTransaction begin(Connections database, Duration statementTimeout)
      throws SQLException {
    return begin(database, Optional.empty(), statementTimeout);
  }

  private static SnapshotTransaction begin(
      Connections database, Optional<String> snapshot, Duration statementTimeout)
      throws SQLException {
    List<Connection> dead = new ArrayList<>();
    List<SQLException> losses = new ArrayList<>();
    long start = System.nanoTime();
    try {
      while (true) {
        Connection connection = connect(database, losses);
        try {
          return begin(connection, snapshot, statementTimeout);
        } catch (SQLException e) {
          dead.add(connection); // returned only at the end, else the pool lends it again
          losses.add(e);
          boolean silent = System.nanoTime() - start > PASSED_OVER_NANOS;
          if (!SnapshotFailure.isLost(e) || dead.size() > MOST_DEAD || silent) {
            throw e;
          }
        }
      }
    } finally {
      dead.forEach(SnapshotTransaction::giveBack);
    }
  }

  /** If the pool has only dead connections left, their loss is the failure. */
  private static Connection connect(Connections database, List<SQLException> losses)
      throws SQLException {
    try {
      return database.open();
    } catch (SQLException e) {
      throw losses.isEmpty() ? e : losses.get(0);
    }
  }

  private static SnapshotTransaction begin(
      Connection connection, Optional<String> snapshot, Duration statementTimeout)
      throws SQLException {
    SnapshotTransaction transaction = new SnapshotTransaction(connection);
    try {
      transaction.adopt(snapshot, statementTimeout);
      return transaction;
    } catch (RuntimeException e) {
      try (transaction) {
        throw e;
      }
    } catch (SQLException e) {
      transaction.restore();
      throw e;
    }
  }

  private static void giveBack(Connection connection) {
    try {
      connection.close();
    } catch (SQLException e) {
      LOG.log(DEBUG, "A connection cannot be given back", e); // the pool cannot use it anyway
    }
  }

  private void adopt(Optional<String> snapshot, Duration statementTimeout) throws SQLException {
    limitAnswers(ADOPT_MILLIS);
    if (!autoCommit) {
      connection.rollback(); // of whatever the pool left open: a snapshot must come first
    }
    connection.setAutoCommit(false);
    String sql =
        BEGIN
            + snapshot.map(ADOPT::formatted).orElse("")
            + SessionSettings.ofTransaction(statementTimeout);
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql);
      long most = statementTimeout.toMillis() + ANSWER_MILLIS;
      limitAnswers(
          statementTimeout.isZero() ? SILENCE_MILLIS : (int) Math.min(SILENCE_MILLIS, most));
    } catch (SQLException e) {
      if (SnapshotFailure.isSnapshotGone(e)) {
        throw new ProblemException(
            Problem.SNAPSHOT_EXPIRED,
            "Snapshot " + snapshot.orElse("") + " is closed",
            "Make a new slot and read its snapshot",
            e);
      }
      throw e;
    }
  }

  /** A lost network releases the thread after this time. */
  private void limitAnswers(int millis) throws SQLException {
    connection.setNetworkTimeout(Runnable::run, millis);
  }

  Connection connection() {
    return connection;
  }

  /** Restores the settings, as far as the connection still lives. */
  private void restore() {
    try {
      if (!connection.isClosed()) {
        limitAnswers(ADOPT_MILLIS);
        connection.rollback();
        connection.setAutoCommit(autoCommit);
        limitAnswers(networkTimeout);
      }
    } catch (SQLException e) {
      LOG.log(DEBUG, "A connection cannot be restored", e); // its own failure is reported
    }
  }

  @Override
  public void close() throws SQLException {
    try (connection) {
      if (!connection.isClosed()) {
        limitAnswers(ADOPT_MILLIS);
        connection.rollback();
        connection.setAutoCommit(autoCommit);
        limitAnswers(networkTimeout);
      }
    }
  }
}
