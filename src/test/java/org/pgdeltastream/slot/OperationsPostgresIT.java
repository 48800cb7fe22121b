package org.pgdeltastream.slot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.change.Problem;
import org.pgdeltastream.change.ProblemException;
import org.pgdeltastream.change.SlotName;
import org.pgdeltastream.change.TableRequest;
import org.pgdeltastream.change.option.ChangeOptions;
import org.pgdeltastream.delivery.CloseReason;
import org.pgdeltastream.replication.SlotAdvance;
import org.pgdeltastream.slot.board.SnapshotReport;
import org.pgdeltastream.slot.board.StatusReport;
import org.pgdeltastream.slot.lease.TableFormat;
import org.pgdeltastream.slot.stream.SlotReport;
import org.pgdeltastream.slot.stream.StreamOptions;
import org.pgdeltastream.support.RecordingSubscriber;
import org.pgdeltastream.support.ServerLog;
import org.pgdeltastream.support.TestDatabase;

/** What operators see and do, against PostgreSQL itself. */
@Timeout(value = 180, unit = TimeUnit.SECONDS)
class OperationsPostgresIT {
  private static final Duration SOON = Duration.ofSeconds(30);
  private static final int ROWS = 100_000;

  private static TestDatabase database;
  private static ServerLog log;

  private TestRegistry server;
  private Operations operations;

  @BeforeAll
  static void start(@TempDir Path directory) throws Exception {
    database =
        TestDatabase.embedded(ServerLog.settings(directory, "max_slot_wal_keep_size", "2GB"));
    log = ServerLog.of(database, directory);
    log.role();
    database.execute("create table t (id int primary key, filler text)");
    database.execute(
        "create table big as select i as id, repeat('x', 100) as filler from generate_series(1, "
            + ROWS
            + ") i; alter table big add primary key (id); analyze big");
  }

  @AfterAll
  static void stop() throws Exception {
    database.close();
  }

  @BeforeEach
  void begin() {
    server = new TestRegistry(database, "database-user", "delta", "node", "watched");
    operations = server.slots.operations();
  }

  @AfterEach
  void end() throws Exception {
    server.close();
    database.execute("truncate t");
  }

  @Test
  void showsWhatPostgresKeepsForASlot() throws Exception {
    SlotName slot = server.init().name();
    database.execute("insert into t select i, repeat('y', 1000) from generate_series(1, 2000) i");
    database.execute("checkpoint"); // what is not written out does not count
    String kept =
        database.text(
            "select pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn)::bigint"
                + " from pg_replication_slots where slot_name = '"
                + slot
                + "'");
    SlotReport shown = server.slots.reports().of(slot);
    assertThat(shown.wal().retainedBytes()).isGreaterThanOrEqualTo(Long.parseLong(kept));
    assertThat(shown.wal().lagBytes()).isBetween(2_000_000L, shown.wal().retainedBytes());
    assertThat(shown.wal().limitBytes()).hasValue(2L << 30);
    assertThat(shown.wal().safeBytes().orElseThrow()).isBetween(1L << 30, (2L << 30) + (64 << 20));
    assertThat(shown.inactiveSince()).isPresent();
    assertThat(shown.seen().stale()).isFalse();
    RecordingSubscriber client = new RecordingSubscriber();
    server.slots.stream(StreamOptions.of(slot), client);
    client.nextWithChange();
    assertThat(server.slots.reports().of(slot).inactiveSince()).as("while it streams").isEmpty();
  }

  /** Of ten pages and a scraper that ask at the same time, as PostgreSQL's own log tells. */
  @Test
  void asksOnceASecondForAllAndOpensNoConnection() throws Exception {
    server.init();
    server.stopChecks();
    operations.status();
    log.begin();
    long begin = System.nanoTime();
    for (int i = 0; i < 300; i++) {
      assertThat(operations.status().slots()).hasSize(1);
      assertThat(operations.slots()).hasSize(1);
      operations.snapshots();
    }
    double seconds = (System.nanoTime() - begin) / 1e9;
    assertThat(log.connections()).isZero();
    assertThat(log.count("from pg_catalog.pg_replication_slots where not temporary"))
        .isBetween(0L, (long) seconds + 1);
  }

  @Test
  void showsASlotAsSoonAsItIsMadeAndNoMoreWhenItIsDropped() {
    assertThat(operations.slots()).isEmpty();
    SlotName slot = server.init().name();
    assertThat(operations.slots()).extracting(SlotReport::name).containsExactly(slot);
    server.slots.drop(slot, false);
    assertThat(operations.slots()).isEmpty();
  }

  @Test
  void showsTheServerAndPostgres() throws Exception {
    server.init();
    operations.status();
    await("a rate of WAL")
        .atMost(SOON)
        .until(
            () -> {
              database.execute("insert into t select coalesce(max(id), 0) + 1 from t");
              return operations.status().upstream().walBytesPerSecond().orElse(0) > 0;
            });
    StatusReport status = operations.status();
    assertThat(status.server().node()).isEqualTo("watched");
    assertThat(status.server().streamsLimit()).isEqualTo(64);
    assertThat(status.upstream().stale()).isFalse();
    assertThat(status.upstream().server().version())
        .isEqualTo(database.text("select current_setting('server_version')"));
    assertThat(status.upstream().server().slotsUsed()).isEqualTo(1);
    assertThat(status.snapshots()).hasSize(1);
  }

  @Test
  void closesAClientThatMayComeBack() throws Exception {
    SlotName slot = server.init().name();
    refused(() -> operations.closeClient(slot, "a test"), Problem.SLOT_BUSY, "to nobody");
    RecordingSubscriber client = new RecordingSubscriber();
    server.slots.stream(StreamOptions.of(slot), client);
    database.execute("insert into t values (1)");
    client.nextWithChange();
    operations.closeClient(slot, "a test");
    assertThat(client.closed().reason()).isEqualTo(CloseReason.OPERATOR);
    RecordingSubscriber again = new RecordingSubscriber();
    server.slots.stream(StreamOptions.of(slot), again);
    assertThat(again.nextWithChange()).contains("[1,null]");
    refused(
        () -> operations.closeClient(new SlotName("delta_none"), "a test"),
        Problem.SLOT_NOT_FOUND,
        "delta_none");
  }

  @Test
  void advancesASlotAndTellsItsNextClient() throws Exception {
    SlotName slot = server.init().name();
    server.slots.snapshots().closeSnapshot(slot);
    database.execute("insert into t select i, repeat('y', 1000) from generate_series(1, 9000) i");
    database.execute("checkpoint"); // what is not written out cannot be passed
    SlotAdvance.Moved moved = operations.advance(slot, Optional.empty(), "a test");
    assertThat(moved.freedBytes()).as("freed").isGreaterThan(9_000_000);
    assertThat(moved.after().retainedBytes()).isLessThan(1_000_000);
    assertThat(server.slots.reports().of(slot).confirmedFlush())
        .contains(moved.after().confirmed());
    refused(
        () -> operations.advance(slot, Optional.of(moved.before().confirmed()), "a test"),
        Problem.BAD_REQUEST,
        "beyond");

    RecordingSubscriber told = new RecordingSubscriber();
    server.slots.stream(StreamOptions.of(slot), told);
    assertThat(told.closed().reason()).isEqualTo(CloseReason.POSITION_LOST);
    RecordingSubscriber behind = new RecordingSubscriber();
    server.slots.stream(from(slot, moved.before().confirmed(), false), behind);
    assertThat(behind.closed().reason()).isEqualTo(CloseReason.POSITION_LOST);
    RecordingSubscriber accepting = new RecordingSubscriber();
    server.slots.stream(from(slot, moved.before().confirmed(), true), accepting);
    database.execute("insert into t values (10000)");
    assertThat(accepting.nextWithChange()).contains("[10000,null]");
    refused(
        () -> operations.advance(slot, Optional.empty(), "a test"),
        Problem.SLOT_BUSY,
        "being streamed");
    operations.closeClient(slot, "a test");
    accepting.closed();
    RecordingSubscriber knows = new RecordingSubscriber();
    server.slots.stream(StreamOptions.of(slot), knows);
    assertThat(knows.nextWithChange()).as("its next client was told").contains("[10000,null]");
  }

  /** Up to a transaction that a client has seen elsewhere: only what is behind it comes. */
  @Test
  void advancesASlotToAPosition() throws Exception {
    SlotName slot = server.init().name();
    database.execute("insert into t values (1)");
    database.execute("checkpoint");
    Lsn to = Lsn.parse(database.text("select pg_current_wal_lsn()"));
    database.execute("insert into t values (2)");
    SlotAdvance.Moved moved = operations.advance(slot, Optional.of(to), "a test");
    assertThat(moved.after().confirmed()).isEqualTo(to);
    RecordingSubscriber client = new RecordingSubscriber();
    server.slots.stream(from(slot, to, false), client);
    assertThat(client.nextWithChange()).contains("[2,null]");
  }

  @Test
  void leavesAFeedsSlotToTheFeed() throws Exception {
    server.slots.feeds().make(server.slots.feeds().usual("main", List.of()));
    SlotName slot = new SlotName("delta_feed_main");
    refused(() -> operations.closeClient(slot, "a test"), Problem.SLOT_BUSY, "feed");
    refused(() -> operations.advance(slot, Optional.empty(), "a test"), Problem.SLOT_BUSY, "feed");
    assertThat(operations.status().feeds()).hasSize(1);
  }

  @Test
  void showsHowFarATableIsRead() throws Exception {
    SlotName slot = server.init().name();
    CountDownLatch goesOn = new CountDownLatch(1);
    Thread reader =
        new Thread(
            () -> {
              try {
                server
                    .slots
                    .snapshots()
                    .readTable(
                        Optional.of(slot),
                        new TableRequest(
                            "big", Optional.empty(), List.of(), TableRequest.Part.WHOLE),
                        TableFormat.LINES,
                        any -> new StoppingOutput(goesOn));
              } catch (IOException e) {
                throw new AssertionError(e);
              }
            });
    reader.start();
    try {
      await("a third of the rows")
          .atMost(SOON)
          .until(() -> reads().stream().anyMatch(read -> read.rows() > ROWS / 3));
      SnapshotReport.Read read = reads().get(0);
      assertThat(read.rows()).isLessThan(ROWS);
      assertThat(read.bytes()).isGreaterThan(100L * ROWS / 3);
      assertThat(read.estimatedRows()).hasValue(ROWS);
      assertThat(read.request().table()).isEqualTo("big");
    } finally {
      goesOn.countDown();
      reader.join(SOON.toMillis());
    }
    assertThat(reads()).isEmpty();
  }

  private List<SnapshotReport.Read> reads() {
    return operations.snapshots().get(0).reads();
  }

  /** Takes half of the table, and then nothing until it is told to. */
  private static final class StoppingOutput extends OutputStream {
    private final CountDownLatch goesOn;
    private long taken;

    StoppingOutput(CountDownLatch goesOn) {
      this.goesOn = goesOn;
    }

    @Override
    public void write(int one) throws IOException {
      write(new byte[] {(byte) one}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int start, int length) throws IOException {
      taken += length;
      try {
        if (taken > 120L * ROWS / 2 && !goesOn.await(SOON.toSeconds(), TimeUnit.SECONDS)) {
          throw new IOException("not told to go on");
        }
      } catch (InterruptedException e) {
        throw new IOException(e);
      }
    }
  }

  private static StreamOptions from(SlotName slot, Lsn from, boolean gapAccepted) {
    return new StreamOptions(
        slot, List.of(), ChangeOptions.usual(), Optional.of(from), gapAccepted, false, false, 0);
  }

  private static void refused(ThrowingCallable call, Problem problem, String why) {
    assertThatThrownBy(call)
        .hasMessageContaining(why)
        .isInstanceOfSatisfying(
            ProblemException.class, e -> assertThat(e.problem()).isEqualTo(problem));
  }

  /** In a database of its own, which goes away. */
  @Test
  void showsTheLastThatWasSeenWhilePostgresIsAway() throws Exception {
    try (TestDatabase other = TestDatabase.embedded(Map.of())) {
      TestRegistry away = new TestRegistry(other);
      try {
        SlotName slot = away.init().name();
        Operations shown = away.slots.operations();
        assertThat(shown.status().upstream().stale()).isFalse();
        assertThat(shown.wasReached(true)).isTrue();
        other.stop("INT");
        await("it is known to be away").atMost(SOON).until(() -> !shown.wasReached(true));
        assertThat(shown.wasReached(false)).as("ready").isTrue();
        StatusReport status = shown.status();
        assertThat(status.upstream().stale()).isTrue();
        assertThat(status.slots()).extracting(SlotReport::name).containsExactly(slot);
        assertThat(status.slots().get(0).seen().stale()).isTrue();
        refused(
            () -> shown.advance(slot, Optional.empty(), "a test"),
            Problem.UPSTREAM_UNAVAILABLE,
            "");
        other.startAgain();
        await("it is known to be back").atMost(SOON).until(() -> shown.wasReached(true));
        assertThat(shown.slot(slot).seen().stale()).isFalse();
      } finally {
        away.close();
      }
    }
  }
}
