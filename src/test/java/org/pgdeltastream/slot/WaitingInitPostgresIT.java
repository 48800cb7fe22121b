package org.pgdeltastream.slot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.pgdeltastream.change.OutputPlugin;
import org.pgdeltastream.change.Problem;
import org.pgdeltastream.change.ProblemException;
import org.pgdeltastream.support.TestDatabase;

/** A slot that PostgreSQL cannot make yet: answered within half a minute, and nothing is left. */
@Timeout(value = 180, unit = TimeUnit.SECONDS)
@Execution(ExecutionMode.CONCURRENT) // each test waits, with a server of its own
class WaitingInitPostgresIT {
  private static final Duration ANSWERED = Duration.ofSeconds(30);

  private TestDatabase database;

  @BeforeEach
  void start() throws Exception {
    database = TestDatabase.embedded(Map.of("max_prepared_transactions", "2"));
    database.execute("create table t (id int); create publication p for all tables");
  }

  @AfterEach
  void stop() throws Exception {
    database.close();
  }

  @Test
  void namesTheTransactionThatStaysOpen() throws Exception {
    try (TestRegistry server = new TestRegistry(database);
        Connection writer = database.connect();
        Statement statement = writer.createStatement()) {
      statement.execute("set application_name = 'a batch job'");
      String process = pid(statement);
      statement.execute("begin; insert into t values (1)");

      ProblemException told = refused(() -> init(server));

      assertThat(told.problem()).isEqualTo(Problem.BLOCKED_BY_OPEN_TRANSACTION);
      assertThat(told.hint())
          .containsPattern("process " + process + " of a batch job, open for \\d+ s");
      assertNothingIsLeft();
      statement.execute("rollback");
    }
  }

  @Test
  void namesAPreparedTransaction() throws Exception {
    database.execute("begin; insert into t values (1); prepare transaction 'forgotten'");
    try (TestRegistry server = new TestRegistry(database)) {
      assertThat(refused(() -> init(server)).hint()).contains("prepared transaction of forgotten");
      assertNothingIsLeft();
    } finally {
      database.execute("rollback prepared 'forgotten'");
    }
  }

  /** Each ends within PostgreSQL's limit for a lock, but another has begun before. */
  @Test
  void givesUpWhereTransactionsFollowEachOther() throws Exception {
    Deque<Connection> open = new ArrayDeque<>();
    List<Connection> ended = new ArrayList<>();
    try (TestRegistry server = new TestRegistry(database)) {
      for (int i = 0; i < 5; i++) {
        open.add(write());
      }
      CompletableFuture<ProblemException> told =
          CompletableFuture.supplyAsync(() -> refused(() -> init(server)));
      long start = System.nanoTime();
      await("the init to be answered")
          .atMost(ANSWERED)
          .pollInterval(Duration.ofSeconds(6))
          .until(
              () -> {
                open.add(write());
                Connection first = open.remove();
                first.createStatement().execute("rollback");
                ended.add(first);
                return told.isDone();
              });
      assertThat(told.join().problem()).isEqualTo(Problem.BLOCKED_BY_OPEN_TRANSACTION);
      assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThan(Duration.ofSeconds(12));
      assertNothingIsLeft();
    } finally {
      ended.addAll(open);
      for (Connection connection : ended) {
        connection.close();
      }
    }
  }

  @Test
  void saysThatAStandbyWaitsForItsPrimary() throws Exception {
    database.stop("INT");
    database.becomeStandby(); // and no primary writes anything
    database.startAgain();
    try (TestRegistry server = new TestRegistry(database)) {
      long start = System.nanoTime();

      ProblemException told = refused(() -> init(server));

      assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(ANSWERED);
      assertThat(told.problem()).isEqualTo(Problem.UPSTREAM_BUSY);
      assertThat(told).hasMessageContaining("standby");
      assertThat(told.hint()).contains("pg_log_standby_snapshot()");
      assertNothingIsLeft();
    }
  }

  private void assertNothingIsLeft() {
    await("no slot, no walsender, and no connection but the one that is kept for questions")
        .atMost(Duration.ofSeconds(10))
        .untilAsserted(
            () ->
                assertThat(
                        database.text(
                            "select (select count(*) from pg_replication_slots) || ' '"
                                + " || count(*) filter (where backend_type = 'walsender')"
                                + " || ' ' || count(*) from pg_stat_activity"
                                + " where application_name like 'pgdeltastream%'"))
                    .isIn("0 0 0", "0 0 1"));
  }

  private Connection write() throws SQLException {
    Connection connection = database.connect();
    connection.setAutoCommit(false);
    connection.createStatement().execute("insert into t values (1)");
    return connection;
  }

  private static String pid(Statement statement) throws SQLException {
    try (var row = statement.executeQuery("select pg_backend_pid()")) {
      row.next();
      return row.getString(1);
    }
  }

  private static NewSlot init(TestRegistry server) {
    return server.slots.create(
        new InitRequest(Optional.of(OutputPlugin.PGOUTPUT), List.of("p"), Optional.empty()));
  }

  private static ProblemException refused(
      org.assertj.core.api.ThrowableAssert.ThrowingCallable call) {
    ProblemException told = catchThrowableOfType(ProblemException.class, call);
    assertThat(told).as("a refusal").isNotNull();
    return told;
  }
}
