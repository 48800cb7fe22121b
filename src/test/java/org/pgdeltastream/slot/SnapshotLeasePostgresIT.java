package org.pgdeltastream.slot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.assertj.core.api.AbstractThrowableAssert;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.pgdeltastream.change.PageRequest;
import org.pgdeltastream.change.Problem;
import org.pgdeltastream.change.ProblemException;
import org.pgdeltastream.change.SlotName;
import org.pgdeltastream.change.TableRequest;
import org.pgdeltastream.slot.lease.TableFormat;
import org.pgdeltastream.support.TestDatabase;

/** How long a slot's snapshot stays open, and what is told when it is not. */
class SnapshotLeasePostgresIT {
  private static final PageRequest PAGE =
      new PageRequest("users", Optional.empty(), 0, 10, List.of(), List.of());
  private static TestDatabase database;

  @BeforeAll
  static void start() throws Exception {
    database = TestDatabase.embedded();
    database.execute(
        "create table users(id int primary key); insert into users select generate_series(1, 5)");
  }

  @AfterAll
  static void stop() throws Exception {
    database.close();
  }

  @Test
  void closesASnapshotThatNobodyReads() {
    try (TestRegistry server = new TestRegistry(database, "snapshot-lease", "1")) {
      SlotName slot = server.init().name();
      awaitClosed(server, slot);

      expired(server, slot).hasMessageContaining("is closed");
      assertThat(server.slots.reports().of(slot).restartLsn()).as("the slot stays").isPresent();
    }
  }

  @Test
  void eachReadRenewsTheLease() {
    try (TestRegistry server = new TestRegistry(database, "snapshot-lease", "600")) {
      SlotName slot = server.init().name();
      Instant first = expires(server, slot);
      server.slots.snapshots().readPage(Optional.of(slot), PAGE);
      Instant second = expires(server, slot);
      server.slots.snapshots().tables(Optional.of(slot));
      assertThat(second).isAfter(first);
      assertThat(expires(server, slot)).isAfter(second);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "drop table known | TABLE_NOT_FOUND",
        "alter table known rename to other | TABLE_NOT_FOUND",
        "drop table known; create table known(id int primary key) | TABLE_NOT_FOUND",
        "alter table known rename column id to other | SNAPSHOT_TABLE_REWRITTEN",
        "truncate known | SNAPSHOT_TABLE_REWRITTEN",
        "alter table known alter id type bigint | SNAPSHOT_TABLE_REWRITTEN",
      })
  void noticesWhatBecameOfATableThatItHasReadBefore(String change, Problem problem)
      throws Exception {
    database.execute("drop table if exists known, other");
    database.execute("create table known(id int primary key); insert into known values (1)");
    try (TestRegistry server = new TestRegistry(database)) {
      Optional<SlotName> slot = Optional.of(server.init().name());
      PageRequest page = new PageRequest("known", Optional.empty(), 0, 10, List.of(), List.of());
      assertThat(PageText.of(server.slots.snapshots().readPage(slot, page)))
          .isEqualTo("[{\"id\":1}]");
      database.execute("alter table known add v int");
      assertThat(PageText.of(server.slots.snapshots().readPage(slot, page)))
          .isEqualTo("[{\"id\":1}]");

      database.execute(change);

      assertThatThrownBy(() -> server.slots.snapshots().readPage(slot, page))
          .isInstanceOfSatisfying(
              ProblemException.class, e -> assertThat(e.problem()).isEqualTo(problem));
    }
  }

  @Test
  void keepsTheSnapshotOpenWhileATableIsRead() throws Exception {
    try (TestRegistry server = new TestRegistry(database, "snapshot-lease", "1")) {
      SlotName slot = server.init().name();
      SlowReader reader = new SlowReader(server, slot);
      reader.hasBegun.await();

      await("three times the lease")
          .during(Duration.ofSeconds(3))
          .atMost(Duration.ofSeconds(20))
          .until(() -> server.slots.reports().of(slot).snapshot().isPresent());

      assertThat(reader.finish()).endsWith("{\"complete\":true,\"rows\":5}\n");
      awaitClosed(server, slot);
    }
  }

  @Test
  void closesAtItsGreatestAgeButLetsRunningReadsFinish() throws Exception {
    try (TestRegistry server =
        new TestRegistry(database, "snapshot-lease", "900", "snapshot-maximum", "1")) {
      SlotName slot = server.init().name();
      SlowReader reader = new SlowReader(server, slot);
      reader.hasBegun.await();
      awaitClosed(server, slot);
      database.execute("update users set id = -id");
      try {
        assertThat(reader.finish()).contains("{\"id\":5}\n").endsWith("\"rows\":5}\n");
      } finally {
        database.execute("update users set id = -id");
      }
    }
  }

  @Test
  void isClosedOnceByItsClientAndTheSlotStays() {
    try (TestRegistry server = new TestRegistry(database)) {
      SlotName slot = server.init().name();
      server.slots.snapshots().closeSnapshot(slot);
      assertThatThrownBy(() -> server.slots.snapshots().closeSnapshot(slot))
          .isInstanceOfSatisfying(
              ProblemException.class,
              e -> assertThat(e.problem()).isEqualTo(Problem.SNAPSHOT_EXPIRED));
      expired(server, slot);
      assertThat(server.slots.reports().of(slot).snapshot()).isEmpty();
      assertThatThrownBy(() -> server.slots.snapshots().closeSnapshot(new SlotName("delta_nobody")))
          .isInstanceOfSatisfying(
              ProblemException.class,
              e -> assertThat(e.problem()).isEqualTo(Problem.SLOT_NOT_FOUND));
    }
  }

  @Test
  void tellsHowManyTransactionsItHoldsBack() throws Exception {
    try (TestRegistry server = new TestRegistry(database)) {
      SlotName slot = server.init().name();
      for (int i = 0; i < 7; i++) {
        database.execute("update users set id = id");
      }
      assertThat(server.slots.reports().of(slot).snapshot().orElseThrow().xidsHeld())
          .isGreaterThanOrEqualTo(7);
    }
  }

  @Test
  void namesTheServerThatHoldsThisSlotsSnapshot() {
    try (TestRegistry maker = new TestRegistry(database, "node", "maker");
        TestRegistry bystander = new TestRegistry(database, "node", "bystander");
        TestRegistry other = new TestRegistry(database, "node", "other")) {
      SlotName slot = maker.init().name();
      bystander.init();
      other.init();

      expired(other, slot)
          .hasMessageContaining("pgdeltastream/maker")
          .hasMessageNotContaining("bystander");
      assertThatThrownBy(() -> other.slots.snapshots().closeSnapshot(slot))
          .hasMessageContaining("pgdeltastream/maker");

      maker.slots.snapshots().closeSnapshot(slot);

      await("the holder's end")
          .untilAsserted(() -> expired(other, slot).hasMessageContaining("is closed"));
      expired(maker, slot).hasMessageContaining("is closed");
    }
  }

  @Test
  void endsWithThePostgresThatHeldIt() throws Exception {
    try (TestRegistry server = new TestRegistry(database)) {
      SlotName slot = server.init().name();
      database.execute(
          "select pg_terminate_backend(pid) from pg_stat_activity"
              + " where query like '%pg_export_snapshot%' and state = 'idle in transaction'");
      await("its end").untilAsserted(() -> expired(server, slot));
    }
  }

  @Test
  void isNotMadeWhileAWriterStaysOpen() throws Exception {
    try (TestRegistry server = new TestRegistry(database);
        var writer = database.connect();
        Statement statement = writer.createStatement()) {
      statement.execute("begin; update users set id = id");
      assertThatThrownBy(server::init)
          .isInstanceOfSatisfying(
              ProblemException.class,
              e -> assertThat(e.problem()).isEqualTo(Problem.BLOCKED_BY_OPEN_TRANSACTION));
      statement.execute("rollback");
      assertThat(database.text("select count(*) from pg_replication_slots")).isEqualTo("0");
      assertThat(server.init().name()).isNotNull();
    }
  }

  @ParameterizedTest
  @EnumSource(TableFormat.class)
  void endsAReadThatGoesOnWhenTheSnapshotHasItsGreatestAge(TableFormat format) throws Exception {
    database.execute(
        "create table if not exists wide as"
            + " select i, repeat('x', 1000) t from generate_series(1, 5000) i");
    TableRequest wide =
        new TableRequest("wide", Optional.empty(), List.of(), TableRequest.Part.WHOLE);
    try (TestRegistry server = new TestRegistry(database, "snapshot-maximum", "2")) {
      SlotName slot = server.init().name();
      ByteArrayOutputStream sent = new ByteArrayOutputStream();
      OutputStream slow = new OutputStream() { // each piece takes longer than the snapshot may live
            @Override
            public void write(int one) {
              throw new AssertionError("a table comes in pieces");
            }

            @Override
            public void write(byte[] bytes, int start, int length) {
              awaitClosed(server, slot);
              sent.write(bytes, start, length);
            }
          };
      assertThatThrownBy(
              () ->
                  server.slots.snapshots().readTable(Optional.of(slot), wide, format, name -> slow))
          .isInstanceOfSatisfying(
              ProblemException.class,
              e -> {
                assertThat(e.problem()).isEqualTo(Problem.SNAPSHOT_EXPIRED);
                assertThat(e).hasMessageContaining("too old to be read any longer");
                assertThat(e.hint()).contains("pgdelta.snapshot-maximum");
              });
      assertThat(
              database.text(
                  "select count(*) from pg_stat_activity"
                      + " where backend_xmin is not null and query ilike 'copy%'"))
          .as("reads that hold back vacuum")
          .isEqualTo("0");
      if (format != TableFormat.ARRAY) { // which is broken without its end
        assertThat(sent.toString(StandardCharsets.UTF_8).lines())
            .as("whole rows, so that a last line can follow")
            .hasSizeGreaterThan(60)
            .allMatch(line -> line.equals("i,t") || line.endsWith(rowEnd(format)));
        assertThat(sent.toString(StandardCharsets.UTF_8)).endsWith(rowEnd(format) + "\n");
      }
    }
  }

  private static String rowEnd(TableFormat format) {
    return format == TableFormat.CSV || format == TableFormat.CSV_WITH_END ? "xxx" : "xxx\"}";
  }

  @Test
  void endsAReadThatPostgresEndsAtTheSnapshotsGreatestAge() throws Exception {
    database.execute("create table if not exists locked(id int primary key)");
    TableRequest locked =
        new TableRequest("locked", Optional.empty(), List.of(), TableRequest.Part.WHOLE);
    try (TestRegistry server = new TestRegistry(database, "snapshot-maximum", "3");
        var owner = database.connect();
        Statement statement = owner.createStatement()) {
      Optional<SlotName> slot = Optional.of(server.init().name());
      statement.execute("begin; lock table locked in access exclusive mode");
      OutputStream nowhere = OutputStream.nullOutputStream();
      assertThatThrownBy(
              () ->
                  server
                      .slots
                      .snapshots()
                      .readTable(slot, locked, TableFormat.LINES, name -> nowhere))
          .isInstanceOfSatisfying(
              ProblemException.class,
              e -> assertThat(e.problem()).isEqualTo(Problem.SNAPSHOT_EXPIRED))
          .hasMessageContaining("too old to be read any longer");
      statement.execute("rollback");
    }
  }

  private static void awaitClosed(TestRegistry server, SlotName slot) {
    await("the snapshot's end")
        .atMost(Duration.ofSeconds(10))
        .until(() -> server.slots.reports().of(slot).snapshot().isEmpty());
  }

  private static Instant expires(TestRegistry server, SlotName slot) {
    return server.slots.reports().of(slot).snapshot().orElseThrow().expires();
  }

  private static AbstractThrowableAssert<?, ?> expired(TestRegistry server, SlotName slot) {
    return assertThatThrownBy(() -> server.slots.snapshots().readPage(Optional.of(slot), PAGE))
        .isInstanceOfSatisfying(
            ProblemException.class,
            e -> {
              assertThat(e.problem()).isEqualTo(Problem.SNAPSHOT_EXPIRED);
              assertThat(e.hint()).isNotEmpty();
            });
  }

  /** Takes a table's first bytes, and the rest when it is told to. */
  private static final class SlowReader {
    final CountDownLatch hasBegun = new CountDownLatch(1);
    private final CountDownLatch mayGoOn = new CountDownLatch(1);
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final CompletableFuture<Void> end;

    SlowReader(TestRegistry server, SlotName slot) {
      TableRequest users =
          new TableRequest("users", Optional.empty(), List.of(), TableRequest.Part.WHOLE);
      end =
          CompletableFuture.runAsync(
              () -> {
                try {
                  server
                      .slots
                      .snapshots()
                      .readTable(Optional.of(slot), users, TableFormat.LINES, this::begin);
                } catch (IOException e) {
                  throw new UncheckedIOException(e);
                }
              });
    }

    private ByteArrayOutputStream begin(SlotName slot) {
      hasBegun.countDown();
      try {
        mayGoOn.await();
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
      return bytes;
    }

    String finish() {
      mayGoOn.countDown();
      end.join();
      return bytes.toString(StandardCharsets.UTF_8);
    }
  }
}
