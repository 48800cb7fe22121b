package org.pgdeltastream.slot;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.pgdeltastream.support.TestDatabase;

/**
 * Writes into tables a, b and c (id, n) with all that makes a snapshot hard: subtransactions,
 * prepared transactions, TRUNCATE, and commits that wait for a standby. Each update adds one to n.
 */
final class SnapshotWriters {
  private static final int KEYS = 60;
  private static final List<String> TABLES = List.of("a", "b", "c");

  private final TestDatabase database;
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final List<Future<?>> running = new ArrayList<>();
  private final AtomicBoolean over = new AtomicBoolean();
  private final AtomicLong stalled = new AtomicLong();

  SnapshotWriters(TestDatabase database, int writers, Random random) throws SQLException {
    this.database = database;
    for (int i = 0; i < writers; i++) {
      Random own = new Random(random.nextLong());
      String name = "w" + i;
      running.add(threads.submit(() -> write(own, name)));
    }
    Random own = new Random(random.nextLong());
    running.add(threads.submit(() -> stall(own)));
  }

  static void makeTables(TestDatabase database) throws SQLException {
    for (String table : TABLES) {
      String parts = table.equals("b") ? " partition by hash (id)" : "";
      database.execute("create table " + table + " (id bigint primary key, n bigint)" + parts);
    }
    for (String sql :
        List.of(
            "create table b0 partition of b for values with (modulus 2, remainder 0)",
            "create table b1 partition of b for values with (modulus 2, remainder 1)",
            "create publication p for table a, b, c with (publish_via_partition_root = true)")) {
      database.execute(sql);
    }
  }

  private Void write(Random random, String name) throws SQLException {
    try (Connection connection = database.connect();
        Statement statement = connection.createStatement()) {
      statement.execute("set lock_timeout = '300ms'");
      statement.execute("set deadlock_timeout = '100ms'");
      boolean isPrepared = false;
      while (!over.get()) {
        if (isPrepared && random.nextInt(3) == 0) {
          String end = random.nextInt(4) == 0 ? "rollback" : "commit";
          statement.execute(end + " prepared '" + name + "'");
          isPrepared = false;
        }
        isPrepared = transaction(statement, random, isPrepared ? "" : name) || isPrepared;
      }
      if (isPrepared) {
        statement.execute("commit prepared '" + name + "'");
      }
    }
    return null;
  }

  /** Whether it was prepared, by that name. */
  private static boolean transaction(Statement statement, Random random, String name)
      throws SQLException {
    try {
      statement.execute("begin");
      if (random.nextInt(5) == 0) { // seen before it is on disk
        statement.execute("set local synchronous_commit = off");
      }
      int changes = 1 + random.nextInt(5);
      for (int i = 0; i < changes; i++) {
        boolean isInside = random.nextInt(3) == 0;
        if (isInside) {
          statement.execute("savepoint s");
        }
        statement.execute(change(random));
        if (isInside) {
          statement.execute(random.nextBoolean() ? "rollback to s" : "release s");
        }
      }
      if (!name.isEmpty() && random.nextInt(6) == 0) {
        statement.execute("prepare transaction '" + name + "'");
        return true;
      }
      statement.execute(random.nextInt(10) == 0 ? "rollback" : "commit");
    } catch (SQLException e) { // a lock that another one has
      statement.execute("rollback");
    }
    return false;
  }

  private static String change(Random random) {
    String table = TABLES.get(random.nextInt(TABLES.size()));
    int id = random.nextInt(KEYS);
    return switch (random.nextInt(20)) {
      case 0 -> "truncate " + (random.nextBoolean() ? "c" : "a, c");
      case 1, 2, 3 -> "delete from %s where id = %d".formatted(table, id);
      case 4 ->
          "update %1$s set id = id + %2$d, n = n + 1 where id = %3$d and not exists"
                  .formatted(table, KEYS, id)
              + " (select from %s where id = %d)".formatted(table, id + KEYS);
      case 5, 6, 7, 8, 9, 10, 11, 12 ->
          "insert into %s values (%d, 0) on conflict do nothing".formatted(table, id);
      default -> "update %s set n = n + 1 where id between %d and %d".formatted(table, id, id + 2);
    };
  }

  /** Commits wait for a standby that does not exist, now and then. */
  private Void stall(Random random) throws Exception {
    try (Connection connection = database.connect();
        Statement statement = connection.createStatement()) {
      while (!over.get()) {
        TimeUnit.MILLISECONDS.sleep(random.nextInt(200)); // how long is what is tested
        standby(statement, "nobody");
        TimeUnit.MILLISECONDS.sleep(20 + random.nextInt(120));
        stalled.addAndGet(waiting(statement));
        standby(statement, "");
      }
    }
    return null;
  }

  private static long waiting(Statement statement) throws SQLException {
    try (ResultSet row =
        statement.executeQuery(
            "select count(*) from pg_stat_activity where wait_event = 'SyncRep'")) {
      row.next();
      return row.getLong(1);
    }
  }

  /** How many commits were seen to wait. */
  long stalled() {
    return stalled.get();
  }

  private static void standby(Statement statement, String name) throws SQLException {
    statement.execute("alter system set synchronous_standby_names = '" + name + "'");
    statement.execute("select pg_reload_conf()");
  }

  /** They end, and nothing is prepared or waits any more. */
  void end() throws Exception {
    over.set(true);
    threads.shutdown();
    for (Future<?> one : running) {
      one.get(60, TimeUnit.SECONDS);
    }
  }
}
