package org.pgdeltastream.slot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.pgdeltastream.change.ProblemException;
import org.pgdeltastream.change.SlotName;
import org.pgdeltastream.delivery.CloseReason;
import org.pgdeltastream.slot.database.Database;
import org.pgdeltastream.slot.database.Settings;
import org.pgdeltastream.slot.stream.SlotStream;
import org.pgdeltastream.slot.stream.StreamOptions;
import org.pgdeltastream.support.RecordingSubscriber;
import org.pgdeltastream.support.TestDatabase;

/** Of a slot something is known here only while there is something to know. */
@Timeout(value = 180, unit = TimeUnit.SECONDS)
class RememberedNamesPostgresIT {
  private static TestDatabase database;

  @BeforeAll
  static void start() throws Exception {
    database = TestDatabase.embedded();
  }

  @AfterAll
  static void stop() throws Exception {
    database.close();
  }

  @Test
  void forgetsTenThousandsOfNamesThatClientsInvent() throws Exception {
    try (TestRegistry server = new TestRegistry(database, "slot-pattern", "delta_*")) {
      server.init();
      for (int i = 0; i < 10_500; i++) {
        String name = (i % 200 == 0 ? "delta_" : "other_") + i; // PostgreSQL is asked for some
        RecordingSubscriber client = new RecordingSubscriber();
        server.slots.newStream(StreamOptions.of(new SlotName(name)), client).run();
        assertThat(client.closed().reason())
            .isIn(CloseReason.SLOT_NOT_FOUND, CloseReason.WRONG_SLOT_KIND);
      }
      assertThat(server.slots.known()).as("the one that is there").isEqualTo(1);
    }
  }

  @Test
  void forgetsANameWhereNoThreadWasFree() {
    Settings settings =
        Settings.read(
            name ->
                switch (name) {
                  case "pgdelta.database-url" -> database.jdbcUrl();
                  case "pgdelta.database-user" -> database.user();
                  default -> null;
                });
    SlotRegistry slots =
        new SlotRegistry(
            Database.open(settings, Optional.empty(), Optional.empty()),
            settings,
            task -> {
              throw new java.util.concurrent.RejectedExecutionException("thrown by the test");
            });
    SlotStream stream =
        slots.newStream(StreamOptions.of(new SlotName("delta_x")), new RecordingSubscriber());
    assertThatThrownBy(stream::start).isInstanceOf(ProblemException.class);
    assertThat(slots.known()).isZero();
  }

  @Test
  void forgetsASlotThatWasDroppedElsewhereOnceItsSnapshotIsClosed() throws Exception {
    try (TestRegistry server = new TestRegistry(database)) {
      SlotName slot = server.init().name();
      database.execute("select pg_drop_replication_slot('" + slot + "')");
      assertThat(server.slots.reports().all()).isEmpty();
      assertThat(server.slots.known()).as("its snapshot is open").isEqualTo(1);
      server.slots.snapshots().closeSnapshot(slot);
      assertThat(server.slots.reports().all()).isEmpty();
      assertThat(server.slots.known()).isZero();
    }
  }

  @Test
  void keepsWhatItKnowsOfASlotThatIsThere() throws Exception {
    database.execute("create publication p for all tables");
    database.execute("select pg_create_logical_replication_slot('delta_there', 'pgoutput')");
    try (TestRegistry server = new TestRegistry(database, "publications", "p")) {
      SlotName slot = new SlotName("delta_there");
      SlotStream stream = server.slots.stream(StreamOptions.of(slot), new RecordingSubscriber());
      await("the stream to begin").until(() -> server.slots.reports().of(slot).active());
      stream.end(CloseReason.SUPERSEDED, "by the test");
      assertThat(stream.awaitEnd(Duration.ofSeconds(20))).isTrue();
      assertThat(server.slots.reports().of(slot).lastClose().orElseThrow().detail())
          .isEqualTo("by the test");
    }
  }
}
