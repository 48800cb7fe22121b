package org.pgdeltastream.replication;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import org.jspecify.annotations.Nullable;

/**
 * Notices that PostgreSQL shuts down: it tells that to ordinary connections, but waits for
 * walsenders whose readers have not confirmed everything. One thread at a time.
 */
public final class ServerWatch implements AutoCloseable {
  private static final int FAILURES = 2;

  private final ReplicationConnector connector;
  private @Nullable Connection connection;
  private int failures;

  public ServerWatch(ReplicationConnector connector) {
    this.connector = connector;
  }

  /** Whether the server ends or takes no connections; replication connections should go then. */
  public boolean isShuttingDown() {
    try {
      Connection open = connection;
      if (open == null) {
        open = connector.openWatch();
        connection = open;
      }
      try (Statement statement = open.createStatement()) {
        statement.execute("select 1");
      }
      failures = 0;
      return false;
    } catch (SQLException e) {
      close();
      failures++;
      return String.valueOf(e.getSQLState()).startsWith("57P");
    }
  }

  /** What a process of ours does, where PostgreSQL tells it. Source: manual, pg_stat_activity. */
  public WalsenderState stateOf(int process) {
    Connection open = connection;
    if (open == null) { // once may be chance
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
      close();
      return WalsenderState.BUSY; // the next look tells
    }
  }

  @Override
  public void close() {
    Connection open = connection;
    connection = null;
    if (open != null) {
      try {
        open.close();
      } catch (SQLException e) {
        // it is gone already
      }
    }
  }
}
