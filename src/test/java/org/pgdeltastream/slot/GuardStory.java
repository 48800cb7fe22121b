package org.pgdeltastream.slot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Properties;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.change.OutputPlugin;
import org.pgdeltastream.change.SlotName;
import org.pgdeltastream.delivery.CloseReason;
import org.pgdeltastream.slot.guard.GuardAction;
import org.pgdeltastream.slot.stream.SlotReport;
import org.pgdeltastream.slot.stream.StreamOptions;
import org.pgdeltastream.support.RecordingSubscriber;
import org.pgdeltastream.support.TestDatabase;
import org.postgresql.PGConnection;
import org.postgresql.replication.PGReplicationStream;

/** The guard's rules on a PostgreSQL: each does what it says, and only then. */
@Execution(ExecutionMode.CONCURRENT) // each test waits, with a server of its own
abstract class GuardStory {
  private static final Duration DEADLINE = Duration.ofSeconds(60);
  private static final int THREE_LOOKS_MILLIS = 12_000;

  private TestDatabase database;

  @SuppressWarnings("NullAway.Init") // each test starts it with rules of its own
  private TestRegistry registry;

  abstract TestDatabase startDatabase() throws IOException;

  @BeforeEach
  void startServer() throws Exception {
    database = startDatabase();
    database.execute("create table t (id int primary key)");
    database.execute("create publication p for table t");
  }

  @AfterEach
  void stop() throws Exception {
    try {
      registry.close();
    } finally {
      database.close();
    }
  }

  private void start(String rules, String... settings) {
    String[] all = new String[settings.length + 2];
    all[0] = "guard";
    all[1] = rules;
    System.arraycopy(settings, 0, all, 2, settings.length);
    registry = new TestRegistry(database, all);
  }

  /** A slot without a snapshot, which nobody streams. */
  private SlotName abandoned() {
    SlotName name = withSnapshot();
    registry.slots.snapshots().closeSnapshot(name);
    return name;
  }

  private SlotName withSnapshot() {
    return registry
        .slots
        .create(new InitRequest(Optional.of(OutputPlugin.PGOUTPUT), List.of("p"), Optional.empty()))
        .name();
  }

  /** WAL that says nothing to anybody. */
  private void write(int megabytes) throws SQLException {
    database.execute(
        "select pg_logical_emit_message(false, 'noise', repeat('x', 1000000))"
            + " from generate_series(1, "
            + (megabytes + megabytes / 10)
            + ")");
  }

  private boolean isThere(SlotName slot) throws SQLException {
    return database
        .text("select count(*) from pg_replication_slots where slot_name = '" + slot + "'")
        .equals("1");
  }

  private RecordingSubscriber stream(SlotName slot) {
    RecordingSubscriber client = new RecordingSubscriber();
    StreamOptions usual = StreamOptions.of(slot);
    registry.slots.stream(
        new StreamOptions(
            slot,
            List.of("p"),
            usual.changes(),
            Optional.<Lsn>empty(),
            false,
            false,
            false,
            usual.window()),
        client);
    return client;
  }

  private SlotReport.Guard guard(SlotName slot) {
    return registry.slots.guard().of(slot).orElseThrow();
  }

  /** Not before the guard has looked. */
  private boolean isSeen(SlotName slot, String state) {
    return registry.slots.guard().of(slot).filter(seen -> seen.state().equals(state)).isPresent();
  }

  private static void until(Callable<Boolean> condition) {
    await().atMost(DEADLINE).pollInterval(Duration.ofMillis(100)).until(condition);
  }

  /** What must not happen does not while the rule has been found to hold, and for three looks. */
  private void staysThereWhile(SlotName slot, String state) throws SQLException {
    until(() -> isSeen(slot, state));
    await()
        .during(Duration.ofMillis(THREE_LOOKS_MILLIS))
        .atMost(DEADLINE)
        .pollInterval(Duration.ofMillis(500))
        .until(() -> isThere(slot) && isSeen(slot, state));
    assertThat(registry.slots.guard().actions(GuardAction.DROP)).isZero();
  }

  @Test
  void warnsOnceInTheLogAndInTheSlot() throws Exception {
    start("*: warn@5MB");
    SlotName slot = abandoned();
    write(6);
    until(() -> isSeen(slot, "warned"));

    SlotReport report = registry.slots.reports().of(slot);
    assertThat(report.guard().flatMap(SlotReport.Guard::rule)).contains("warn@5MB");
    assertThat(report.warnings())
        .anySatisfy(text -> assertThat(text).startsWith("It keeps ").contains("rule warn@5MB"));
    assertThat(registry.slots.guard().actions(GuardAction.WARN)).isEqualTo(1);
    assertThat(registry.slots.operations().status().guard().rules()).isEqualTo("*: warn@5MB");
  }

  @Test
  void closesAClientThatKeepsMuchAndLetsItComeBack() throws Exception {
    start("*: close@5MB");
    SlotName slot = abandoned();
    RecordingSubscriber client = stream(slot);
    database.execute("insert into t select coalesce(max(id), 0) + 1 from t");
    client.nextWithChange(); // and nothing is acknowledged
    write(6);

    assertThat(client.closed().reason()).isEqualTo(CloseReason.SLOW_SUBSCRIBER);
    assertThat(client.closed().detail())
        .startsWith("closed by the guard: its slot keeps ")
        .endsWith(" (close@5MB)");
    until(() -> registry.slots.guard().actions(GuardAction.CLOSE) == 1);
    assertThat(stream(slot).nextWithChange()).contains("\"t\"");
    until(() -> guard(slot).lastAction().filter(at -> at.action().equals("close")).isPresent());
  }

  @Test
  void advancesAndTellsTheNextClient() throws Exception {
    start("*: advance@5MB");
    SlotName slot = abandoned();
    Lsn before = registry.slots.reports().of(slot).confirmedFlush().orElseThrow();
    write(6);
    until(() -> registry.slots.guard().actions(GuardAction.ADVANCE) == 1);

    assertThat(registry.slots.reports().of(slot).confirmedFlush().orElseThrow().isAfter(before))
        .isTrue();
    RecordingSubscriber client = stream(slot);
    assertThat(client.closed().reason()).isEqualTo(CloseReason.POSITION_LOST);
    assertThat(client.closed().detail()).contains("by the guard");
    until(() -> guard(slot).lastAction().filter(at -> at.action().equals("advance")).isPresent());
  }

  @Test
  void dropsAndTellsTheClientThatComesBack() throws Exception {
    start("*: drop@5MB");
    SlotName slot = abandoned();
    RecordingSubscriber client = stream(slot);
    database.execute("insert into t select coalesce(max(id), 0) + 1 from t");
    client.nextWithChange();
    write(6);

    assertThat(client.closed().reason()).isEqualTo(CloseReason.SLOW_SUBSCRIBER);
    until(() -> !isThere(slot));
    until(() -> registry.slots.guard().actions(GuardAction.DROP) == 1);
    RecordingSubscriber back = stream(slot);
    assertThat(back.closed().reason()).isEqualTo(CloseReason.SLOT_NOT_FOUND);
    assertThat(back.closed().detail())
        .startsWith("dropped by the guard: kept ")
        .endsWith(" (drop@5MB)");
  }

  @Test
  void dropsWhatNobodyStreamsForATimeAndNothingElse() throws Exception {
    start("delta_*: drop@idle:15s", "ping-interval", "600"); // the client answers none
    SlotName streamed = abandoned();
    RecordingSubscriber client = stream(streamed);
    until(() -> registry.slots.reports().of(streamed).active());
    SlotName slot = abandoned();

    until(() -> !isThere(slot));
    assertThat(isThere(streamed)).isTrue();
    assertThat(client.isClosed()).isFalse();
  }

  @Test
  void doesNothingInADryRun() throws Exception {
    start("*: drop@5MB", "guard-dry-run", "true");
    SlotName slot = abandoned();
    write(6);
    staysThereWhile(slot, "held");
    assertThat(guard(slot).detail().orElseThrow()).contains("would drop it").contains("dry-run");
  }

  @Test
  void leavesASlotThatAForeignProgramStreams() throws Exception {
    start("*: drop@5MB");
    SlotName slot = abandoned();
    try (Connection foreign = foreign();
        PGReplicationStream stream =
            foreign
                .unwrap(PGConnection.class)
                .getReplicationAPI()
                .replicationStream()
                .logical()
                .withSlotName(slot.value())
                .withSlotOption("proto_version", "1")
                .withSlotOption("publication_names", "p")
                .start()) {
      write(6);
      staysThereWhile(slot, "held");
      stream.forceUpdateStatus();
      assertThat(guard(slot).detail().orElseThrow()).contains("another server or program");
    }
  }

  private Connection foreign() throws SQLException {
    Properties properties = new Properties();
    properties.setProperty("user", database.user());
    properties.setProperty("password", database.password());
    properties.setProperty("replication", "database");
    properties.setProperty("assumeMinServerVersion", "10");
    properties.setProperty("preferQueryMode", "simple");
    return DriverManager.getConnection(database.jdbcUrl(), properties);
  }

  @Test
  void leavesASlotWhoseSnapshotIsOpenHereOrAtAnotherServer() throws Exception {
    start("*: drop@5MB");
    SlotName slot = withSnapshot();
    try (TestRegistry other = new TestRegistry(database, "guard", "*: drop@5MB", "node", "b")) {
      write(6);
      staysThereWhile(slot, "held");
      assertThat(other.slots.guard().actions(GuardAction.DROP)).isZero();
      registry.slots.snapshots().closeSnapshot(slot);
      until(() -> !isThere(slot));
    }
  }

  @Test
  void actsOnceWhereTwoServersSeeTheSame() throws Exception {
    start("*: drop@5MB");
    SlotName slot = abandoned();
    try (TestRegistry other = new TestRegistry(database, "guard", "*: drop@5MB", "node", "b")) {
      write(6);
      until(() -> !isThere(slot));
      until(() -> drops(registry) + drops(other) == 1);
      await()
          .during(Duration.ofSeconds(2))
          .atMost(DEADLINE)
          .until(() -> drops(registry) + drops(other) == 1);
    }
  }

  private static long drops(TestRegistry server) {
    return server.slots.guard().actions(GuardAction.DROP);
  }
}
