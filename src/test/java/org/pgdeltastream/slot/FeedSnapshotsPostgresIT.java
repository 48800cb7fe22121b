package org.pgdeltastream.slot;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.change.TableName;
import org.pgdeltastream.change.option.ChangeOptions;
import org.pgdeltastream.delivery.CloseReason;
import org.pgdeltastream.feed.log.FeedPosition;
import org.pgdeltastream.feed.log.Framing;
import org.pgdeltastream.journal.shared.KafkaSettings.Storage;
import org.pgdeltastream.slot.admission.Caller;
import org.pgdeltastream.slot.feed.FeedDefinition;
import org.pgdeltastream.slot.feed.Feeds;
import org.pgdeltastream.slot.feed.FollowRequest;
import org.pgdeltastream.slot.view.ViewRequest;
import org.pgdeltastream.support.Seeds;
import org.pgdeltastream.support.TestDatabase;

/** A feed's snapshots, then its changes: exactly what is in the tables, and no change twice. */
@Timeout(value = 1200, unit = TimeUnit.SECONDS)
class FeedSnapshotsPostgresIT {
  private static final String TYPES = "{\"id\":\"bigint\"";
  private static final int RUNS = Integer.getInteger("pgdelta.test.snapshots", 40);
  private static final int AT_ONCE = 20;
  private static final int HERD = RUNS < 1000 ? 200 : 1000;
  private static final Duration SOON = Duration.ofSeconds(40);
  private static final Caller CALLER = new Caller("127.0.0.1", "");

  private TestDatabase database;
  private @Nullable TestRegistry registry;

  @BeforeEach
  void start() throws Exception {
    database =
        TestDatabase.embedded(
            Map.of("max_prepared_transactions", "20", "synchronous_commit", "on"));
  }

  @AfterEach
  void stop() throws Exception {
    if (registry != null) {
      registry.close();
    }
    database.close();
  }

  private void closeWithoutDropping() {
    requireNonNull(registry, "it was made").closeWithoutDropping();
    registry = null;
  }

  private void make(String... settings) {
    registry = new TestRegistry(database, settings);
    feeds()
        .make(
            new FeedDefinition(
                "main", List.of("p"), 64 << 20, Duration.ofMinutes(10), Storage.WAL));
  }

  private Feeds feeds() {
    return requireNonNull(registry, "it was made").slots.feeds();
  }

  /** Equal numbers are equal views; which changes are shown is always the same. */
  private static ViewRequest view(int number, String... more) {
    Map<String, String> options = new LinkedHashMap<>();
    options.put("filter-msg-prefixes", "x" + number);
    for (int i = 0; i < more.length; i += 2) {
      options.put(more[i], more[i + 1]);
    }
    return new ViewRequest(ChangeOptions.parse(name -> Optional.ofNullable(options.get(name))));
  }

  private SnapshotFollower follow(ViewRequest view, FollowRequest.After after) {
    SnapshotFollower follower = new SnapshotFollower();
    FollowRequest request =
        new FollowRequest(view, Framing.TEXTS, after, true, Duration.ZERO, CALLER, follower);
    follower.serves(feeds().follow("main", request, follower.outlet));
    return follower;
  }

  private SnapshotFollower follow(int view) {
    return follow(view(view), FollowRequest.After.NOW);
  }

  private Map<String, List<String>> state(String... tables) throws Exception {
    Map<String, List<String>> state = new LinkedHashMap<>();
    for (String table : tables) {
      String rows =
          database.text(
              "select coalesce(string_agg(id || '=' || n, ',' order by id), '') from " + table);
      state.put(table, rows.isEmpty() ? List.of() : List.of(rows.split(",")));
    }
    return state;
  }

  private Lsn written() throws Exception {
    return Lsn.parse(database.text("select pg_logical_emit_message(true, 'end', '')"));
  }

  private void awaitAll(List<SnapshotFollower> followers) {
    await("all to have their rows")
        .atMost(SOON)
        .until(
            () ->
                followers.stream()
                    .allMatch(one -> one.text().contains("snapshot-end") || one.outlet.isEnded()));
    assertThat(followers).allMatch(one -> !one.outlet.isEnded());
  }

  /** The view shows no messages but this one, so its position is at the end then. */
  private void awaitEnd(List<SnapshotFollower> followers, Lsn end) {
    await("all to be at the end")
        .atMost(SOON)
        .until(
            () -> {
              followers.forEach(SnapshotFollower::readOn);
              return followers.stream().allMatch(one -> !end.isAfter(one.position()));
            });
  }

  @Test
  void showsExactlyWhatIsInTheTablesWhateverIsWritten() throws Exception {
    SnapshotWriters.makeTables(database);
    make();
    Random random = new Random(Seeds.first());
    long early = 0;
    long stalled = 0;
    for (int run = 0; run < RUNS; run += AT_ONCE) {
      List<SnapshotFollower> followers = new ArrayList<>();
      SnapshotWriters writers = new SnapshotWriters(database, 4, random);
      try {
        for (int i = 0; i < AT_ONCE; i++) {
          followers.add(follow(run + i));
          LockSupport.parkNanos(random.nextInt(60) * 1_000_000L);
        }
        awaitAll(followers);
      } finally {
        writers.end();
      }
      stalled += writers.stalled();
      awaitEnd(followers, written());
      Map<String, List<String>> state = state("a", "b", "c");
      for (SnapshotFollower one : followers) {
        assertThat(one.state()).as("from " + one.start()).isEqualTo(state);
        early += one.early();
      }
      end(followers);
    }
    assertThat(database.text("select count(*) from pg_replication_slots")).isEqualTo("1");
    long made = feeds().report("main").counts().snapshotsMade();
    System.out.printf(
        "%d snapshots, %d changes that one did not see, %d commits that waited%n",
        made, early, stalled);
    assertThat(made).isEqualTo(RUNS);
    assertThat(early).isPositive();
    assertThat(stalled).isPositive();
  }

  private void end(List<SnapshotFollower> followers) {
    assertThat(followers).allMatch(one -> one.outlet.wrong().isEmpty());
    followers.forEach(SnapshotFollower::gone);
    await("all to have left").atMost(SOON).until(() -> feeds().report("main").subscribers() == 0);
  }

  private void makeRows(int count) throws Exception {
    database.execute("create table a (id bigint primary key, n bigint)");
    database.execute("insert into a select i, 0 from generate_series(1, " + count + ") i");
    database.execute("create publication p for table a");
  }

  private static void awaitEnded(SnapshotFollower one) {
    await("its end, after " + one.text()).atMost(SOON).until(one.outlet::isEnded);
    assertThat(one.outlet.wrong()).isEmpty();
  }

  private void awaitRows(SnapshotFollower one) {
    awaitAll(List.of(one));
    one.readOn();
  }

  /** One query for all; they read a file. */
  @Test
  void readsTheRowsOnceForAllWhoAskForTheSame() throws Exception {
    makeRows(100_000);
    make();
    database.execute("select pg_stat_reset()");
    List<CountingOutlet> outlets = new ArrayList<>();
    for (int i = 0; i < HERD; i++) {
      CountingOutlet outlet = new CountingOutlet();
      outlets.add(outlet);
      FollowRequest request =
          new FollowRequest(
              view(0, "include-types", "0"),
              List.of(Framing.values()).get(i % 4),
              FollowRequest.After.NOW,
              true,
              Duration.ZERO,
              CALLER,
              new SnapshotFollower());
      outlet.serves(feeds().follow("main", request, outlet));
    }
    await("all rows for all")
        .atMost(SOON)
        .until(() -> outlets.stream().allMatch(one -> one.count("snapshot-end") == 1));
    for (CountingOutlet one : outlets) {
      assertThat(one.count("{\"id\":")).isEqualTo(100_000);
      one.served().gone();
    }
    assertThat(feeds().report("main").counts().snapshotsMade()).isEqualTo(1);
    assertThat(feeds().report("main").counts().snapshotsGiven()).isEqualTo(HERD);
    await("PostgreSQL's count")
        .atMost(SOON)
        .until(
            () ->
                database
                    .text("select seq_scan from pg_stat_user_tables where relname = 'a'")
                    .equals("1"));
  }

  @Test
  void waitsForNoOpenTransaction() throws Exception {
    makeRows(3);
    make();
    try (Connection open = database.connect();
        Statement statement = open.createStatement()) {
      open.setAutoCommit(false);
      statement.execute("insert into a values (100, 0)"); // not on disk before somebody commits
      SnapshotFollower one = follow(0);
      awaitRows(one);
      assertThat(one.state().get("a")).containsExactly("1=0", "2=0", "3=0");
      open.commit();
      awaitEnd(List.of(one), written());
      assertThat(one.state()).isEqualTo(state("a"));
    }
  }

  /** It is in the feed already, and no snapshot sees it: then it would be lost. */
  @Test
  void refusesWhileACommitWaitsForAStandby() throws Exception {
    makeRows(1);
    make();
    SnapshotFollower watching = follow(1);
    awaitRows(watching);
    ExecutorService threads = Executors.newSingleThreadExecutor();
    try {
      database.execute("alter system set synchronous_standby_names = 'nobody'");
      database.execute("select pg_reload_conf()");
      int id = 1;
      Future<?> insert;
      do { // until the setting has come everywhere
        int next = ++id;
        insert =
            threads.submit(
                () -> {
                  database.execute("insert into a values (" + next + ", 0)");
                  return null;
                });
      } while (!waitsForAStandby(insert));
      int last = id;
      await("the row that nobody sees")
          .atMost(SOON)
          .until(() -> watching.text().contains("\"columnvalues\":[" + last + ",0]"));
      assertThat(database.text("select count(*) from a")).isEqualTo("" + (last - 1));
      List<SnapshotFollower> refused = List.of(follow(2), follow(3));
      refused.forEach(FeedSnapshotsPostgresIT::awaitEnded);
      assertThat(refused)
          .allMatch(
              one ->
                  one.outlet
                      .ending()
                      .equals(Optional.of(CloseReason.BLOCKED_BY_UNACKNOWLEDGED_COMMIT)))
          .allMatch(one -> one.text().isEmpty());
      SnapshotFollower later = follow(4);
      database.execute("alter system reset synchronous_standby_names");
      database.execute("select pg_reload_conf()");
      insert.get(20, TimeUnit.SECONDS);
      awaitRows(later);
      assertThat(later.state()).isEqualTo(state("a"));
      assertThat(later.rows()).isEqualTo(last);
    } finally {
      threads.shutdown();
    }
  }

  private boolean waitsForAStandby(Future<?> commit) {
    await("a commit to wait, or to end")
        .atMost(SOON)
        .until(() -> commit.isDone() || waiting().equals("1"));
    return !commit.isDone();
  }

  private String waiting() throws Exception {
    return database.text("select count(*) from pg_stat_activity where wait_event = 'SyncRep'");
  }

  @Test
  void refusesOnAStandby() throws Exception {
    makeRows(1);
    make();
    SnapshotFollower before = follow(0);
    awaitRows(before);
    closeWithoutDropping();
    database.stop("INT");
    database.becomeStandby();
    database.startAgain();
    make();
    try {
      SnapshotFollower one = follow(1);
      awaitEnded(one);
      assertThat(one.outlet.ending()).contains(CloseReason.NO_SNAPSHOT);
      assertThat(one.text()).isEmpty();
    } finally {
      closeWithoutDropping();
    }
  }

  @Test
  void refusesWhatIsLargerThanItsFilesMayBe() throws Exception {
    makeRows(100_000);
    make("feed-snapshot-bytes", "1048576");
    SnapshotFollower one = follow(0);
    awaitEnded(one);
    assertThat(one.outlet.ending()).contains(CloseReason.LIMIT);
    assertThat(one.text()).isEmpty();
    database.execute("delete from a where id > 1000");
    SnapshotFollower next = follow(0);
    awaitRows(next);
    assertThat(next.rows()).isEqualTo(1000);
  }

  @Test
  void letsOthersWaitWhereOneIsReadAtATime() throws Exception {
    makeRows(20_000);
    make("feed-snapshots", "1");
    List<SnapshotFollower> all = IntStream.range(0, 8).mapToObj(this::follow).toList();
    awaitAll(all);
    all.forEach(SnapshotFollower::readOn);
    assertThat(all).allMatch(one -> one.rows() == 20_000);
    assertThat(feeds().report("main").counts().snapshotsMade()).isEqualTo(8);
  }

  @Test
  void endsASnapshotThatTakesTooLong() throws Exception {
    makeRows(10);
    make("feed-snapshot-seconds", "2");
    try (Connection locking = database.connect();
        Statement statement = locking.createStatement()) {
      locking.setAutoCommit(false);
      statement.execute("lock table a in access exclusive mode");
      SnapshotFollower one = follow(0);
      awaitEnded(one);
      assertThat(one.outlet.ending()).contains(CloseReason.LIMIT);
    }
  }

  @Test
  void showsWhatThePublicationAndTheViewShow() throws Exception {
    for (String sql :
        List.of(
            "create table a (id bigint primary key, n bigint, v text, g bigint generated always as"
                + " (n * 2) stored)",
            "create table b (id bigint primary key, n bigint) partition by range (id)",
            "create table b0 partition of b for values from (0) to (10)",
            "create table b1 partition of b for values from (10) to (20)",
            "create table c (id bigint primary key, n bigint)",
            "create table d (id bigint primary key, n bigint)",
            "create unlogged table e (id bigint primary key, n bigint)",
            "create publication p for table a (id, n) where (id < 10), b, c",
            "insert into a select i, i, 'x' from generate_series(1, 20) i",
            "insert into b values (5, 0), (15, 0)",
            "insert into d values (1, 1)")) {
      database.execute(sql);
    }
    make();
    SnapshotFollower all = follow(0);
    awaitRows(all);
    assertThat(all.state().get("a")).hasSize(9).startsWith("1=1").endsWith("9=9");
    assertThat(all.text()).contains("{\"id\":1,\"n\":1}");
    assertThat(all.state().keySet()).containsExactly("a", "b0", "b1", "c");
    assertThat(all.state().get("b0")).containsExactly("5=0");
    assertThat(all.state().get("c")).isEmpty();
    SnapshotFollower some =
        follow(view(1, "add-tables", "public.b0,public.c"), FollowRequest.After.NOW);
    awaitRows(some);
    assertThat(some.state().keySet()).containsExactly("b0", "c");
    ViewRequest columns =
        new ViewRequest(
            view(2, "filter-tables", "public.b0,public.b1")
                .changes()
                .withColumns(Map.of(new TableName("public", "a"), List.of("n"))));
    SnapshotFollower narrow = follow(columns, FollowRequest.After.NOW);
    await("its rows").atMost(SOON).until(() -> narrow.text().contains("snapshot-end"));
    assertThat(narrow.text())
        .contains("\"table\":\"a\",\"types\":{\"n\":\"bigint\"},\"rows\":[{\"n\":1},{\"n\":2}")
        .doesNotContain("\"b0\"");
  }

  /** The same text as the changes have, whatever was asked for. */
  @Test
  void spellsValuesAsChangesDo() throws Exception {
    for (String sql :
        List.of(
            "create domain whole as int8",
            "create table a (id int8 primary key, m numeric(12,4), f float8, e float4, b bool,"
                + " y bytea, t text, j jsonb, ts timestamptz, d date, i interval, u uuid,"
                + " ar int[], w whole, c char(5), z text)",
            "create publication p for table a",
            "insert into a values (1, 12.5, 'NaN', 0.1, true, '\\x00ff', E'a\"\\\\\\n\u00e9\u2603',"
                + " '{\"a\": 1}', '2026-11-30 20:00:00.5+02', '2026-11-30', '1 day 2 hours',"
                + " '0eebc999-9c0b-4ef8-bb6d-6bb9bd380a11', '{1,null,3}', 7, 'ab', null)")) {
      database.execute(sql);
    }
    make();
    for (String more :
        List.of("include-xids", "numeric-data-types-as-string", "include-domain-data-type")) {
      SnapshotFollower one = follow(view(1, more, "1"), FollowRequest.After.NOW);
      await("its rows").atMost(SOON).until(() -> one.text().contains("{\"live\""));
      database.execute("update a set c = c");
      await("the change").atMost(SOON).until(() -> one.text().contains("\"columnvalues\""));
      String row = one.text().replaceAll("(?s).*?\"rows\":\\[\\{(.*?)\\}\\]\\}\\}\n.*", "$1");
      String change = one.text().replaceAll("(?s).*\"columnvalues\":\\[(.*?)\\],\"oldkeys.*", "$1");
      String values = row.replaceAll("(^|,)\"[a-z]+\":", "$1");
      assertThat(values).as(more).isEqualTo(change);
      assertThat(row).startsWith("\"id\":");
    }
  }

  @Test
  void goesOnWithRowsWhereAPositionCannotBeServed() throws Exception {
    makeRows(3);
    make();
    SnapshotFollower first = follow(0);
    awaitRows(first);
    FeedPosition foreign = FeedPosition.parse("00000001.1.00000002." + first.start());
    SnapshotFollower again = follow(view(0), FollowRequest.After.of(foreign));
    awaitRows(again);
    assertThat(again.text()).startsWith("{\"refetch\":\"system\"}\n{\"snapshot\"");
    assertThat(again.state()).isEqualTo(state("a"));
    database.execute("insert into a values (4, 0)");
    SnapshotFollower resumed =
        follow(view(0), FollowRequest.After.of(FeedPosition.of(first.start())));
    await("what came since").atMost(SOON).until(() -> resumed.text().contains("[4,0]"));
    assertThat(resumed.text()).doesNotContain("snapshot");
  }

  @Test
  void saysWhatItMayNotRead() throws Exception {
    makeRows(3);
    database.execute("create role r login replication password 'r'");
    make("database-user", "r", "database-password", "r");
    SnapshotFollower one = follow(0);
    awaitEnded(one);
    assertThat(one.outlet.ending()).contains(CloseReason.FORBIDDEN);
    database.execute("grant select on a to r");
    SnapshotFollower next = follow(0);
    awaitRows(next);
    assertThat(next.rows()).isEqualTo(3);
  }

  /** A row that is larger than a message, and a client that takes little at a time. */
  @Test
  void sendsLargeRowsInPiecesToWhoIsSlow() throws Exception {
    database.execute("create table a (id bigint primary key, n bigint, v text)");
    database.execute("create publication p for table a");
    database.execute(
        "insert into a select i, 0, repeat('é', case i when 5 then 300000 else 3000 end)"
            + " from generate_series(1, 50) i");
    make();
    SnapshotFollower one = new SnapshotFollower(20_000);
    FollowRequest request =
        new FollowRequest(
            view(0), Framing.TEXTS, FollowRequest.After.NOW, true, Duration.ZERO, CALLER, one);
    one.serves(feeds().follow("main", request, one.outlet));
    await("the end of its rows")
        .atMost(SOON)
        .until(
            () -> {
              one.outlet.takes(20_000);
              return one.text().contains("snapshot-end");
            });
    one.readOn();
    assertThat(one.rows()).isEqualTo(50);
    List<String> messages = one.text().lines().toList();
    for (String message : messages) {
      int rows = message.replace(TYPES, "").split("\\{\"id\":", -1).length - 1;
      assertThat(message.getBytes(StandardCharsets.UTF_8).length <= 64 * 1024 || rows == 1)
          .isTrue();
    }
    assertThat(messages.size()).isBetween(7, 12);
  }
}
