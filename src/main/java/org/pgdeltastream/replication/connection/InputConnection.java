package org.pgdeltastream.replication.connection;

import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Optional;
import org.pgdeltastream.change.HeapShare;
import org.postgresql.PGConnection;

/**
 * A connection whose input can be awaited outside the driver.
 *
 * @param input empty for a connection that an administrator's DataSource or socket factory made
 * @param heap counts its large messages
 */
public record InputConnection(Connection connection, Optional<SocketInput> input, HeapShare heap)
    implements AutoCloseable {

  /** The driver's own interface. */
  public PGConnection driver() throws SQLException {
    return connection.unwrap(PGConnection.class);
  }

  /** Ends the connection after the last report to the server. For the reader's thread. */
  public void finish() {
    try {
      if (input.isPresent()) {
        input.get().finish();
      }
    } catch (IOException e) {
      // it is gone already
    } finally {
      close();
    }
  }

  /** Cuts the connection; a polite close would wait for the stream. */
  @Override
  public void close() {
    try {
      connection.unwrap(Connection.class).abort(Runnable::run);
    } catch (SQLException e) {
      // it is gone already
    } finally {
      heap.close();
    }
  }
}
