package org.pgdeltastream.replication.facts;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.pgdeltastream.doctor.Facts.Part;

/**
 * One read-only transaction. What PostgreSQL refuses in it is noted; the rest is read all the same.
 */
final class FactsSession {
  /** Reads one row. */
  @FunctionalInterface
  interface Row<T> {
    T read(ResultSet row) throws SQLException;
  }

  /** Reads by several statements. */
  @FunctionalInterface
  interface ConnectionReader<T> {
    T read(Connection connection) throws SQLException;
  }

  private static final String BEGIN =
      "set transaction read only; set local statement_timeout = '5s'; set local lock_timeout = '1s'";

  private static final int MOST_ROWS = 50_000; // some megabytes

  private final Connection connection;
  private final int mostRows;
  private final int version;
  private final Map<Part, String> unread = new EnumMap<>(Part.class);

  /** Begins the transaction, which ends with the connection. */
  FactsSession(Connection connection) throws SQLException {
    this(connection, MOST_ROWS);
  }

  /** The same with another limit of what is read at once. */
  FactsSession(Connection connection, int mostRows) throws SQLException {
    this.connection = connection;
    this.mostRows = mostRows;
    connection.setAutoCommit(false);
    try (Statement statement = connection.createStatement()) {
      statement.execute(BEGIN);
    }
    version = connection.getMetaData().getDatabaseMajorVersion();
  }

  /** The column, or this in its place where PostgreSQL is older. */
  String since(int major, String column, String before) {
    return version >= major ? column : before;
  }

  <T> T one(String sql, Row<T> reader) throws SQLException {
    return all(sql, reader).get(0);
  }

  <T> List<T> all(String sql, Row<T> reader) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.setMaxRows(mostRows + 1);
      List<T> read = new ArrayList<>();
      try (ResultSet rows = statement.executeQuery(sql)) {
        while (rows.next()) {
          read.add(reader.read(rows));
        }
      }
      return read;
    }
  }

  /** Nothing where PostgreSQL refuses it or takes too long, or where it is too much. */
  <T> List<T> all(Part part, String sql, Row<T> reader) throws SQLException {
    return read(part, any -> all(sql, reader))
        .filter(read -> isFew(part, read.size(), mostRows))
        .orElse(List.of());
  }

  /** Notes where it is too much. */
  boolean isFew(Part part, int count, int most) {
    if (count > most) {
      unread.put(part, "there are more than " + most);
    }
    return count <= most;
  }

  /** Empty where PostgreSQL refuses it or takes too long. */
  <T> Optional<T> read(Part part, ConnectionReader<T> reader) throws SQLException {
    Savepoint before = connection.setSavepoint();
    try {
      return Optional.of(reader.read(connection));
    } catch (SQLException e) {
      String why = why(e);
      connection.rollback(before);
      unread.put(part, why);
      return Optional.empty();
    }
  }

  private static String why(SQLException e) throws SQLException {
    return switch (String.valueOf(e.getSQLState())) {
      case "42501" -> "the role lacks a right";
      case "57014" -> "PostgreSQL took more than 5 s";
      case "55P03" -> "a lock was held";
      default -> throw e;
    };
  }

  void note(Part part, String why) {
    unread.put(part, why);
  }

  Map<Part, String> unread() {
    return unread;
  }
}
