package org.pgdeltastream.slot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.pgdeltastream.change.SlotName;
import org.pgdeltastream.slot.stream.SlotStream;
import org.pgdeltastream.slot.stream.StreamOptions;
import org.pgdeltastream.support.FaultProxy;
import org.pgdeltastream.support.RecordingSubscriber;
import org.pgdeltastream.support.TestDatabase;

/** Connections to PostgreSQL that are open and dead: they are cut, and the stream goes on. */
@Execution(ExecutionMode.CONCURRENT) // each test waits, with a server of its own
class SilencePostgresIT {
  private static final Duration CUT = Duration.ofSeconds(30);

  private TestDatabase database;
  private FaultProxy proxy;
  private TestRegistry registry;
  private RecordingSubscriber client;
  private SlotName slot;
  private SlotStream stream;

  @BeforeEach
  void stream() throws Exception {
    database = TestDatabase.embedded();
    database.execute("create table t (id int primary key)");
    proxy = FaultProxy.to(database.port());
    registry =
        new TestRegistry(
            database,
            "database-url",
            "jdbc:postgresql://localhost:" + proxy.port() + "/postgres",
            "hold",
            "120");
    slot = registry.init().name();
    client = new RecordingSubscriber();
    stream = registry.slots.stream(StreamOptions.of(slot), client);
    database.execute("insert into t values (1)");
    assertThat(client.nextWithChange()).contains("[1]");
  }

  @AfterEach
  void stop() throws Exception {
    stream.clientGone();
    assertThat(stream.awaitEnd(Duration.ofSeconds(20))).isTrue();
    proxy.thaw();
    registry.close();
    proxy.close();
    database.close();
  }

  private long walsender() throws Exception {
    return Long.parseLong(
        database.text("select coalesce(max(active_pid), 0) from pg_replication_slots"));
  }

  private void awaitAnother(long former) {
    await("the connection to be cut and another to stream")
        .atMost(CUT.plusSeconds(3)) // the new one is made within
        .pollInterval(Duration.ofMillis(100))
        .until(() -> walsender() != former && walsender() != 0);
  }

  @Test
  void cutsAHalfOpenConnectionAndGoesOn() throws Exception {
    long former = walsender();

    proxy.freezeOpenOnes();

    database.execute("insert into t values (2)");
    awaitAnother(former);
    assertThat(client.nextWithChange()).as("nothing twice").contains("[2]");
  }

  @Test
  void cutsAFrozenConnectionAlsoWherePostgresCannotBeAsked() throws Exception {
    proxy.freeze();
    await("the reader to see its connection cut")
        .atMost(CUT)
        .pollInterval(Duration.ofMillis(100))
        .until(() -> !stream.state().isReading());

    database.execute("insert into t values (2)");
    proxy.reset();
    proxy.thaw();

    assertThat(client.nextWithChange()).as("nothing twice").contains("[2]");
  }

  @Test
  void goesOnAfterAWalsenderThatWasStopped() throws Exception {
    long former = walsender();
    signal("STOP", former);
    database.execute("insert into t values (2)");
    await("the reader to see its connection cut")
        .atMost(CUT)
        .pollInterval(Duration.ofMillis(100))
        .until(() -> !stream.state().isReading());
    signal("CONT", former);

    assertThat(client.nextWithChange()).as("nothing twice").contains("[2]");
  }

  private static void signal(String name, long pid) throws Exception {
    assertThat(new ProcessBuilder("kill", "-" + name, "" + pid).start().waitFor()).isZero();
  }
}
