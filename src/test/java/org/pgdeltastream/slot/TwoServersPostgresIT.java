package org.pgdeltastream.slot;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.change.SlotName;
import org.pgdeltastream.change.option.ChangeOptions;
import org.pgdeltastream.delivery.CloseReason;
import org.pgdeltastream.slot.stream.StreamOptions;
import org.pgdeltastream.support.RecordingSubscriber;
import org.pgdeltastream.support.TestDatabase;

/** Two servers of this program on one database: PostgreSQL's own lock on a slot is theirs. */
class TwoServersPostgresIT {
  private TestDatabase database;
  private TestRegistry one;
  private TestRegistry other;
  private SlotName slot;
  private RecordingSubscriber first;

  @BeforeEach
  void streamFromOne() throws Exception {
    database = TestDatabase.embedded();
    database.execute("create table t (id int primary key)");
    one = new TestRegistry(database, "node", "one");
    other = new TestRegistry(database, "node", "other");
    slot = one.init().name();
    first = new RecordingSubscriber();
    one.slots.stream(StreamOptions.of(slot), first);
    database.execute("insert into t values (1)");
    assertThat(first.nextWithChange()).contains("[1]");
  }

  @AfterEach
  void stop() throws Exception {
    other.closeWithoutDropping();
    one.closeWithoutDropping();
    database.close();
  }

  private RecordingSubscriber streamFromOther(boolean takeover) {
    RecordingSubscriber client = new RecordingSubscriber();
    other.slots.stream(
        new StreamOptions(
            slot,
            List.of(),
            ChangeOptions.usual(),
            Optional.<Lsn>empty(),
            false,
            false,
            takeover,
            0),
        client);
    return client;
  }

  @Test
  void refusesASecondClientOnAnotherServer() throws Exception {
    assertThat(streamFromOther(false).closed().reason()).isEqualTo(CloseReason.SLOT_BUSY);
    database.execute("insert into t values (2)");
    assertThat(first.nextWithChange()).contains("[2]");
  }

  @Test
  void givesTheSlotToATakerOnAnotherServerForGood() throws Exception {
    RecordingSubscriber taker = streamFromOther(true);

    assertThat(taker.nextWithChange()).contains("[1]");
    assertThat(first.closed().reason()).isEqualTo(CloseReason.SUPERSEDED);
    database.execute("insert into t values (2)");
    assertThat(taker.nextWithChange()).contains("[2]");
  }
}
