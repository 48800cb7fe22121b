package org.pgdeltastream.slot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.change.OutputPlugin;
import org.pgdeltastream.change.PageRequest;
import org.pgdeltastream.change.SlotName;
import org.pgdeltastream.change.option.ChangeOptions;
import org.pgdeltastream.delivery.CloseReason;
import org.pgdeltastream.slot.database.Database;
import org.pgdeltastream.slot.database.Settings;
import org.pgdeltastream.slot.lease.SnapshotPage;
import org.pgdeltastream.slot.stream.SlotStream;
import org.pgdeltastream.slot.stream.StreamOptions;
import org.pgdeltastream.support.ForwardingSubscriber;
import org.pgdeltastream.support.RecordingSubscriber;
import org.pgdeltastream.support.TestDatabase;

/** What every plugin must do for a slot, on a real PostgreSQL, without a web server. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class StreamStory {
  private static final Duration SECOND = Duration.ofSeconds(1);
  private static final int TRIES = 3;
  private static final Pattern NEXT_LSN = Pattern.compile("\"nextlsn\":\"([^\"]+)\"");

  private final OutputPlugin plugin;
  private final ExecutorService readers = Executors.newCachedThreadPool();
  private volatile boolean noThreadAhead;
  private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();
  private final List<SlotStream> streams = new ArrayList<>();
  private TestDatabase database;
  private SlotRegistry registry;

  StreamStory(OutputPlugin plugin) {
    this.plugin = plugin;
  }

  abstract TestDatabase startDatabase() throws IOException;

  TestDatabase database() {
    return database;
  }

  SlotRegistry registry() {
    return registry;
  }

  @BeforeAll
  void start() throws Exception {
    database = startDatabase();
    Map<String, String> settings = new HashMap<>();
    settings.put("pgdelta.database-url", database.jdbcUrl());
    settings.put("pgdelta.database-user", database.user());
    settings.put("pgdelta.database-password", database.password());
    settings.put("pgdelta.send-timeout", "2");
    settings.put("pgdelta.idle-wal-bytes", "1000000");
    settings.put("pgdelta.catch-up-bytes", "400000");
    Settings read = Settings.read(settings::get);
    Database doors = Database.open(read, Optional.of(database.dataSource()), Optional.empty());
    registry = new SlotRegistry(doors, read, this::execute);
    var unused =
        timer.scheduleWithFixedDelay(
            () -> registry.reporter().checkStreams(readers), 100, 100, TimeUnit.MILLISECONDS);
  }

  private void execute(Runnable task) {
    if (noThreadAhead && !(task instanceof SlotStream)) {
      throw new RejectedExecutionException("no thread is left");
    }
    readers.execute(task);
  }

  @BeforeEach
  void emptyTable() throws Exception {
    database.execute("drop table if exists users");
    database.execute("create table users (id int primary key, name text)");
  }

  @AfterEach
  void endStreams() {
    streams.forEach(SlotStream::clientGone);
    streams.forEach(stream -> assertThat(stream.awaitEnd(Duration.ofSeconds(20))).isTrue());
    registry.reports().all().forEach(slot -> registry.drop(slot.name(), true));
  }

  @AfterAll
  void stop() throws Exception {
    if (database == null) {
      return;
    }
    registry.close();
    timer.shutdownNow();
    readers.shutdown();
    assertThat(readers.awaitTermination(30, TimeUnit.SECONDS)).as("readers ended").isTrue();
    assertThat(database.text("select count(*) from pg_stat_replication")).isEqualTo("0");
    database.close();
  }

  NewSlot init() {
    return registry.create(new InitRequest(Optional.of(plugin), List.of(), Optional.empty()));
  }

  SlotStream stream(SlotName slot, RecordingSubscriber client) {
    return stream(StreamOptions.of(slot), client);
  }

  SlotStream stream(StreamOptions options, RecordingSubscriber client) {
    SlotStream stream = registry.stream(options, client);
    streams.add(stream);
    return stream;
  }

  private static StreamOptions from(SlotName slot, Lsn from, boolean gapAccepted) {
    return new StreamOptions(
        slot, List.of(), ChangeOptions.usual(), Optional.of(from), gapAccepted, false, false, 0);
  }

  /** As if asked with this query string. */
  SlotStream stream(SlotName slot, RecordingSubscriber client, String name, String value) {
    ChangeOptions changes =
        ChangeOptions.parse(word -> Optional.of(value).filter(given -> word.equals(name)));
    SlotStream stream =
        registry.stream(
            new StreamOptions(slot, List.of(), changes, Optional.empty(), false, false, false, 0),
            client);
    streams.add(stream);
    return stream;
  }

  static Lsn nextLsn(String message) {
    Matcher found = NEXT_LSN.matcher(message);
    assertThat(found.find()).as(message).isTrue();
    return Lsn.parse(found.group(1));
  }

  void awaitConfirmed(SlotName slot, Lsn position) {
    await("confirmed_flush_lsn of " + slot)
        .atMost(Duration.ofSeconds(10))
        .pollInterval(Duration.ofMillis(20))
        .untilAsserted(
            () ->
                assertThat(registry.reports().of(slot).confirmedFlush())
                    .isEqualTo(Optional.of(position)));
  }

  @Tag("versions")
  @Test
  void streamsATransactionInWal2JsonsShape() throws Exception {
    SlotName slot = init().name();
    database.execute("insert into users values (1, 'Zoë \"quoted\"'), (2, null)");

    RecordingSubscriber client = new RecordingSubscriber();
    stream(slot, client);

    String message = client.nextWithChange();
    assertThat(message.replaceFirst("\"[0-9A-F]+/[0-9A-F]+\"", "\"LSN\""))
        .isEqualTo(
            "{\"nextlsn\":\"LSN\",\"change\":["
                + "{\"kind\":\"insert\",\"schema\":\"public\",\"table\":\"users\","
                + "\"columnnames\":[\"id\",\"name\"],\"columntypes\":[\"integer\",\"text\"],"
                + "\"columnvalues\":[1,\"Zoë \\\"quoted\\\"\"]},"
                + "{\"kind\":\"insert\",\"schema\":\"public\",\"table\":\"users\","
                + "\"columnnames\":[\"id\",\"name\"],\"columntypes\":[\"integer\",\"text\"],"
                + "\"columnvalues\":[2,null]}]}");
  }

  @Tag("versions")
  @Test
  void streamsEachChangeByItselfInFormat2() throws Exception {
    SlotName slot = init().name();
    database.execute("insert into users values (1, 'Ann'), (2, null)");
    RecordingSubscriber client = new RecordingSubscriber();
    SlotStream stream = stream(slot, client, "format", "2");

    assertThat(client.next()).isEqualTo("{\"action\":\"B\"}");
    assertThat(client.next())
        .isEqualTo(
            "{\"action\":\"I\",\"schema\":\"public\",\"table\":\"users\",\"columns\":["
                + "{\"name\":\"id\",\"type\":\"integer\",\"value\":1},"
                + "{\"name\":\"name\",\"type\":\"text\",\"value\":\"Ann\"}]}");
    assertThat(client.next()).contains("\"value\":2");
    String end = client.next();
    assertThat(end).matches("\\{\"action\":\"C\",\"nextlsn\":\"[0-9A-F/]+\"}");
    stream.acknowledge(nextLsn(end), false);
    awaitConfirmed(slot, nextLsn(end));
  }

  @Test
  void appliesAFilter() throws Exception {
    SlotName slot = init().name();
    database.execute("insert into users values (1, 'Ann')");
    database.execute("update users set name = 'Bob'");
    RecordingSubscriber client = new RecordingSubscriber();
    stream(slot, client, "actions", "update");
    assertThat(client.nextWithChange()).contains("\"kind\":\"update\"").contains("Bob");
  }

  @Test
  void writesNumbersAsTextWhateverTheVersion() throws Exception {
    SlotName slot = init().name();
    database.execute("insert into users values (1, '2')");
    RecordingSubscriber client = new RecordingSubscriber();
    stream(slot, client, "values", "string");
    assertThat(client.nextWithChange()).contains("\"columnvalues\":[\"1\",\"2\"]");
  }

  @Tag("versions")
  @Test
  void streamsUpdatesAndDeletes() throws Exception {
    database.execute("insert into users values (1, 'a')");
    SlotName slot = init().name();
    database.execute("update users set name = 'b'");
    database.execute("delete from users");

    RecordingSubscriber client = new RecordingSubscriber();
    stream(slot, client);

    String oldKeys =
        "\"oldkeys\":{\"keynames\":[\"id\"],\"keytypes\":[\"integer\"],\"keyvalues\":[1]}}]}";
    assertThat(client.nextWithChange()).contains("\"kind\":\"update\"").endsWith(oldKeys);
    assertThat(client.nextWithChange()).contains("\"kind\":\"delete\"").endsWith(oldKeys);
  }

  @Test
  void showsAnAcknowledgementInPostgresWithinASecond() throws Exception {
    SlotName slot = init().name();
    RecordingSubscriber client = new RecordingSubscriber();
    SlotStream stream = stream(slot, client);
    Duration quickest = Duration.ofHours(1); // what a busy machine holds up comes sooner next time
    for (int i = 1; i <= TRIES; i++) {
      database.execute("insert into users values (" + i + ", 'a')");
      Lsn position = nextLsn(client.nextWithChange());
      long begin = System.nanoTime();

      stream.acknowledge(position, true);

      awaitConfirmed(slot, position);
      Duration took = Duration.ofNanos(System.nanoTime() - begin);
      quickest = took.compareTo(quickest) < 0 ? took : quickest;
      assertThat(client.next()).isEqualTo("{\"ack\":\"" + position + "\"}");
    }
    assertThat(quickest).isLessThan(SECOND);
  }

  @Tag("versions")
  @Test
  void resumesAfterTheLastAcknowledgedTransaction() throws Exception {
    SlotName slot = init().name();
    database.execute("insert into users values (1, 'a')");
    database.execute("insert into users values (2, 'b')");
    RecordingSubscriber first = new RecordingSubscriber();
    SlotStream stream = stream(slot, first);
    Lsn position = nextLsn(first.nextWithChange());
    assertThat(first.nextWithChange()).contains("[2,\"b\"]");
    stream.acknowledge(position, false);
    awaitConfirmed(slot, position);
    stream.clientGone();

    RecordingSubscriber second = new RecordingSubscriber();
    stream(slot, second);

    assertThat(second.nextWithChange()).contains("[2,\"b\"]");
  }

  /**
   * T1 begins before T2 and commits after it. The driver's own stream would, once T2 is
   * acknowledged, confirm T1 too, as soon as it was received.
   */
  @Test
  void neverConfirmsWhatWasOnlyReceived() throws Exception {
    SlotName slot = init().name();
    RecordingSubscriber client = new RecordingSubscriber();
    SlotStream stream = stream(slot, client);
    Lsn second;
    try (var open = database.connect();
        var statement = open.createStatement()) {
      open.setAutoCommit(false);
      statement.execute("insert into users values (1, 'T1')");
      database.execute("insert into users values (2, 'T2')");
      second = nextLsn(client.nextWithChange());
      stream.acknowledge(second, false);
      awaitConfirmed(slot, second);
      open.commit();
    }
    assertThat(client.nextWithChange()).contains("T1");
    database.execute("select pg_logical_emit_message(false, 'x', repeat('x', 100000))");
    await("several reports after T1")
        .during(Duration.ofMillis(2500))
        .atMost(Duration.ofSeconds(15))
        .until(() -> registry.reports().of(slot).confirmedFlush().equals(Optional.of(second)));
    stream.clientGone();

    RecordingSubscriber again = new RecordingSubscriber();
    stream(slot, again);

    assertThat(again.nextWithChange()).contains("T1");
  }

  @Test
  void refusesAnAcknowledgementBeyondPostgresWal() throws Exception {
    SlotName slot = init().name();
    database.execute("insert into users values (1, 'a')");
    RecordingSubscriber client = new RecordingSubscriber();
    SlotStream stream = stream(slot, client);
    client.nextWithChange();
    Lsn before = registry.reports().of(slot).confirmedFlush().orElseThrow();

    stream.acknowledge(Lsn.parse("FFFF/0"), false);

    assertThat(client.closed())
        .isEqualTo(
            new RecordingSubscriber.Closed(
                CloseReason.BAD_ACK, "lsn FFFF/0 is beyond PostgreSQL's WAL"));
    assertThat(registry.reports().of(slot).confirmedFlush()).contains(before);
  }

  @Tag("versions")
  @Test
  void readsTheSnapshotAsOfTheConsistentPointAlsoWhileStreaming() throws Exception {
    database.execute("insert into users values (1, 'before')");
    SlotName slot = init().name();
    database.execute("insert into users values (2, 'after')");
    RecordingSubscriber client = new RecordingSubscriber();
    stream(slot, client);
    assertThat(client.nextWithChange()).contains("after");

    PageRequest page = new PageRequest("users", Optional.empty(), 0, 10, List.of(), List.of());
    SnapshotPage answer = registry.snapshots().readPage(Optional.empty(), page);

    assertThat(answer.slot()).isEqualTo(slot);
    assertThat(PageText.of(answer)).isEqualTo("[{\"id\":1,\"name\":\"before\"}]");
  }

  @Test
  void refusesASecondClientOfASlot() throws Exception {
    SlotName slot = init().name();
    RecordingSubscriber first = new RecordingSubscriber();
    stream(slot, first);
    database.execute("insert into users values (1, 'a')");
    first.nextWithChange();

    RecordingSubscriber second = new RecordingSubscriber();
    stream(slot, second);

    assertThat(second.closed().reason()).isEqualTo(CloseReason.SLOT_BUSY);
    database.execute("insert into users values (2, 'b')");
    assertThat(first.nextWithChange()).contains("[2,\"b\"]");
  }

  @Test
  void tellsAClientOfAnUnknownSlot() throws Exception {
    RecordingSubscriber client = new RecordingSubscriber();
    stream(new SlotName("delta_nobody1"), client);

    assertThat(client.closed().reason()).isEqualTo(CloseReason.SLOT_NOT_FOUND);
  }

  @Test
  void closesAClientWhoseSendMakesNoProgressAndLosesNothing() throws Exception {
    SlotName slot = init().name();
    RecordingSubscriber client = new RecordingSubscriber();
    client.stopReading();
    SlotStream stream = stream(slot, client);
    database.execute("insert into users values (1, 'a')");

    assertThat(client.closed().reason()).isEqualTo(CloseReason.SLOW_SUBSCRIBER);
    assertThat(stream.awaitEnd(Duration.ofSeconds(20))).isTrue();

    RecordingSubscriber again = new RecordingSubscriber();
    stream(slot, again);
    assertThat(again.nextWithChange()).contains("[1,\"a\"]");
  }

  @Tag("versions")
  @Test
  void goesOnBehindTheSameClientWhenTheWalsenderIsTerminated() throws Exception {
    SlotName slot = init().name();
    RecordingSubscriber client = new RecordingSubscriber();
    stream(slot, client);
    database.execute("insert into users values (1, 'a')");
    assertThat(client.nextWithChange()).contains("[1,\"a\"]");

    database.execute("select pg_terminate_backend(active_pid) from pg_replication_slots");
    database.execute("insert into users values (2, 'b')");

    assertThat(client.nextWithChange()).as("nothing twice").contains("[2,\"b\"]");
  }

  @Test
  void goesOnBehindTheSameClientWhenPostgresCrashes() throws Exception {
    SlotName slot = init().name();
    RecordingSubscriber client = new RecordingSubscriber();
    SlotStream stream = stream(slot, client);
    database.execute("insert into users values (1, 'a')");
    Lsn position = nextLsn(client.nextWithChange());
    stream.acknowledge(position, false);
    awaitConfirmed(slot, position);

    long walsender = Long.parseLong(database.text("select active_pid from pg_replication_slots"));
    ProcessHandle.of(walsender).orElseThrow().destroyForcibly(); // PostgreSQL restarts itself
    await("PostgreSQL to come back")
        .atMost(Duration.ofSeconds(20))
        .pollInterval(Duration.ofMillis(50))
        .ignoreExceptions()
        .until(() -> database.text("select pg_is_in_recovery()").equals("f"));
    database.execute("insert into users values (2, 'b')");

    assertThat(client.nextWithChange()).as("nothing twice").contains("[2,\"b\"]");
  }

  /** It is flushed after two milliseconds, though the next one is always there already. */
  @Test
  void neverLetsAMessageWaitForManyMore() throws Exception {
    SlotName slot = init().name();
    int changes = 1_500;
    try (Connection connection = database.connect();
        PreparedStatement insert =
            connection.prepareStatement("insert into users values (?, 'a')")) {
      for (int i = 1; i <= changes; i++) {
        insert.setInt(1, i);
        insert.execute();
      }
    }
    Unhurried client = new Unhurried(new RecordingSubscriber());
    streams.add(registry.stream(StreamOptions.of(slot), client));
    for (int i = 1; i <= changes; i++) {
      assertThat(client.seen.nextWithChange()).contains("[" + i + ",");
    }
    assertThat(client.mostAtOnce).as("20 of 0.1 ms").isBetween(1, 150);
  }

  /** Takes a tenth of a millisecond for a message, or longer; counts those before a flush. */
  private static final class Unhurried extends ForwardingSubscriber {
    final RecordingSubscriber seen;
    volatile int mostAtOnce;
    private int unflushed;

    Unhurried(RecordingSubscriber seen) {
      super(seen);
      this.seen = seen;
    }

    @Override
    public void sendLast(byte[] bytes, int start, int length) throws IOException {
      super.sendLast(bytes, start, length);
      LockSupport.parkNanos(100_000);
      unflushed++;
      mostAtOnce = Math.max(mostAtOnce, unflushed);
    }

    @Override
    public void flush() throws IOException {
      super.flush();
      unflushed = 0;
    }
  }

  @Test
  void sendsNothingAgainThatTheClientSaysToHave() throws Exception {
    SlotName slot = init().name();
    for (int i = 1; i <= 4; i++) {
      database.execute("insert into users values (" + i + ", 'x')");
    }
    RecordingSubscriber first = new RecordingSubscriber();
    SlotStream stream = stream(slot, first);
    first.nextWithChange();
    Lsn second = nextLsn(first.nextWithChange());
    first.nextWithChange();
    stream.clientGone();

    RecordingSubscriber again = new RecordingSubscriber();
    stream(from(slot, second, false), again);

    assertThat(again.nextWithChange()).contains("[3,\"x\"]");
    awaitConfirmed(slot, second);
  }

  @Test
  void tellsAClientThatTheSlotHasMovedPastIt() throws Exception {
    SlotName slot = init().name();
    database.execute("insert into users values (1, 'a')");
    database.execute("insert into users values (2, 'b')");
    RecordingSubscriber first = new RecordingSubscriber();
    SlotStream stream = stream(slot, first);
    Lsn one = nextLsn(first.nextWithChange());
    Lsn two = nextLsn(first.nextWithChange());
    stream.acknowledge(two, false);
    awaitConfirmed(slot, two);
    stream.clientGone();

    RecordingSubscriber behind = new RecordingSubscriber();
    stream(from(slot, one, false), behind);
    assertThat(behind.closed().reason()).isEqualTo(CloseReason.POSITION_LOST);

    RecordingSubscriber accepting = new RecordingSubscriber();
    stream(from(slot, one, true), accepting);
    database.execute("insert into users values (3, 'c')");
    assertThat(accepting.nextWithChange()).contains("[3,\"c\"]");
  }

  /** Several megabytes of WAL that do not concern the slot. */
  private void writeInAnotherDatabase() throws Exception {
    database.execute("create database neighbour");
    try (var neighbour =
            DriverManager.getConnection(
                database.jdbcUrl().replace("/postgres", "/neighbour"),
                database.user(),
                database.password());
        var statement = neighbour.createStatement()) {
      statement.execute("create table n as select repeat('x', 1000) from generate_series(1, 5000)");
    }
  }

  @Test
  void movesAnIdleSlotOnForAClientThatAcknowledgesOnlyChanges() throws Exception {
    SlotName slot = init().name();
    database.execute("insert into users values (1, 'a')");
    RecordingSubscriber client = new RecordingSubscriber();
    SlotStream stream = stream(slot, client);
    Lsn position = nextLsn(client.nextWithChange());
    stream.acknowledge(position, false);
    awaitConfirmed(slot, position);

    writeInAnotherDatabase();
    Lsn end = Lsn.parse(database.text("select pg_current_wal_lsn()"));
    database.execute("drop database neighbour");

    await("the slot to move on by itself, past what the neighbour wrote")
        .atMost(Duration.ofSeconds(40))
        .pollInterval(Duration.ofMillis(200))
        .until(() -> !end.isAfter(registry.reports().of(slot).confirmedFlush().orElseThrow()));
    stream.clientGone();

    RecordingSubscriber again = new RecordingSubscriber();
    stream(from(slot, position, false), again);
    database.execute("insert into users values (2, 'b')");
    assertThat(again.nextWithChange()).as("from inside what was jumped over").contains("[2,\"b\"]");
  }

  @Test
  void movesASlotOnWhoseChangesAreAllFilteredOut() throws Exception {
    SlotName slot = init().name();
    RecordingSubscriber client = new RecordingSubscriber();
    SlotStream stream = stream(slot, client, "add-tables", "public.nothing");
    database.execute("insert into users values (1, 'not wanted')");
    Lsn end = Lsn.parse(database.text("select pg_current_wal_lsn()"));

    String empty = client.next();
    while (end.isAfter(nextLsn(empty))) {
      empty = client.next();
    }

    assertThat(empty).endsWith("\"change\":[]}");
    stream.acknowledge(nextLsn(empty), false);
    awaitConfirmed(slot, nextLsn(empty));
  }

  @Test
  void cutsALargeTransactionForAClientThatTakesSmallMessages() throws Exception {
    SlotName slot = init().name();
    RecordingSubscriber client = new RecordingSubscriber();
    SlotStream stream = stream(slot, client, "max-message", "10000");
    database.execute("insert into users select i, repeat('x', 100) from generate_series(1, 500) i");

    int changes = 0;
    String message = client.nextWithChange();
    while (message.endsWith("],\"more\":true}")) {
      assertThat(message).startsWith("{\"change\":[{").hasSizeBetween(9_000, 10_000);
      changes += message.split("\"kind\":\"insert\"", -1).length - 1;
      message = client.next();
    }
    changes += message.split("\"kind\":\"insert\"", -1).length - 1;

    assertThat(changes).isEqualTo(500);
    stream.acknowledge(nextLsn(message), false);
    awaitConfirmed(slot, nextLsn(message));
  }

  @Test
  void offersAnIdleSlotsClientAPositionToAcknowledge() throws Exception {
    SlotName slot = init().name();
    RecordingSubscriber client = new RecordingSubscriber();
    SlotStream stream =
        stream(
            from(slot, registry.reports().of(slot).confirmedFlush().orElseThrow(), false), client);
    writeInAnotherDatabase();
    database.execute("drop database neighbour");
    Lsn end = Lsn.parse(database.text("select pg_current_wal_lsn()"));

    String empty = client.next();
    while (end.isAfter(nextLsn(empty))) {
      empty = client.next();
    }

    assertThat(empty).matches("\\{\"nextlsn\":\"[0-9A-F/]+\",\"change\":\\[]}");
    stream.acknowledge(nextLsn(empty), false);
    awaitConfirmed(slot, nextLsn(empty));
  }

  @Tag("versions")
  @Test
  void tellsAClientThatIsAheadOfPostgres() throws Exception {
    SlotName slot = init().name();
    RecordingSubscriber client = new RecordingSubscriber();
    stream(from(slot, Lsn.parse("FF/0"), false), client);

    assertThat(client.closed().reason()).isEqualTo(CloseReason.DIVERGED);
  }

  @Test
  void givesTheSlotToAClientThatTakesItOver() throws Exception {
    SlotName slot = init().name();
    database.execute("insert into users values (1, 'a')");
    RecordingSubscriber first = new RecordingSubscriber();
    stream(slot, first);
    first.nextWithChange();

    RecordingSubscriber taker = new RecordingSubscriber();
    stream(
        new StreamOptions(
            slot, List.of(), ChangeOptions.usual(), Optional.empty(), false, false, true, 0),
        taker);

    assertThat(first.closed().reason()).isEqualTo(CloseReason.SUPERSEDED);
    assertThat(taker.nextWithChange()).contains("[1,\"a\"]");
  }

  @Test
  void givesTheSlotToATakerAlsoFromAClientThatDoesNotRead() throws Exception {
    SlotName slot = init().name();
    RecordingSubscriber first = new RecordingSubscriber();
    first.stopReading();
    SlotStream blocked = stream(slot, first);
    database.execute("insert into users values (1, 'a')");
    await("the first client's send to block")
        .atMost(Duration.ofSeconds(10))
        .until(blocked::isSending);

    RecordingSubscriber taker = new RecordingSubscriber();
    stream(
        new StreamOptions(
            slot, List.of(), ChangeOptions.usual(), Optional.empty(), false, false, true, 0),
        taker);

    assertThat(first.closed().reason()).isEqualTo(CloseReason.SUPERSEDED);
    assertThat(taker.nextWithChange()).contains("[1,\"a\"]");
  }

  @Tag("versions")
  @Test
  void saysHelloOnRequestAlsoWhereDigitsAreNotAscii() throws Exception {
    NewSlot made = init();
    RecordingSubscriber client = new RecordingSubscriber();
    Locale before = Locale.getDefault();
    Locale.setDefault(Locale.forLanguageTag("ar-EG"));
    String hello;
    try {
      stream(
          new StreamOptions(
              made.name(),
              List.of(),
              ChangeOptions.usual(),
              Optional.empty(),
              false,
              true,
              false,
              0),
          client);
      hello = client.next();
    } finally {
      Locale.setDefault(before);
    }

    String system = database.text("select system_identifier from pg_control_system()");
    assertThat(hello)
        .isEqualTo(
            "{\"hello\":{\"system\":\"%s\",\"timeline\":1,\"slot\":\"%s\",\"plugin\":\"%s\",\"confirmed\":\"%s\",\"start\":\"%s\"}}"
                .formatted(
                    system,
                    made.name(),
                    plugin.sqlName(),
                    made.consistentPoint(),
                    made.consistentPoint()));
  }

  @Test
  void keepsWithinAWindowOfUnacknowledgedBytes() throws Exception {
    SlotName slot = init().name();
    database.execute("insert into users values (1, 'a')");
    database.execute("insert into users values (2, 'b')");
    RecordingSubscriber client = new RecordingSubscriber();
    SlotStream stream =
        stream(
            new StreamOptions(
                slot, List.of(), ChangeOptions.usual(), Optional.empty(), false, false, false, 150),
            client);
    String first = client.nextWithChange();
    assertThat(client.isQuietFor(Duration.ofMillis(700))).isTrue();

    stream.acknowledge(nextLsn(first), false);

    assertThat(client.nextWithChange()).contains("[2,\"b\"]");
  }

  @Tag("versions")
  @Test
  void dropsASlotThatIsStreamedOnlyByForce() throws Exception {
    SlotName slot = init().name();
    RecordingSubscriber client = new RecordingSubscriber();
    stream(slot, client);
    database.execute("insert into users values (1, 'a')");
    client.nextWithChange();

    registry.drop(slot, true);

    assertThat(client.closed().reason()).isEqualTo(CloseReason.SLOT_NOT_FOUND);
    assertThat(registry.reports().all()).isEmpty();
  }

  /** Of few bytes, as suits a catch-up. */
  private void missTransactions(int transactions) throws Exception {
    missTransactions(transactions, 150);
  }

  private void missTransactions(int transactions, int width) throws Exception {
    try (Connection connection = database.connect();
        PreparedStatement insert =
            connection.prepareStatement("insert into users values (?, repeat('x', ?))")) {
      insert.setInt(2, width);
      for (int i = 1; i <= transactions; i++) {
        insert.setInt(1, i);
        insert.execute();
      }
    }
    database.execute("checkpoint"); // what is not written out yet does not count as missed
  }

  private SlotStream streamWithin(SlotName slot, RecordingSubscriber client, long window) {
    return stream(
        new StreamOptions(
            slot, List.of(), ChangeOptions.usual(), Optional.empty(), false, false, false, window),
        client);
  }

  private void expectCopies(int expected) throws Exception {
    boolean possible = Integer.parseInt(database.text("show server_version_num")) >= 120_000;
    assertThat(database.text("select count(*) from pg_replication_slots where temporary"))
        .isEqualTo(possible ? "" + expected : "0");
  }

  private static void expectRows(RecordingSubscriber client, SlotStream stream, int from, int to)
      throws Exception {
    for (int i = from; i <= to; i++) {
      String message = client.nextWithChange();
      assertThat(message).contains("[" + i + ",");
      stream.acknowledge(nextLsn(message), false);
    }
  }

  @Tag("versions")
  @Test
  void readsWhatASlotHasMissedByQueriesAndThenGoesOn() throws Exception {
    SlotName slot = init().name();
    try (Connection open = database.connect();
        var statement = open.createStatement()) {
      open.setAutoCommit(false);
      statement.execute("insert into users values (-1, 'begun before')");
      missTransactions(3000);
      RecordingSubscriber client = new RecordingSubscriber();
      SlotStream stream = streamWithin(slot, client, 5_000);

      String first = client.nextWithChange();
      assertThat(first).contains("[1,");
      expectCopies(2);
      assertThat(registry.reports().of(slot).confirmedFlush().orElseThrow())
          .isLessThan(nextLsn(first));
      stream.acknowledge(nextLsn(first), false);
      awaitConfirmed(slot, nextLsn(first));
      expectCopies(2); // confirmed while it is read by queries
      RecordingSubscriber second = new RecordingSubscriber();
      stream(slot, second);
      assertThat(second.closed().reason()).isEqualTo(CloseReason.SLOT_BUSY);

      expectRows(client, stream, 2, 3000);
      database.execute("insert into users values (3001, 'live')");
      expectRows(client, stream, 3001, 3001);
      open.commit();
      expectRows(client, stream, -1, -1);
      expectCopies(0);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void readsPieceByPieceForAClientThatIsQuick(boolean threadLeft) throws Exception {
    noThreadAhead = !threadLeft;
    SlotName slot = init().name();
    missTransactions(5000);
    RecordingSubscriber client = new RecordingSubscriber();
    SlotStream stream = stream(slot, client);
    for (int i = 1; i <= 5000; i++) {
      assertThat(client.nextWithChange()).contains("[" + i + ",");
    }
    database.execute("insert into users values (5001, 'live')");
    String last = client.nextWithChange();
    assertThat(last).contains("[5001,");
    stream.acknowledge(nextLsn(last), false);
    awaitConfirmed(slot, nextLsn(last));
    noThreadAhead = false;
  }

  @Test
  void goesOnWithTheWalsenderWhereMessagesAreWide() throws Exception {
    SlotName slot = init().name();
    missTransactions(1500, 900);
    RecordingSubscriber client = new RecordingSubscriber();
    SlotStream stream = streamWithin(slot, client, 100_000);
    expectRows(client, stream, 1, 1000);
    expectCopies(0);
    expectRows(client, stream, 1001, 1500);
  }

  @Tag("versions")
  @Test
  void goesOnBehindTheSameClientWhenACatchUpIsTerminated() throws Exception {
    SlotName slot = init().name();
    missTransactions(3000);
    RecordingSubscriber client = new RecordingSubscriber();
    SlotStream stream = streamWithin(slot, client, 5_000);
    String first = client.nextWithChange();
    assertThat(first).contains("[1,");

    database.execute(
        "select pg_terminate_backend(active_pid) from pg_replication_slots where temporary");
    database.execute(
        "select pg_terminate_backend(pid) from pg_stat_activity where query like 'copy (select lsn%'");
    stream.acknowledge(nextLsn(first), false);

    expectRows(client, stream, 2, 3000);
    expectCopies(0);
  }

  @Test
  void freesASlotAtOnceWhoseClientLeavesDuringACatchUp() throws Exception {
    SlotName slot = init().name();
    missTransactions(3000);
    RecordingSubscriber client = new RecordingSubscriber();
    SlotStream stream = streamWithin(slot, client, 5_000);
    Lsn first = nextLsn(client.nextWithChange());
    stream.acknowledge(first, false);
    stream.clientGone();
    assertThat(stream.awaitEnd(Duration.ofSeconds(10))).isTrue();
    awaitConfirmed(slot, first);

    RecordingSubscriber again = new RecordingSubscriber();
    expectRows(again, streamWithin(slot, again, 5_000), 2, 3000);
    await("the copies to go").atMost(Duration.ofSeconds(20)).untilAsserted(() -> expectCopies(0));
  }

  @Tag("versions")
  @ParameterizedTest
  @ValueSource(ints = {0, 1})
  void readsAlsoWherePostgresHasRoomForNoCopyOrForOne(int left) throws Exception {
    SlotName slot = init().name();
    missTransactions(3000);
    int free =
        Integer.parseInt(
            database.text(
                "select setting::int - (select count(*) from pg_replication_slots)"
                    + " from pg_settings where name = 'max_replication_slots'"));
    for (int i = 0; i < free - left; i++) {
      database.execute("select pg_create_physical_replication_slot('full_" + i + "')");
    }
    try {
      RecordingSubscriber client = new RecordingSubscriber();
      SlotStream stream = streamWithin(slot, client, 5_000);
      expectRows(client, stream, 1, 100);
      expectCopies(left);
      expectRows(client, stream, 101, 3000);
    } finally {
      database.execute(
          "select pg_drop_replication_slot(slot_name) from pg_replication_slots"
              + " where slot_name like 'full_%'");
    }
  }
}
