package org.pgdeltastream.snapshot;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import org.pgdeltastream.support.TestDatabase;

/** A snapshot that is open until it is closed. */
record HeldSnapshot(Connection connection, String name) implements AutoCloseable {
  static HeldSnapshot take(TestDatabase database) throws SQLException {
    Connection connection = database.connect();
    connection.setAutoCommit(false);
    connection.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery("select pg_export_snapshot()")) {
      row.next();
      return new HeldSnapshot(connection, row.getString(1));
    }
  }

  @Override
  public void close() throws SQLException {
    connection.close();
  }
}
