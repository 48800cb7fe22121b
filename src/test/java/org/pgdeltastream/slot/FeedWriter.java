package org.pgdeltastream.slot;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.sql.Statement;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.pgdeltastream.support.Sql;

/**
 * Writes transactions with consecutive numbers, of 1 to 500 rows, each of which says what it is:
 * {@code ~writer/number/row/rows~}. Some are large, some are in vain, some have parts in vain.
 */
final class FeedWriter implements Runnable {
  private static final String INSERT =
      "insert into w select '~' || ? || '/' || ? || '/' || i || '/' || ? || '~' || repeat('x', ?)"
          + " from generate_series(?, ?) i";

  private final Sql database;
  private final int writer;
  private final Random random;
  private final AtomicBoolean writing;

  FeedWriter(Sql database, int writer, Random random, AtomicBoolean writing) {
    this.database = database;
    this.writer = writer;
    this.random = random;
    this.writing = writing;
  }

  /** The tables for so many writers, numbered from 0. */
  static void prepare(Sql database, int writers) throws SQLException {
    database.execute("create table w (t text)");
    database.execute("alter table w alter t set storage external"); // as long in the WAL
    database.execute("create table last (writer int primary key, n bigint)");
    database.execute(
        "insert into last select i, 0 from generate_series(0, %d) i".formatted(writers - 1));
  }

  @Override
  public void run() {
    while (writing.get()) {
      try (Connection connection = database.connect()) {
        connection.setAutoCommit(false);
        long next = last(connection) + 1;
        while (writing.get()) {
          next += transaction(connection, next) ? 1 : 0;
          LockSupport.parkNanos(random.nextInt(100_000_000));
        }
      } catch (SQLException e) {
        LockSupport.parkNanos(20_000_000); // PostgreSQL is away
      }
    }
  }

  /** Many megabytes as fast as it goes; false if PostgreSQL went away. */
  boolean burst(int transactions, int bytes) {
    try (Connection connection = database.connect()) {
      connection.setAutoCommit(false);
      long first = last(connection) + 1;
      for (int i = 0; i < transactions; i++) {
        insert(connection, first + i, 1, 1, 1, bytes);
        commit(connection, first + i);
      }
      return true;
    } catch (SQLException e) {
      return false;
    }
  }

  private long last(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery("select n from last where writer = " + writer)) {
      row.next();
      return row.getLong(1);
    }
  }

  /** Whether it was committed. */
  private boolean transaction(Connection connection, long number) throws SQLException {
    int kind = random.nextInt(300);
    int bytes = kind == 0 ? (1 << 20) * (1 + random.nextInt(3)) : random.nextInt(100);
    int rows = kind == 0 ? 1 : kind < 12 ? 1 + random.nextInt(500) : 1 + random.nextInt(8);
    int half = rows / 2;
    insert(connection, number, 1, half, rows, bytes);
    if (random.nextInt(8) == 0) {
      Savepoint before = connection.setSavepoint();
      insert(connection, -1, half + 1, rows, rows, bytes); // nobody may see these
      connection.rollback(before);
      connection.setSavepoint();
    }
    insert(connection, number, half + 1, rows, rows, bytes);
    if (random.nextInt(10) == 0) {
      connection.rollback();
      return false;
    }
    commit(connection, number);
    return true;
  }

  private void insert(Connection connection, long number, int first, int last, int rows, int bytes)
      throws SQLException {
    try (PreparedStatement insert = connection.prepareStatement(INSERT)) {
      insert.setString(1, "" + writer);
      insert.setString(2, "" + number);
      insert.setString(3, "" + rows);
      insert.setInt(4, bytes);
      insert.setInt(5, first);
      insert.setInt(6, last);
      insert.executeUpdate();
    }
  }

  private void commit(Connection connection, long number) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.executeUpdate("update last set n = %d where writer = %d".formatted(number, writer));
    }
    connection.commit();
  }
}
