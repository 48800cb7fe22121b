package org.pgdeltastream.slot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.change.OutputPlugin;
import org.pgdeltastream.change.SlotName;
import org.pgdeltastream.change.option.ChangeOptions;
import org.pgdeltastream.slot.stream.SlotStream;
import org.pgdeltastream.slot.stream.StreamOptions;
import org.pgdeltastream.support.RecordingSubscriber;
import org.pgdeltastream.support.TestDatabase;

/** What catch-ups cost PostgreSQL when many clients come back, and when they leave. */
@Timeout(value = 180, unit = TimeUnit.SECONDS)
class CatchUpsPostgresIT {
  private static final int CLIENTS = 16;
  private static final int MISSED = 3000;
  private static final String COPIES = "select count(*) from pg_replication_slots where temporary";
  private static final String DECODING =
      "select count(*) from pg_stat_activity where application_name like 'pgdeltastream/%%'"
          + " and state = 'active' and query like '%%%s%%'";

  private TestDatabase database;

  @BeforeEach
  void start() throws Exception {
    database =
        TestDatabase.embedded(
            Map.of(
                "max_replication_slots",
                "64",
                "max_wal_senders",
                "32",
                "full_page_writes", // the first piece of WAL is to hold rows
                "off"));
    database.execute("create table t (id int primary key, n int, name text)");
    database.execute(
        "create publication everything for table t where (length(repeat(name, n)) > 0)");
  }

  @AfterEach
  void stop() throws Exception {
    database.close();
  }

  private int copies() throws Exception {
    return Integer.parseInt(database.text(COPIES));
  }

  private static SlotName slot(TestRegistry server) {
    return server
        .slots
        .create(
            new InitRequest(
                Optional.of(OutputPlugin.PGOUTPUT), List.of("everything"), Optional.empty()))
        .name();
  }

  private static SlotStream stream(TestRegistry server, SlotName slot, RecordingSubscriber client) {
    return server.slots.stream(
        new StreamOptions(
            slot, List.of(), ChangeOptions.usual(), Optional.empty(), false, false, false, 5_000),
        client);
  }

  private void write(int from, int count, int costs) throws Exception {
    try (Connection connection = database.connect();
        PreparedStatement insert =
            connection.prepareStatement("insert into t values (?, ?, repeat('x', 100))")) {
      insert.setInt(2, costs);
      for (int i = from; i < from + count; i++) {
        insert.setInt(1, i);
        insert.execute();
      }
    }
    database.execute("checkpoint"); // WAL that is not written out yet does not count as missed
  }

  private static void expect(RecordingSubscriber client, SlotStream stream, int from, int to)
      throws Exception {
    for (int i = from; i <= to; i++) {
      String message = client.nextWithChange();
      assertThat(message).contains("[" + i + ",");
      stream.acknowledge(
          Lsn.parse(message.replaceFirst("(?s).*\"nextlsn\":\"([^\"]+)\".*", "$1")), false);
    }
  }

  @Test
  void twoAtATimeCatchUpAndTheOthersDoNotWait() throws Exception {
    try (TestRegistry server = new TestRegistry(database, "catch-up-bytes", "400000")) {
      List<SlotName> slots = new ArrayList<>();
      for (int i = 0; i < CLIENTS; i++) {
        slots.add(slot(server));
      }
      write(1, MISSED, 1);
      List<RecordingSubscriber> clients = new ArrayList<>();
      List<SlotStream> streams = new ArrayList<>();
      for (SlotName slot : slots) {
        clients.add(new RecordingSubscriber());
        streams.add(stream(server, slot, clients.get(clients.size() - 1)));
      }
      for (int i = 0; i < CLIENTS; i++) { // their window keeps the catch-ups open
        expect(clients.get(i), streams.get(i), 1, 1);
      }
      assertThat(copies()).isBetween(1, 4); // one is made anew for each piece
      assertThat(database.text("select count(*) from pg_stat_replication")).isEqualTo("" + CLIENTS);

      for (int i = 0; i < CLIENTS; i++) {
        expect(clients.get(i), streams.get(i), 2, MISSED);
      }
      await("the copies to go").until(() -> database.text(COPIES).equals("0"));
    }
  }

  @Test
  void everyCatchUpGivesItsPlaceBack() throws Exception {
    try (TestRegistry server = new TestRegistry(database, "catch-up-bytes", "400000")) {
      SlotName slot = slot(server);
      write(1, MISSED, 1);
      for (int i = 0; i < 5; i++) {
        RecordingSubscriber client = new RecordingSubscriber();
        SlotStream stream = stream(server, slot, client);
        assertThat(client.nextWithChange()).contains("[1,");
        assertThat(copies()).as("copies, time %d", i).isBetween(1, 2);
        stream.clientGone();
        assertThat(stream.awaitEnd(Duration.ofSeconds(10))).isTrue();
        await("the copies to go").until(() -> database.text(COPIES).equals("0"));
      }
    }
  }

  /** The first rows cost PostgreSQL nothing, those behind them seconds. */
  @ParameterizedTest
  @CsvSource({"0,peek_binary_changes", "900,copy (select lsn"})
  void nothingDecodesForAClientThatHasLeft(int cheap, String query) throws Exception {
    try (TestRegistry server = new TestRegistry(database, "catch-up-bytes", "8000000")) {
      SlotName slot = slot(server);
      write(1, cheap, 1);
      write(10_000, 5_000, 1_000_000);
      database.execute(
          "create table filler as select repeat('x', 1500) from generate_series(1, 7000)");
      database.execute("checkpoint");
      RecordingSubscriber client = new RecordingSubscriber();
      SlotStream stream = stream(server, slot, client);
      await("a backend to decode")
          .until(() -> !database.text(DECODING.formatted(query)).equals("0"));

      stream.clientGone();

      await("its end, long before it is done")
          .atMost(Duration.ofSeconds(2))
          .pollInterval(Duration.ofMillis(50))
          .until(() -> database.text(DECODING.formatted("pg_logical_slot_")).equals("0"));
      assertThat(stream.awaitEnd(Duration.ofSeconds(10))).isTrue();
      await("the copies to go").until(() -> database.text(COPIES).equals("0"));
      await("the slot to be free").until(() -> !server.slots.reports().of(slot).active());
    }
  }
}
