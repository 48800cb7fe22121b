package org.pgdeltastream.support;

import static org.awaitility.Awaitility.await;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;

/** SQL on a PostgreSQL, with a new connection for each statement. */
@FunctionalInterface
public interface Sql {
  /** Reads one result, standing on its first row. */
  @FunctionalInterface
  interface RowReader<T> {
    T read(ResultSet row) throws SQLException;
  }

  Connection connect() throws SQLException;

  default void execute(String sql) throws SQLException {
    try (Connection connection = connect();
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  /** Reads the first row; a query without rows is an error. */
  default <T> T query(String sql, RowReader<T> reader) throws SQLException {
    try (Connection connection = connect();
        Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      if (!rows.next()) {
        throw new SQLException("No row: " + sql);
      }
      return reader.read(rows);
    }
  }

  /** The first column of the first row; null is "null". */
  default String text(String sql) throws SQLException {
    return query(sql, row -> String.valueOf((Object) row.getString(1)));
  }

  /** Waits until this slot stands here. */
  default void awaitConfirmed(String slot, String lsn) {
    await("confirmed_flush_lsn of " + slot)
        .atMost(Duration.ofSeconds(10))
        .pollInterval(Duration.ofMillis(20))
        .until(
            () ->
                lsn.equals(
                    text(
                        "select confirmed_flush_lsn from pg_replication_slots where slot_name = '"
                            + slot
                            + "'")));
  }
}
