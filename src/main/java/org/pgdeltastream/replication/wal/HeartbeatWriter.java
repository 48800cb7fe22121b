package org.pgdeltastream.replication.wal;

import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import org.pgdeltastream.change.LogicalMessage;
import org.pgdeltastream.replication.connection.ReplicationConnector;

/**
 * Writes a logical message. Walsenders read what is on disk: a transaction ID lets the end of the
 * transaction write it there at once, where the WAL writer would take up to {@code
 * wal_writer_delay}. Nothing waits for a synchronous standby. Source: manual, "Replication
 * Management Functions", {@code pg_logical_emit_message}; "Asynchronous Commit".
 */
public final class HeartbeatWriter {
  private static final String WRITE =
      "select set_config('synchronous_commit', 'local', true),"
          + " pg_logical_emit_message(false, '"
          + LogicalMessage.HEARTBEAT
          + "', ?), txid_current() where not pg_is_in_recovery()";

  private HeartbeatWriter() {}

  /** Whether it was written: a standby cannot. */
  public static boolean write(ReplicationConnector connector, String content) throws SQLException {
    return connector.ask(
        connection -> {
          try (PreparedStatement statement = connection.prepareStatement(WRITE)) {
            statement.setString(1, content);
            try (ResultSet rows = statement.executeQuery()) {
              return rows.next();
            }
          }
        });
  }
}
