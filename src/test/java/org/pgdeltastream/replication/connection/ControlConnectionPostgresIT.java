package org.pgdeltastream.replication.connection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.pgdeltastream.change.Column;
import org.pgdeltastream.change.HeapBudget;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.change.Relation;
import org.pgdeltastream.change.ReplicaIdentity;
import org.pgdeltastream.change.TableName;
import org.pgdeltastream.replication.PostgresCatalog;
import org.pgdeltastream.support.FaultProxy;
import org.pgdeltastream.support.TestDatabase;

/** The kept connection: one for all, and none waits for ever behind another. */
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class ControlConnectionPostgresIT {
  private static final String OURS =
      "select count(*) from pg_stat_activity where application_name = 'pgdeltastream/test'";
  private static final Duration SOON = Duration.ofSeconds(20);

  private static TestDatabase database;
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private ReplicationConnector connector;

  @BeforeAll
  static void startDatabase() throws Exception {
    database = TestDatabase.embedded();
  }

  @AfterAll
  static void stopDatabase() throws Exception {
    database.close();
  }

  @BeforeEach
  void open() {
    connector = to(database.jdbcUrl());
  }

  @AfterEach
  void close() throws Exception {
    connector.control().close();
    threads.shutdown();
    assertThat(threads.awaitTermination(30, TimeUnit.SECONDS)).as("threads ended").isTrue();
    await("our connections to end").atMost(SOON).until(() -> database.text(OURS).equals("0"));
  }

  private static ReplicationConnector to(String url) {
    return new ReplicationConnector(
        new ConnectionSettings(url, database.user(), database.password(), "pgdeltastream/test"),
        Optional.empty(),
        HeapBudget.unlimited());
  }

  private static ControlConnection.Question<String> question(String sql) {
    return connection -> {
      try (Statement statement = connection.createStatement();
          ResultSet rows = statement.executeQuery(sql)) {
        rows.next();
        return rows.getString(1);
      }
    };
  }

  private String ask(String sql) throws SQLException {
    return connector.ask(question(sql));
  }

  private void awaitQuestion(String sql) {
    String active =
        "select count(*) from pg_stat_activity where state = 'active' and query = '%s'"
            .formatted(sql.replace("'", "''"));
    await("the question to be asked").atMost(SOON).until(() -> database.text(active).equals("1"));
  }

  @Test
  void answersAllWithOneSessionThatIsPinned() throws Exception {
    List<Future<String>> answers = new ArrayList<>();
    for (int i = 0; i < 64; i++) {
      answers.add(threads.submit(() -> ask("select pg_backend_pid()")));
    }
    Set<String> processes = new HashSet<>();
    for (Future<String> answer : answers) {
      processes.add(answer.get());
    }

    assertThat(processes).hasSize(1);
    assertThat(ask("show search_path")).isEqualTo("\"$user\", public");
    assertThat(ask("show lock_timeout")).isEqualTo("200ms");
    assertThat(ask("show statement_timeout")).isEqualTo("10s");
    assertThat(ask("show idle_session_timeout")).isEqualTo("0");
    assertThat(database.text(OURS)).isEqualTo("1");
  }

  @Test
  void opensALostConnectionAnewAndAsksAgain() throws Exception {
    String former = ask("select pg_backend_pid()");
    database.execute("select pg_terminate_backend(" + former + ")");

    assertThat(ask("select pg_backend_pid()")).isNotEqualTo(former);
  }

  @Test
  void failsWithPostgresWordsAndGoesOn() throws Exception {
    String former = ask("select pg_backend_pid()");
    assertThatThrownBy(() -> ask("select 1/0"))
        .isInstanceOfSatisfying(
            SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("22012"));

    assertThat(ask("select pg_backend_pid()")).isEqualTo(former);
  }

  @Test
  void endsAQuestionThatTakesTooLongAndAnswersTheNext() throws Exception {
    String slow = "select pg_sleep(600)";
    Future<String> first = threads.submit(() -> ask(slow));
    awaitQuestion(slow);

    assertThatThrownBy(first::get).hasMessageContaining("statement timeout");
    assertThat(ask("select 1")).isEqualTo("1");
  }

  @Test
  void askersThatAreToldToEndWaitNeitherForAnAnswerNorForTheirTurn() throws Exception {
    OpenSockets answered = new OpenSockets();
    OpenSockets waiting = new OpenSockets();
    String slow = "select pg_sleep(601)";
    long begin = System.nanoTime();
    Future<String> first = threads.submit(() -> connector.within(answered).ask(question(slow)));
    awaitQuestion(slow);
    Future<String> second =
        threads.submit(() -> connector.within(waiting).ask(question("select 2")));

    waiting.close();
    assertThatThrownBy(second::get).hasRootCauseInstanceOf(SQLException.class);
    assertThat(first).isNotDone();
    answered.close();
    assertThatThrownBy(first::get).hasRootCauseInstanceOf(Exception.class);
    assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofSeconds(10));

    assertThat(ask("select 3")).isEqualTo("3");
    database.execute(
        "select pg_terminate_backend(pid) from pg_stat_activity where query = '" + slow + "'");
  }

  @Test
  void asksTheServerThatAnswersNowOnceAConnectionToTheFormerWasLost() throws Exception {
    try (TestDatabase other = TestDatabase.embedded();
        FaultProxy proxy = FaultProxy.to(database.port())) {
      connector = to("jdbc:postgresql://localhost:" + proxy.port() + "/postgres");
      String port = "show port";
      assertThat(ask(port)).isEqualTo("" + database.port());
      proxy.redirect(other.port());
      assertThat(ask(port)).isEqualTo("" + database.port());

      connector.control().openAnew();

      assertThat(ask(port)).isEqualTo("" + other.port());
      connector.control().close();
    }
  }

  @Test
  void isClosedWhenNobodyAsksAndAtTheEnd() throws Exception {
    ask("select 1");
    connector.control().rest(Duration.ofMinutes(5));
    assertThat(database.text(OURS)).isEqualTo("1");
    connector.control().rest(Duration.ZERO);
    await("its end").atMost(SOON).until(() -> database.text(OURS).equals("0"));
    assertThat(ask("select 2")).isEqualTo("2");

    connector.control().close();

    await("its end").atMost(SOON).until(() -> database.text(OURS).equals("0"));
    assertThat(ask("select 3")).as("who comes late").isEqualTo("3");
    await("its end").atMost(SOON).until(() -> database.text(OURS).equals("0"));
  }

  @Test
  void aLockedTableHoldsUpOnlyWhoAsksAboutIt() throws Exception {
    database.execute("create table locked (id int default 7)");
    String oid = database.text("select 'locked'::regclass::oid::int8");
    Relation relation =
        new Relation(
            Integer.parseUnsignedInt(oid),
            new TableName("public", "locked"),
            ReplicaIdentity.NOTHING,
            List.of(new Column(false, "id", 23, -1, Optional.empty())));
    PostgresCatalog catalog = new PostgresCatalog(connector);
    try (Connection locker = database.connect();
        Statement statement = locker.createStatement()) {
      locker.setAutoCommit(false);
      statement.execute("lock table locked in access exclusive mode");
      CompletableFuture<String> told =
          CompletableFuture.supplyAsync(
              () -> catalog.details(relation, Lsn.NONE).get(0).defaultValue().orElseThrow(),
              threads);
      await("it to wait on a connection of its own")
          .atMost(Duration.ofSeconds(9))
          .until(() -> database.text(OURS).equals("2"));
      for (int i = 0; i < 10; i++) {
        assertThat(ask("select 1")).isEqualTo("1");
      }
      assertThat(told).isNotDone();
      locker.rollback();

      assertThat(told.get()).isEqualTo("7");
    }
  }
}
