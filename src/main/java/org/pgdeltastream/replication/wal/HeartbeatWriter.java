package org.pgdeltastream.replication.wal;

import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import org.pgdeltastream.change.LogicalMessage;
import org.pgdeltastream.replication.connection.ReplicationConnector;

/**
 * Writes a logical message, and sees to it that PostgreSQL writes it to disk at once: walsenders
 * read no more than that. A transaction ID makes the end of the transaction do so; waiting for a
 * synchronous standby would be of no use. Source: manual, "Replication Management Functions",
 * {@code pg_logical_emit_message}.
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
