package org.pgdeltastream.slot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.pgdeltastream.change.HeapBudget;
import org.pgdeltastream.change.HeapShare;
import org.pgdeltastream.change.PageRequest;
import org.pgdeltastream.change.Problem;
import org.pgdeltastream.change.ProblemException;
import org.pgdeltastream.change.SlotName;
import org.pgdeltastream.change.option.ChangeOptions;
import org.pgdeltastream.delivery.CloseReason;
import org.pgdeltastream.slot.lease.SnapshotPage;
import org.pgdeltastream.slot.stream.SlotStream;
import org.pgdeltastream.slot.stream.StreamOptions;
import org.pgdeltastream.support.RecordingSubscriber;
import org.pgdeltastream.support.TestDatabase;

/** What happens where a megabyte is all that pages, messages and relations may have. */
@Timeout(value = 240, unit = TimeUnit.SECONDS)
@Execution(ExecutionMode.CONCURRENT) // each test waits, with a server of its own
class HeapPostgresIT {
  private static final int TABLES = 40; // a quarter of the budget holds six of them
  private static final int COLUMNS = 100;

  private TestDatabase database;
  private TestRegistry registry;
  private SlotName slot;

  @BeforeEach
  void start() throws Exception {
    database = TestDatabase.embedded();
    database.execute("create table t (id int primary key, v text)");
    registry =
        new TestRegistry(database, "heap-bytes", "1048576", "hold", "2", "pong-timeout", "600");
    slot = registry.init().name();
  }

  @AfterEach
  void stop() throws Exception {
    registry.close();
    database.close();
  }

  private HeapBudget heap() {
    return registry.heap;
  }

  private void awaitAllGivenBack() {
    await("all heap to be given back")
        .atMost(Duration.ofSeconds(20))
        .until(() -> heap().free() == heap().size());
  }

  @Test
  void forgetsRelationsByConnectingAnewBehindTheClient() throws Exception {
    RecordingSubscriber client = new RecordingSubscriber();
    SlotStream stream = registry.slots.stream(StreamOptions.of(slot), client);
    String columns =
        IntStream.range(0, COLUMNS).mapToObj(i -> ", c" + i + " int").collect(Collectors.joining());
    try (Connection connection = database.connect();
        Statement statement = connection.createStatement()) {
      for (int i = 0; i < TABLES; i++) {
        statement.execute("create table many_%d (id int%s)".formatted(i, columns));
        statement.execute("insert into many_%d (id) values (%d)".formatted(i, i));
        statement.execute("drop table many_%d".formatted(i));
        assertThat(client.nextWithChange())
            .contains("\"many_" + i + "\"", "\"columnvalues\":[" + i + ",null");
        assertThat(heap().free()).isGreaterThan(heap().size() / 2);
      }
    }
    assertThat(stream.isEnding()).isFalse();
    stream.clientGone();
    awaitAllGivenBack();
  }

  @Test
  void waitsForRoomForALargeRow() throws Exception {
    HeapShare others = heap().share();
    others.holdAnyway(900_000);
    RecordingSubscriber client = new RecordingSubscriber();
    SlotStream stream = begun(client);
    database.execute("insert into t values (2, repeat('x', 500000))");
    database.execute("insert into t values (3, 'behind it')");
    assertThat(client.isQuietFor(Duration.ofSeconds(3))).isTrue();
    assertThat(stream.isEnding()).isFalse();

    others.close();

    assertThat(client.nextWithChange()).hasSizeGreaterThan(500_000).contains("[2,\"xxx");
    assertThat(client.nextWithChange()).contains("[3,\"behind it\"]");
    stream.clientGone();
    awaitAllGivenBack();
  }

  @Test
  void tellsTheClientOfARowThatWillNeverHaveRoom() throws Exception {
    RecordingSubscriber client = new RecordingSubscriber();
    registry.slots.stream(StreamOptions.of(slot), client);
    database.execute("insert into t values (1, repeat('x', 3000000))");
    RecordingSubscriber.Closed closed = client.closed();
    assertThat(closed.reason()).isEqualTo(CloseReason.INTERNAL);
    assertThat(closed.detail()).contains("2 MB", "pgdelta.heap-bytes, 1 MB", "-Xmx");
    awaitAllGivenBack();
  }

  @Test
  void waitsForRoomForALogicalMessage() throws Exception {
    HeapShare others = heap().share();
    others.holdAnyway(500_000);
    RecordingSubscriber client = new RecordingSubscriber();
    SlotStream stream = begun(client);
    database.execute("select pg_logical_emit_message(false, 'p', repeat('x', 150000))");
    assertThat(client.isQuietFor(Duration.ofSeconds(4))).as("longer than it is held").isTrue();
    assertThat(stream.isEnding()).isFalse();

    others.close();

    assertThat(client.next()).contains("\"prefix\":\"p\"").hasSizeGreaterThan(150_000);
    stream.clientGone();
    awaitAllGivenBack();
  }

  @Test
  void leavesAtOnceWhereItWaitsForRoom() throws Exception {
    try (HeapShare others = heap().share()) {
      others.holdAnyway(500_000);
      RecordingSubscriber client = new RecordingSubscriber();
      SlotStream stream = begun(client);
      database.execute("select pg_logical_emit_message(false, 'p', repeat('x', 150000))");
      assertThat(client.isQuietFor(Duration.ofSeconds(1))).isTrue();
      stream.clientGone();
      assertThat(stream.awaitEnd(Duration.ofSeconds(15))).as("its end").isTrue();
    }
  }

  @Test
  void sendsALargeRowBehindAHalfFullMessageThatTakesNothing() throws Exception {
    RecordingSubscriber client = new RecordingSubscriber();
    SlotStream stream =
        registry.slots.stream(
            new StreamOptions(
                slot,
                List.of(),
                ChangeOptions.parse(
                    word -> Optional.of("900000").filter(value -> word.equals("max-message"))),
                Optional.empty(),
                false,
                false,
                false,
                0),
            client);
    database.execute(
        "insert into t select i, repeat('x', case i when 5 then 700000 else 90000 end)"
            + " from generate_series(1, 6) i");
    String all = "";
    while (!all.contains("[6,")) {
      all += client.nextWithChange();
    }
    assertThat(all).contains("[1,", "[2,", "[3,", "[4,", "[5,");
    stream.clientGone();
    awaitAllGivenBack();
  }

  @Test
  void learnsRelationsWhereOthersUseTheHeap() throws Exception {
    try (HeapShare others = heap().share()) {
      others.holdAnyway(heap().size());
      RecordingSubscriber client = new RecordingSubscriber();
      SlotStream stream = registry.slots.stream(StreamOptions.of(slot), client);
      String columns =
          IntStream.range(0, 400).mapToObj(i -> ", c" + i + " int").collect(Collectors.joining());
      database.execute("create table wide (id int%s)".formatted(columns));
      database.execute("insert into wide (id) values (7)");
      assertThat(client.nextWithChange()).contains("\"columnvalues\":[7,null");
      assertThat(heap().free()).isNegative();
      stream.clientGone();
    }
    awaitAllGivenBack();
  }

  @Test
  void closesAStreamWhoseLogicalMessageHasNoRoomForLong() throws Exception {
    HeapShare others = heap().share();
    others.holdAnyway(500_000);
    RecordingSubscriber client = new RecordingSubscriber();
    SlotStream starved = registry.slots.stream(StreamOptions.of(slot), client);
    database.execute("select pg_logical_emit_message(false, 'p', repeat('x', 150000))");
    assertThat(starved.awaitEnd(Duration.ofMinutes(3))).as("two waits of 20 s, or more").isTrue();
    RecordingSubscriber.Closed closed = client.closed();
    assertThat(closed.reason()).isEqualTo(CloseReason.LIMIT);
    assertThat(closed.detail()).contains("pgdelta.heap-bytes");
    others.close();

    RecordingSubscriber next = new RecordingSubscriber();
    SlotStream stream = registry.slots.stream(StreamOptions.of(slot), next);
    database.execute("insert into t values (1, 'x')");
    assertThat(next.next()).contains("\"prefix\":\"p\"").hasSizeGreaterThan(150_000);
    assertThat(next.nextWithChange()).contains("[1,\"x\"]");
    stream.clientGone();
    awaitAllGivenBack();
  }

  @Test
  void refusesAPageAndTakesTheNext() throws Exception {
    database.execute("insert into t select i, repeat('x', 1000) from generate_series(1, 2000) i");
    SlotName made = registry.init().name();
    assertRefused(made, 2_000, Problem.PAYLOAD_TOO_LARGE);
    try (HeapShare others = heap().share()) {
      others.holdAnyway(500_000);
      assertRefused(made, 800, Problem.UPSTREAM_BUSY);
      registry.slots.snapshots().readPage(Optional.of(made), page(50)).close();
    }
    try (SnapshotPage page = registry.slots.snapshots().readPage(Optional.of(made), page(800))) {
      assertThat(page.json().size()).isGreaterThan(800_000);
      assertThat(heap().free()).isLessThan(heap().size());
    }
    assertThat(heap().free()).isEqualTo(heap().size());
  }

  /** A stream that has sent a small row. */
  private SlotStream begun(RecordingSubscriber client) throws Exception {
    SlotStream stream = registry.slots.stream(StreamOptions.of(slot), client);
    database.execute("insert into t values (1, 'small')");
    assertThat(client.nextWithChange()).contains("[1,\"small\"]");
    return stream;
  }

  private void assertRefused(SlotName slot, int rows, Problem problem) {
    assertThatThrownBy(() -> registry.slots.snapshots().readPage(Optional.of(slot), page(rows)))
        .isInstanceOfSatisfying(
            ProblemException.class,
            refused -> {
              assertThat(refused.problem()).isEqualTo(problem);
              assertThat(refused.hint()).contains("pgdelta.heap-bytes");
            });
    HeapBudget heap = heap();
    assertThat(heap.free()).isGreaterThanOrEqualTo(heap.size() - 500_000);
  }

  private static PageRequest page(int limit) {
    return new PageRequest("t", Optional.empty(), 0, limit, List.of(), List.of());
  }
}
