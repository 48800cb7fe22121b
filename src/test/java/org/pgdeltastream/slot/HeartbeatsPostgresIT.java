package org.pgdeltastream.slot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.pgdeltastream.change.OutputPlugin;
import org.pgdeltastream.change.SlotName;
import org.pgdeltastream.delivery.Delays;
import org.pgdeltastream.delivery.StreamCounts;
import org.pgdeltastream.slot.stream.StreamOptions;
import org.pgdeltastream.support.NeedsWal2Json;
import org.pgdeltastream.support.RecordingSubscriber;
import org.pgdeltastream.support.TestDatabase;

/** Heartbeats in PostgreSQL's WAL: seen here, shown to no client. */
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class HeartbeatsPostgresIT {
  private static final Duration SOON = Duration.ofSeconds(30);
  private static final String[] EACH_SECOND = {"heartbeat", "1"};

  @Test
  void measuresHowLongAnIdleServersTake() throws Exception {
    Map<String, String> idle = Map.of("fsync", "on", "synchronous_commit", "on");
    try (TestDatabase database = TestDatabase.embedded(idle);
        TestRegistry registry = new TestRegistry(database, EACH_SECOND)) {
      database.execute("create table t (id int primary key)");
      RecordingSubscriber client = stream(registry, OutputPlugin.PGOUTPUT);
      Operations operations = registry.slots.operations();
      await("the stream").atMost(SOON).until(() -> !operations.measured().streams().isEmpty());
      StreamCounts counts = operations.measured().streams().get(0).counts();
      await("a heartbeat that comes at once, though nobody else writes")
          .atMost(SOON)
          .until(() -> soon(counts.heartbeatDelays().counts()) >= 2);
      assertThat(counts.get(StreamCounts.Count.FILTERED)).isZero();
      database.execute("insert into t values (1)");
      assertThat(client.nextWithChange()).contains("[1]");
      assertThat(operations.measured().heartbeatsFailed()).isZero();
    }
  }

  @Test
  @NeedsWal2Json
  void showsThemToNoClientOfEitherPlugin() throws Exception {
    try (TestDatabase database = TestDatabase.system();
        TestRegistry registry = new TestRegistry(database, EACH_SECOND)) {
      database.execute("create table t (id int primary key)");
      List<RecordingSubscriber> clients =
          List.of(
              stream(registry, OutputPlugin.PGOUTPUT),
              stream(registry, OutputPlugin.WAL2JSON),
              stream(registry, OutputPlugin.WAL2JSON));
      await("three heartbeats")
          .atMost(SOON)
          .until(() -> registry.slots.operations().measured().heartbeats() >= 3);
      database.execute("select pg_logical_emit_message(false, 'theirs', 'seen')");
      database.execute("insert into t values (1)");
      for (RecordingSubscriber client : clients) {
        assertThat(client.nextWithChange()).contains("theirs");
        assertThat(client.nextWithChange()).contains("[1]");
      }
    }
  }

  @Test
  void writesNoneUnlessAskedTo() throws Exception {
    try (TestDatabase database = TestDatabase.embedded();
        TestRegistry registry = new TestRegistry(database)) {
      Heartbeats none = heartbeats(registry, Duration.ZERO, true);
      none.check();
      assertThat(none.written()).isZero();
      Heartbeats idle = heartbeats(registry, Duration.ofHours(1), false);
      idle.check();
      assertThat(idle.written()).as("it reads no slot").isZero();
      Heartbeats some = heartbeats(registry, Duration.ofHours(1), true);
      some.check();
      some.check();
      assertThat(some.written()).as("one an hour").isEqualTo(1);
    }
  }

  /** A standby's server cannot; that is no failure. */
  @Test
  void writesNoneOnAStandby() throws Exception {
    try (TestDatabase database = TestDatabase.embedded()) {
      database.stop("INT");
      database.becomeStandby();
      database.startAgain();
      try (TestRegistry registry = new TestRegistry(database, EACH_SECOND)) {
        Heartbeats always = heartbeats(registry, Duration.ofSeconds(1), true);
        always.check();
        assertThat(always.written() + always.failed()).isZero();
      }
    }
  }

  private static Heartbeats heartbeats(TestRegistry registry, Duration every, boolean reads) {
    return new Heartbeats(registry.connector(), every, () -> reads, Runnable::run);
  }

  private static RecordingSubscriber stream(TestRegistry registry, OutputPlugin plugin) {
    SlotName slot =
        registry
            .slots
            .create(new InitRequest(Optional.of(plugin), List.of(), Optional.empty()))
            .name();
    RecordingSubscriber client = new RecordingSubscriber();
    registry.slots.stream(StreamOptions.of(slot), client);
    return client;
  }

  /** How many took a second at most. */
  private static long soon(long[] counts) {
    double[] bounds = Delays.bounds();
    return IntStream.range(0, counts.length)
        .filter(at -> bounds[at] <= 1)
        .mapToLong(at -> counts[at])
        .sum();
  }
}
