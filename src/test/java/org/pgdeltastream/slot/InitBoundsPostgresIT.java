package org.pgdeltastream.slot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.pgdeltastream.change.OutputPlugin;
import org.pgdeltastream.change.PageRequest;
import org.pgdeltastream.change.Problem;
import org.pgdeltastream.change.ProblemException;
import org.pgdeltastream.change.SlotName;
import org.pgdeltastream.support.TestDatabase;

/** How many slots, snapshots and inits at once there may be, and what is told beyond. */
@Timeout(value = 180, unit = TimeUnit.SECONDS)
class InitBoundsPostgresIT {
  private static final PageRequest PAGE =
      new PageRequest("users", Optional.empty(), 0, 10, List.of(), List.of());
  private static TestDatabase database;

  private final ExecutorService clients = Executors.newCachedThreadPool();

  @BeforeAll
  static void start() throws Exception {
    database = TestDatabase.embedded(Map.of("max_replication_slots", "8", "max_wal_senders", "30"));
    database.execute("create publication p for all tables");
    database.execute(
        "create table users(id int primary key); insert into users select generate_series(1, 5)");
  }

  @AfterAll
  static void stop() throws Exception {
    database.close();
  }

  @AfterEach
  void end() {
    clients.shutdownNow();
  }

  @Test
  void makesAtMostHalfOfTheSlotsThatPostgresHasAndNamesThoseThatCouldGo() throws Exception {
    try (TestRegistry server = new TestRegistry(database);
        TestRegistry other = new TestRegistry(database)) {
      database.execute("select pg_create_physical_replication_slot('delta_physical')");
      database.execute("select pg_create_logical_replication_slot('others', 'pgoutput')");
      init(server, "delta_a");
      database.execute("select pg_create_logical_replication_slot('delta_former', 'pgoutput')");
      database.execute("update users set id = id; select pg_switch_wal()");
      init(other, "delta_b");
      init(server, "delta_c");

      ProblemException told = refused(() -> init(server, "delta_d"));

      assertThat(told.problem()).isEqualTo(Problem.SLOTS_EXHAUSTED);
      assertThat(told).hasMessageContaining("4").hasMessageContaining("delta_*");
      assertThat(told.hint())
          .containsPattern(
              "DELETE /v1/slots/delta_a \\(inactive since \\S+Z, keeps \\d+ MB of WAL\\),"
                  + " DELETE /v1/slots/delta_former ")
          .contains("delta_b", "delta_c", "pgdelta.slots-maximum")
          .doesNotContain("others", "physical");
      assertThat(refused(() -> init(server, "delta_a")).problem())
          .as("a name that is taken")
          .isEqualTo(Problem.SLOT_EXISTS);
      server.slots.drop(new SlotName("delta_former"), false);
      init(server, "delta_d");
    } finally {
      database.execute("select pg_drop_replication_slot(slot_name) from pg_replication_slots");
    }
  }

  @Test
  void namesOnlySlotsThatNobodyStreamsAndFiveAtMost() {
    try (TestRegistry server = new TestRegistry(database, "slots-maximum", "7")) {
      for (int i = 0; i < 7; i++) {
        init(server, "delta_" + i);
      }
      assertThat(refused(server::init).hint().split("DELETE ")).hasSize(1 + 5);
    }
  }

  @Test
  void makesFewSlotsAtOnceAndRefusesTheOthersAtOnce() throws Exception {
    try (TestRegistry server = new TestRegistry(database, "slots-maximum", "8");
        var writer = database.connect();
        Statement statement = writer.createStatement()) {
      statement.execute("begin; update users set id = id");
      List<CompletableFuture<Problem>> inits = new ArrayList<>();
      for (int i = 0; i < 20; i++) {
        inits.add(CompletableFuture.supplyAsync(() -> problem(server), clients));
      }
      await("all but four to be refused while the transaction is open")
          .atMost(Duration.ofSeconds(9)) // then PostgreSQL refuses the four
          .until(() -> inits.stream().filter(CompletableFuture::isDone).count() == 16);
      assertThat(Integer.parseInt(walsenders())).isLessThanOrEqualTo(4);
      assertThat(inits.stream().filter(CompletableFuture::isDone).map(CompletableFuture::join))
          .containsOnly(Problem.UPSTREAM_BUSY);
      assertThat(inits.stream().map(CompletableFuture::join))
          .contains(Problem.BLOCKED_BY_OPEN_TRANSACTION);
      statement.execute("rollback");
      assertThat(server.init()).isNotNull();
    }
  }

  @Test
  void closesTheSnapshotThatWasUnusedForLongestForANewOne() {
    try (TestRegistry server =
        new TestRegistry(
            database, "slots-maximum", "8", "snapshots", "2", "snapshot-lease", "10")) {
      SlotName read = init(server, "delta_read");
      SlotName unread = init(server, "delta_unread");
      await("the second to be unused for half the lease")
          .ignoreExceptions()
          .pollInterval(Duration.ofMillis(200))
          .atMost(Duration.ofSeconds(9))
          .untilAsserted(
              () -> {
                server.slots.snapshots().readPage(Optional.of(read), PAGE);
                init(server, "delta_new");
              });

      assertThat(snapshots(server)).isEqualTo(2);
      ProblemException told =
          refused(() -> server.slots.snapshots().readPage(Optional.of(unread), PAGE));
      assertThat(told.problem()).isEqualTo(Problem.SNAPSHOT_EXPIRED);
      server.slots.snapshots().readPage(Optional.of(read), PAGE);
    }
  }

  @Test
  void refusesAnInitWhileEverySnapshotIsNewOrRead() {
    try (TestRegistry server = new TestRegistry(database, "slots-maximum", "8", "snapshots", "2")) {
      SlotName first = init(server, "delta_a");
      SlotName second = init(server, "delta_b");

      ProblemException told = refused(server::init);

      assertThat(told.problem()).isEqualTo(Problem.UPSTREAM_BUSY);
      assertThat(told.hint()).contains("DELETE /v1/snapshot", "pgdelta.snapshots");
      server.slots.snapshots().readPage(Optional.of(first), PAGE);
      server.slots.snapshots().readPage(Optional.of(second), PAGE);
      server.slots.snapshots().closeSnapshot(first);
      assertThat(server.init()).isNotNull();
    }
  }

  private static long snapshots(TestRegistry server) {
    return server.slots.reports().all().stream()
        .filter(slot -> slot.snapshot().isPresent())
        .count();
  }

  private static String walsenders() throws Exception {
    return database.text("select count(*) from pg_stat_activity where backend_type = 'walsender'");
  }

  private static SlotName init(TestRegistry server, String name) {
    InitRequest request =
        new InitRequest(
            Optional.of(OutputPlugin.PGOUTPUT), List.of("p"), Optional.of(new SlotName(name)));
    return server.slots.create(request).name();
  }

  /** Of an init with the publication, which waits for nobody's lock. */
  private static Problem problem(TestRegistry server) {
    return refused(
            () ->
                server.slots.create(
                    new InitRequest(
                        Optional.of(OutputPlugin.PGOUTPUT), List.of("p"), Optional.empty())))
        .problem();
  }

  private static ProblemException refused(
      org.assertj.core.api.ThrowableAssert.ThrowingCallable call) {
    ProblemException told = catchThrowableOfType(ProblemException.class, call);
    assertThat(told).as("a refusal").isNotNull();
    return told;
  }
}
