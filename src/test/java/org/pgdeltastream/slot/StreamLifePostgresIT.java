package org.pgdeltastream.slot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.change.OutputPlugin;
import org.pgdeltastream.change.SlotName;
import org.pgdeltastream.delivery.CloseReason;
import org.pgdeltastream.slot.stream.SlotStream;
import org.pgdeltastream.slot.stream.StreamOptions;
import org.pgdeltastream.support.FaultProxy;
import org.pgdeltastream.support.ForwardingSubscriber;
import org.pgdeltastream.support.RecordingSubscriber;
import org.pgdeltastream.support.TestDatabase;

/** A stream's life ends in time, with a reason, and with its slot free, whatever ends it. */
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class StreamLifePostgresIT {
  private TestDatabase database;
  private FaultProxy proxy;
  private TestRegistry registry;
  private SlotName slot;

  @BeforeEach
  void start() throws Exception {
    database = TestDatabase.embedded();
    database.execute("create table t (id int primary key, n int)");
    proxy = FaultProxy.to(database.port());
    registry =
        new TestRegistry(
            database,
            "database-url",
            "jdbc:postgresql://localhost:" + proxy.port() + "/postgres",
            "hold",
            "2",
            "ping-interval",
            "1",
            "pong-timeout",
            "2",
            "send-timeout",
            "600",
            "catch-up-bytes",
            "800000"); // an eighth must be more than the pages that PostgreSQL logs whole
    slot = registry.init().name();
  }

  @AfterEach
  void stop() throws Exception {
    proxy.thaw();
    registry.close();
    proxy.close();
    database.close();
  }

  private SlotStream stream(RecordingSubscriber client) {
    return registry.slots.stream(StreamOptions.of(slot), client);
  }

  private void insert(int id) throws Exception {
    database.execute("insert into t values (%d, %d)".formatted(id, id));
  }

  @Test
  void freesTheSlotAndTellsTheClientWhenAnErrorIsThrownInItsThread() throws Exception {
    RecordingSubscriber client = new RecordingSubscriber();
    SlotStream failing =
        registry.slots.stream(
            StreamOptions.of(slot),
            new ForwardingSubscriber(client) {
              @Override
              public void sendLast(byte[] bytes, int start, int length) {
                throw new OutOfMemoryError("thrown by the test");
              }
            });
    insert(1);

    assertThat(client.closed().reason()).isEqualTo(CloseReason.INTERNAL);
    assertThat(client.closed().detail()).contains("-Xmx").contains("id ");
    assertThat(failing.awaitEnd(Duration.ofSeconds(20))).isTrue();
    RecordingSubscriber next = new RecordingSubscriber();
    stream(next);
    assertThat(next.nextWithChange()).contains("[1,1]");
  }

  @Test
  void givesTheSlotOfAFailedStreamToAClientThatTakesItOver() throws Exception {
    SlotStream failing =
        registry.slots.stream(
            StreamOptions.of(slot),
            new ForwardingSubscriber(new RecordingSubscriber()) {
              @Override
              public void flush() {
                throw new StackOverflowError("thrown by the test");
              }

              @Override
              public void close(CloseReason reason, String detail) {
                throw new IllegalStateException("thrown by the test");
              }
            });
    assertThat(failing.awaitEnd(Duration.ofSeconds(20))).isTrue();

    RecordingSubscriber next = new RecordingSubscriber();
    StreamOptions usual = StreamOptions.of(slot);
    registry.slots.stream(
        new StreamOptions(
            slot, List.of(), usual.changes(), Optional.empty(), false, false, true, 0),
        next);
    insert(1);
    assertThat(next.nextWithChange()).contains("[1,1]");
  }

  @Test
  void tellsAClientThatWaitsForASlotThatTheServerStops() throws Exception {
    RecordingSubscriber first = new RecordingSubscriber();
    first.stopReading();
    SlotStream blocked = stream(first);
    insert(1);
    await("the first client's send to block").until(blocked::isSending);
    RecordingSubscriber taker = new RecordingSubscriber();
    StreamOptions usual = StreamOptions.of(slot);
    registry.slots.stream(
        new StreamOptions(
            slot, List.of(), usual.changes(), Optional.empty(), false, false, true, 0),
        taker);
    await("the first client to be told").until(blocked::isEnding);

    registry.slots.close();

    assertThat(taker.closed().reason()).isEqualTo(CloseReason.SERVICE_RESTART);
  }

  @Test
  void holdsAClientBehindADeadHostForTheHoldTimeAndPingsItMeanwhile() throws Exception {
    Pinged client = new Pinged();
    SlotStream held = registry.slots.stream(StreamOptions.of(slot), client);
    client.answering = held;
    insert(1);
    client.seen.nextWithChange();

    proxy.freeze();
    proxy.reset(); // new connections are taken, and nothing is ever answered
    await("the connection's loss").until(() -> held.state().isAway());
    long lost = System.nanoTime();
    int before = client.pings.get();

    assertThat(client.seen.closed().reason()).isEqualTo(CloseReason.UPSTREAM_LOST);
    assertThat(Duration.ofNanos(System.nanoTime() - lost)).isLessThan(Duration.ofSeconds(25));
    assertThat(client.pings.get()).as("pings meanwhile").isGreaterThan(before + 3);
    assertThat(held.awaitEnd(Duration.ofSeconds(20))).as("the slot is free").isTrue();
  }

  /** A client that answers pings. */
  private static final class Pinged extends ForwardingSubscriber {
    final AtomicInteger pings = new AtomicInteger();
    final RecordingSubscriber seen;
    volatile @Nullable SlotStream answering;

    Pinged() {
      this(new RecordingSubscriber());
    }

    private Pinged(RecordingSubscriber seen) {
      super(seen);
      this.seen = seen;
    }

    @Override
    public void ping() {
      pings.incrementAndGet();
      SlotStream stream = answering;
      if (stream != null) {
        stream.heard();
      }
    }
  }

  @Test
  void endsAClientThatDoesNotAnswerWhilePostgresIsAway() throws Exception {
    proxy.freeze();
    RecordingSubscriber mute = new RecordingSubscriber();
    SlotStream stream = stream(mute);

    assertThat(mute.closed().detail()).contains("no answer to a ping");
    assertThat(stream.awaitEnd(Duration.ofSeconds(20))).as("the slot is free").isTrue();
  }

  @Test
  void doesNotCutASlowClientBecauseItsPingLiesBehindWhatItHasYetToRead() throws Exception {
    RecordingSubscriber slow = new RecordingSubscriber();
    SlotStream stream = stream(slow);
    insert(1);
    slow.nextWithChange();
    slow.stopReading();
    insert(2);
    await("the send to block").until(stream::isSending);

    await("more than the pong timeout")
        .during(Duration.ofSeconds(5))
        .atMost(Duration.ofSeconds(20))
        .until(() -> !stream.isEnding());

    slow.readAgain();
    assertThat(slow.nextWithChange()).contains("[2,2]");
  }

  @Test
  void endsAStreamThatPostgresFailsEachTimeAtTheSamePlace() throws Exception {
    database.execute("create publication divides for table t where (10 / n > 0)");
    SlotName failing = new SlotName("delta_fails");
    registry.slots.create(
        new InitRequest(
            Optional.of(OutputPlugin.PGOUTPUT), List.of("divides"), Optional.of(failing)));
    insert(1);
    RecordingSubscriber client = new RecordingSubscriber();
    registry.slots.stream(StreamOptions.of(failing), client);
    assertThat(client.nextWithChange()).contains("[1,1]");

    insert(0);

    assertThat(client.closed().reason()).isEqualTo(CloseReason.CANNOT_DECODE);
    assertThat(client.closed().detail()).contains("22012");
    assertThat(registry.slots.reports().of(failing).lastClose().orElseThrow().detail())
        .contains("22012");
  }

  @Test
  void endsAStreamOfTextThatIsNotOfTheDatabasesEncodingAtOnce() throws Exception {
    database.execute(
        "create database ascii encoding 'SQL_ASCII' template template0 lc_collate 'C' lc_ctype 'C'");
    String url = database.jdbcUrl().replace("/postgres", "/ascii");
    try (TestRegistry ascii = new TestRegistry(database, "database-url", url)) {
      execute(url, "create table t (id int, v text)");
      execute(url, "create publication everything for all tables");
      InitRequest named =
          new InitRequest(
              Optional.of(OutputPlugin.PGOUTPUT), List.of("everything"), Optional.empty());
      SlotName badly = ascii.slots.create(named).name();
      execute(url, "insert into t values (1, convert_from('\\xe9', 'SQL_ASCII'))");
      RecordingSubscriber client = new RecordingSubscriber();
      ascii.slots.stream(StreamOptions.of(badly), client);

      assertThat(client.closed().reason()).isEqualTo(CloseReason.CANNOT_DECODE);
      assertThat(client.closed().detail()).contains("encoding");
    }
  }

  private void execute(String url, String sql) throws Exception {
    try (Connection connection =
            DriverManager.getConnection(url, database.user(), database.password());
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  @Test
  void keepsStreamsWhenSomebodyEndsItsIdleConnections() throws Exception {
    RecordingSubscriber client = new RecordingSubscriber();
    stream(client);
    insert(1);
    client.nextWithChange();
    String walsender = database.text("select active_pid from pg_replication_slots");
    String watch =
        "select coalesce(max(pid), 0) from pg_stat_activity where application_name like 'pgdeltastream/%'"
            + " and state = 'idle' and query like 'select pg_catalog.pg_is_in_recovery%'";
    await("the watch").until(() -> !database.text(watch).equals("0"));
    String former = database.text(watch);

    database.execute("select pg_terminate_backend(" + former + ")");

    await("another watch").until(() -> !List.of("0", former).contains(database.text(watch)));
    insert(2);
    assertThat(client.nextWithChange()).contains("[2,2]");
    assertThat(database.text("select active_pid from pg_replication_slots")).isEqualTo(walsender);
  }

  @Test
  void answersAnAcknowledgementThatCameBeforeTheSlotWasFound() throws Exception {
    SlotName other = registry.init().name();
    RecordingSubscriber client = new RecordingSubscriber();
    SlotStream early = registry.slots.newStream(StreamOptions.of(slot), client);
    Lsn confirmed = registry.slots.reports().of(slot).confirmedFlush().orElseThrow();
    early.acknowledge(confirmed, true);
    early.start();

    assertThat(client.next()).isEqualTo("{\"ack\":\"" + confirmed + "\"}");
    assertThat(registry.slots.reports().of(other).acksIgnored()).isZero();
    assertThat(registry.slots.reports().of(slot).acksIgnored()).isEqualTo(1);
  }

  @Test
  void stopsTheDecodingForAClientThatLeavesDuringItsCatchUp() throws Exception {
    database.execute("alter table t add name text");
    database.execute(
        "create publication costly for table t where (id <= 300 or length(repeat(name, 200000)) > 0)");
    SlotName behind = new SlotName("delta_behind");
    registry.slots.create(
        new InitRequest(
            Optional.of(OutputPlugin.PGOUTPUT), List.of("costly"), Optional.of(behind)));
    database.execute(
        "do $$ begin for i in 1..6000 loop"
            + " insert into t values (i, i, repeat('x', 50)); commit; end loop; end $$");
    database.execute("checkpoint"); // WAL that is not written out yet does not count as missed
    Pinged client = new Pinged();
    SlotStream stream = registry.slots.stream(StreamOptions.of(behind), client);
    client.answering = stream;
    client.seen.nextWithChange(); // the first piece is short
    String decoding =
        "select count(*) from pg_stat_activity where state = 'active'"
            + " and query like 'copy (select lsn, data from%'";
    await("a backend to decode")
        .untilAsserted(
            () ->
                assertThat(database.text(decoding))
                    .as("of %s, to where %s", activity(), confirmed())
                    .isNotEqualTo("0"));

    stream.clientGone();

    await("its end, long before it is done")
        .atMost(Duration.ofSeconds(8))
        .until(() -> database.text(decoding).equals("0"));
    assertThat(stream.awaitEnd(Duration.ofSeconds(20))).isTrue();
    await("the copies to go")
        .until(
            () ->
                database
                    .text("select count(*) from pg_replication_slots where temporary")
                    .equals("0"));
  }

  private String activity() throws Exception {
    return database.text(
        "select string_agg(backend_type || ' ' || coalesce(state, '') || ' ' || left(query, 80), '; ')"
            + " from pg_stat_activity where query <> '' and pid <> pg_backend_pid()");
  }

  private String confirmed() throws Exception {
    return database.text(
        "select string_agg(slot_name || ' ' || confirmed_flush_lsn || ' ' || active, '; ')"
            + " || ', WAL ' || pg_current_wal_flush_lsn() from pg_replication_slots");
  }

  @Test
  void reportsWhatWasAcknowledgedJustBeforeTheClientLeft() throws Exception {
    database.execute("alter table t add name text");
    database.execute(
        "do $$ begin for i in 1..2000 loop"
            + " insert into t values (i, i, repeat('x', 3000)); commit; end loop; end $$");
    try (TestRegistry direct = new TestRegistry(database)) { // the proxy knows no half-closed ones
      for (int i = 1; i <= 20; i++) {
        RecordingSubscriber client = new RecordingSubscriber();
        SlotStream stream = direct.slots.stream(StreamOptions.of(slot), client);
        Lsn end = nextLsn(client.nextWithChange());
        stream.acknowledge(end, false);
        stream.clientGone(); // while PostgreSQL is in the middle of sending

        assertThat(stream.awaitEnd(Duration.ofSeconds(20))).isTrue();
        await("the slot to be free").until(() -> !direct.slots.reports().of(slot).active());
        assertThat(direct.slots.reports().of(slot).confirmedFlush()).as("try %d", i).hasValue(end);
      }
    }
  }

  private static Lsn nextLsn(String message) {
    return Lsn.parse(message.replaceFirst("(?s).*\"nextlsn\":\"([^\"]+)\".*", "$1"));
  }
}
