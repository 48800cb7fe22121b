package org.pgdeltastream.slot;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.pgdeltastream.change.ChangeOptions;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.change.SlotName;
import org.pgdeltastream.delivery.CloseReason;
import org.pgdeltastream.support.FaultProxy;
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
    registry.stopLooking();
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
}
