package org.pgdeltastream.replication;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import org.jspecify.annotations.Nullable;

/**
 * Notices that PostgreSQL shuts down: it tells that to ordinary connections, but waits for
 * walsenders whose readers have not confirmed everything. One thread at a time.
 */
public final class ServerWatch implements AutoCloseable {
  private static final int TIMEOUT_MILLIS = 5_000;

  private final ReplicationConnector connector;
  private @Nullable Connection connection;

  public ServerWatch(ReplicationConnector connector) {
    this.connector = connector;
  }

  /** Whether the server ends or takes no connections; replication connections should go then. */
  public boolean isShuttingDown() {
    try {
      Connection open = connection;
      if (open == null) {
        open = connector.openOrdinary();
        open.setNetworkTimeout(Runnable::run, TIMEOUT_MILLIS);
        connection = open;
      }
      try (Statement statement = open.createStatement()) {
        statement.execute("select 1");
      }
      return false;
    } catch (SQLException e) {
      close();
      return String.valueOf(e.getSQLState()).startsWith("57P");
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
