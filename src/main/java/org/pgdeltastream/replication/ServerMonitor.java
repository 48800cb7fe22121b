package org.pgdeltastream.replication;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import org.jspecify.annotations.Nullable;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.replication.connection.ReplicationConnector;

/**
 * Detects that PostgreSQL shuts down: it announces that to ordinary connections, but waits for
 * walsenders whose readers have not confirmed everything. One thread checks; any thread may close.
 */
public final class ServerMonitor implements AutoCloseable {
  private static final int FAILURES = 2;
  private static final String STATE =
      "select pg_catalog.pg_is_in_recovery(), coalesce(case when pg_catalog.pg_is_in_recovery()"
          + " then pg_catalog.pg_last_wal_replay_lsn() else pg_catalog.pg_current_wal_lsn() end,"
          + " '0/0')::text";

  private final ReplicationConnector connector;
  private final Object guard = new Object(); // around the two that follow, without I/O
  private @Nullable Connection connection;
  private boolean closed;
  private int failures; // the checking thread's
  private volatile boolean isStandby;
  private volatile Lsn written = Lsn.NONE;

  public ServerMonitor(ReplicationConnector connector) {
    this.connector = connector;
  }

  /**
   * Whether the server ends or takes no connections; replication connections should go then. A job
   * that ends idle connections may have ended only this one: the next one shows it.
   */
  public boolean isShuttingDown() {
    try {
      ask(open());
      failures = 0;
      return false;
    } catch (SQLException e) {
      rest();
      failures = isLost(e) ? failures + 1 : 0; // a server that refuses us is there
      return isShutdown(e) && !isAnswering();
    }
  }

  private boolean isAnswering() {
    try {
      ask(open());
      failures = 0;
      return true;
    } catch (SQLException e) {
      rest();
      return !isShutdown(e) && !isLost(e);
    }
  }

  private static boolean isLost(SQLException e) {
    return String.valueOf(e.getSQLState()).startsWith("08");
  }

  /** Source: manual, "PostgreSQL Error Codes", class 57. */
  private static boolean isShutdown(SQLException e) {
    return String.valueOf(e.getSQLState()).startsWith("57P");
  }

  private void ask(Connection open) throws SQLException {
    try (Statement statement = open.createStatement();
        ResultSet answer = statement.executeQuery(STATE)) {
      answer.next();
      isStandby = answer.getBoolean(1);
      written = Lsn.parse(answer.getString(2));
    }
  }

  /** Up to where its WAL went at the last check. */
  public Lsn written() {
    return written;
  }

  /** At the last check. */
  public boolean isStandby() {
    return isStandby;
  }

  private Connection open() throws SQLException {
    Connection known = known();
    if (known != null) {
      return known;
    }
    Connection made = connector.openWatch();
    synchronized (guard) {
      if (!closed) {
        connection = made;
        return made;
      }
    }
    made.close();
    throw new SQLException("The watch is closed", "08003");
  }

  private @Nullable Connection known() {
    synchronized (guard) {
      return connection;
    }
  }

  /** What a process of ours does, where PostgreSQL shows it. Source: manual, pg_stat_activity. */
  public WalsenderState stateOf(int process) {
    Connection open = known();
    if (open == null) { // one failure may be chance
      return failures < FAILURES ? WalsenderState.BUSY : WalsenderState.UNKNOWN;
    }
    String sql =
        "select coalesce(lower(wait_event) in"
            + " ('walsendermain', 'walsenderwaitforwal', 'walsenderwritedata',"
            + " 'clientread', 'clientwrite'), false) from pg_stat_activity where pid = ?";
    try (PreparedStatement statement = open.prepareStatement(sql)) {
      statement.setInt(1, process);
      try (ResultSet rows = statement.executeQuery()) {
        if (!rows.next()) {
          return WalsenderState.GONE;
        }
        return rows.getBoolean(1) ? WalsenderState.WAITING : WalsenderState.BUSY;
      }
    } catch (SQLException e) {
      rest();
      return WalsenderState.BUSY; // the next check shows it
    }
  }

  /** There is nothing to watch for now: the connection is given back. */
  public void rest() {
    Connection open;
    synchronized (guard) {
      open = connection;
      connection = null;
    }
    if (open != null) {
      try {
        open.close();
      } catch (SQLException e) {
        // it is gone already
      }
    }
  }

  /** For good. */
  @Override
  public void close() {
    synchronized (guard) {
      closed = true;
    }
    rest();
  }
}
