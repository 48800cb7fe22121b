package org.pgdeltastream.slot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.change.SlotName;
import org.pgdeltastream.change.option.ChangeOptions;
import org.pgdeltastream.delivery.CloseReason;
import org.pgdeltastream.delivery.Subscriber;
import org.pgdeltastream.slot.stream.SlotStream;
import org.pgdeltastream.slot.stream.StreamOptions;
import org.pgdeltastream.support.FaultProxy;
import org.pgdeltastream.support.ForwardingSubscriber;
import org.pgdeltastream.support.RecordingSubscriber;
import org.pgdeltastream.support.TestDatabase;

/** The address leads to another PostgreSQL, while the kept connection still asks the former one. */
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class OtherServerPostgresIT {
  private TestDatabase former;
  private TestDatabase other;
  private FaultProxy proxy;
  private TestRegistry registry;
  private SlotName slot;

  @BeforeEach
  void start() throws Exception {
    former = TestDatabase.embedded();
    other = TestDatabase.embedded();
    proxy = FaultProxy.to(former.port());
    String url = former.jdbcUrl().replace(":" + former.port(), ":" + proxy.port());
    registry = new TestRegistry(former, "database-url", url, "hold", "2");
    former.execute("create table t (v text)");
    slot = registry.init().name();
    registry.stopChecks();
  }

  @AfterEach
  void stop() throws Exception {
    proxy.close();
    registry.closeWithoutDropping();
    other.close();
    former.close();
  }

  private RecordingSubscriber streamFrom(Lsn from) {
    RecordingSubscriber client = new RecordingSubscriber();
    registry.slots.stream(
        new StreamOptions(
            slot, List.of(), ChangeOptions.usual(), Optional.of(from), false, false, false, 0),
        client);
    return client;
  }

  private static Lsn written(TestDatabase database) throws Exception {
    return Lsn.parse(database.text("select pg_current_wal_flush_lsn()"));
  }

  private void makeSlotOnOther() throws Exception {
    other.text("select pg_create_logical_replication_slot('" + slot + "', 'pgoutput')::text");
  }

  @Test
  void refusesAPositionThatTheStreamingServerHasNotWritten() throws Exception {
    makeSlotOnOther();
    former.execute("insert into t select repeat('x', 1000) from generate_series(1, 5000)");
    Lsn from = written(former);
    assertThat(from.isAfter(written(other))).isTrue();
    proxy.redirect(other.port());

    assertThat(streamFrom(from).closed().reason()).isEqualTo(CloseReason.DIVERGED);
  }

  @Test
  void refusesAPositionThatTheSlotOfTheStreamingServerHasLeft() throws Exception {
    other.execute("create table t (v text)");
    other.execute("insert into t select repeat('x', 1000) from generate_series(1, 5000)");
    makeSlotOnOther();
    Lsn from = written(former);
    assertThat(written(other).isAfter(from)).isTrue();
    proxy.redirect(other.port());

    assertThat(streamFrom(from).closed().reason()).isEqualTo(CloseReason.POSITION_LOST);
  }

  @Test
  void saysThatTheStreamingServerHasNoSuchSlot() throws Exception {
    Lsn from = written(former);
    proxy.redirect(other.port());

    assertThat(streamFrom(from).closed().reason()).isEqualTo(CloseReason.SLOT_NOT_FOUND);
  }

  /** It would believe the report, and leave out what it writes up to there. */
  @Test
  void reportsNothingToAServerThatHasLessThanWasSent() throws Exception {
    AtomicBoolean blocks = new AtomicBoolean(); // no ping before: the reader sends those
    CountDownLatch pinging = new CountDownLatch(1);
    CountDownLatch mayPing = new CountDownLatch(1);
    RecordingSubscriber client = new RecordingSubscriber();
    String url = former.jdbcUrl().replace(":" + former.port(), ":" + proxy.port());
    TestRegistry patient =
        new TestRegistry(former, "database-url", url, "hold", "60", "ping-interval", "1");
    try {
      former.execute("create publication p for table t");
      other.execute("create table t (v text)");
      makePublicationOnOther();
      StreamOptions gapAccepted =
          new StreamOptions(
              slot, List.of("p"), ChangeOptions.usual(), Optional.empty(), true, false, false, 0);
      SlotStream stream =
          patient.slots.stream(gapAccepted, blockedInPing(client, blocks, pinging, mayPing));
      former.execute("insert into t select repeat('x', 1000) from generate_series(1, 5000)");
      String end = client.nextWithChange().replaceFirst("(?s).*\"nextlsn\":\"([^\"]+)\".*", "$1");
      stream.acknowledge(Lsn.parse(end), false);
      makeSlotOnOther();
      String before = confirmedOnOther();
      proxy.redirect(1);
      proxy.reset();
      await("PostgreSQL to be away").until(() -> stream.state().isAway());
      blocks.set(true);
      await("a ping while PostgreSQL is away").until(() -> pinging.getCount() == 0);
      patient.stopChecks();

      proxy.redirect(other.port());

      await("the other server to be found").until(() -> isActiveOnOther() || client.isClosed());
      patient.slots.reporter().checkStreams(Runnable::run);
      mayPing.countDown();
      assertThat(client.closed().reason()).isEqualTo(CloseReason.DIVERGED);
      await("the slot to be free").until(() -> !isActiveOnOther());
      assertThat(confirmedOnOther()).isEqualTo(before);
    } finally {
      mayPing.countDown();
      patient.closeWithoutDropping();
    }
  }

  private static Subscriber blockedInPing(
      Subscriber client, AtomicBoolean blocks, CountDownLatch pinging, CountDownLatch mayPing) {
    return new ForwardingSubscriber(client) {
      @Override
      public void ping() throws IOException {
        if (!blocks.get()) {
          super.ping();
          return;
        }
        pinging.countDown();
        try {
          mayPing.await();
        } catch (InterruptedException e) {
          throw new IOException(e);
        }
      }
    };
  }

  /** With the number that it has on the former, as a standby that was promoted has it. */
  private void makePublicationOnOther() throws Exception {
    other.execute(
        "do $$ begin loop create publication p; exit when (select oid from pg_publication) >= %s;"
                .formatted(former.text("select oid from pg_publication where pubname = 'p'"))
            + " drop publication p; end loop; end $$");
    other.execute("alter publication p add table t");
  }

  private String confirmedOnOther() throws Exception {
    return other.text("select confirmed_flush_lsn from pg_replication_slots");
  }

  private boolean isActiveOnOther() throws Exception {
    return other.text("select active from pg_replication_slots").equals("t");
  }
}
