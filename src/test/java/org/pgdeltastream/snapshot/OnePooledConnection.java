package org.pgdeltastream.snapshot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.assertj.core.api.AbstractThrowableAssert;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.pgdeltastream.change.PageRequest;
import org.pgdeltastream.change.PageRequest.Order;
import org.pgdeltastream.change.Problem;
import org.pgdeltastream.change.ProblemException;
import org.pgdeltastream.snapshot.table.KnownTables;
import org.pgdeltastream.support.TestDatabase;

/** One connection serves every page of a test, and must serve one more after it. */
abstract class OnePooledConnection {
  static final Duration LONG = Duration.ofSeconds(20);
  static TestDatabase database;

  OneConnection pool;
  HeldSnapshot snapshot;

  @BeforeAll
  static void start() throws Exception {
    database = TestDatabase.embedded();
  }

  @AfterAll
  static void stop() throws Exception {
    database.close();
  }

  @BeforeEach
  void borrow() throws Exception {
    database.execute(
        """
        drop schema public cascade; create schema public; grant usage on schema public to public;
        create table good(id int primary key, j json);
        insert into good select i, '{}' from generate_series(1, 100) i;
        create view a_view as select * from good;
        create materialized view a_matview as select * from good;
        create sequence a_sequence;
        create type a_composite as (i int);
        create table changing(id int primary key, v int, w int);
        insert into changing values (1, 2, 3);
        create table parts(id int primary key) partition by range (id);
        create table parts_1 partition of parts for values from (0) to (10);
        insert into parts values (1);
        create table loose(id int primary key);
        insert into loose values (11);
        """);
    pool = new OneConnection(database.connect());
    snapshot = HeldSnapshot.take(database);
  }

  @AfterEach
  void theConnectionIsCleanAndServesTheNextPage() throws Exception {
    if (!pool.connection.isClosed()) {
      assertThat(pool.lent).isZero();
      assertThat(pool.connection.getAutoCommit()).isTrue();
      snapshot.close();
      try (HeldSnapshot next = HeldSnapshot.take(database);
          Statement statement = pool.connection.createStatement()) {
        statement.execute("set TimeZone = 'Asia/Kathmandu'");
        assertThat(read(next.name(), page("good"), LONG).rows).hasSize(100);
        var zone = statement.executeQuery("show TimeZone");
        zone.next();
        assertThat(zone.getString(1)).isEqualTo("Asia/Kathmandu");
      }
      pool.connection.close();
    }
  }

  void retake() throws SQLException {
    snapshot.close();
    snapshot = HeldSnapshot.take(database);
  }

  AbstractThrowableAssert<?, ?> refused(Problem problem, PageRequest page) {
    return assertProblem(problem, snapshot.name(), page, LONG);
  }

  AbstractThrowableAssert<?, ?> assertProblem(
      Problem problem, String name, PageRequest page, Duration timeout) {
    return assertThatThrownBy(() -> read(name, page, timeout))
        .isInstanceOfSatisfying(
            ProblemException.class,
            refusal -> {
              assertThat(refusal.problem()).isEqualTo(problem);
              assertThat(refusal.hint()).isNotEmpty();
            });
  }

  RecordedRows read(String name, PageRequest page, Duration timeout) throws Exception {
    RecordedRows rows = new RecordedRows();
    new SnapshotReader(pool, timeout).readPage(name, new KnownTables(), page, rows);
    return rows;
  }

  static PageRequest page(String table) {
    return columns(table);
  }

  static PageRequest columns(String table, String... columns) {
    return new PageRequest(table, Optional.empty(), 0, 1000, List.of(), List.of(columns));
  }

  static PageRequest ordered(String table, String column) {
    Order order = new Order(column, true, Optional.empty());
    return new PageRequest(table, Optional.empty(), 0, 1000, List.of(order), List.of());
  }
}
