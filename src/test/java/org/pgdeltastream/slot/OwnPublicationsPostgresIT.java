package org.pgdeltastream.slot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.pgdeltastream.change.OutputPlugin;
import org.pgdeltastream.change.Problem;
import org.pgdeltastream.change.ProblemException;
import org.pgdeltastream.change.SlotName;
import org.pgdeltastream.delivery.CloseReason;
import org.pgdeltastream.slot.stream.StreamOptions;
import org.pgdeltastream.support.RecordingSubscriber;
import org.pgdeltastream.support.TestDatabase;

/** Our own publications: what they hold, what they leave out, and when they come and go. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(value = 120)
@Tag("versions")
class OwnPublicationsPostgresIT {
  /** A look that took a second is followed by a pause of twenty. */
  private static final Duration SOON = Duration.ofSeconds(90);

  private static final Duration NOT_HELD_UP = Duration.ofSeconds(20);

  private TestDatabase database;
  private int version;
  private TestRegistry registry;

  @BeforeAll
  void start() throws Exception {
    database =
        TestDatabase.embedded(Map.of("max_locks_per_transaction", "10", "max_connections", "30"));
    version = Integer.parseInt(database.text("show server_version_num")) / 10_000;
    database.execute("create role delta login replication; create role other");
    database.execute("grant create on database postgres to delta; grant other to postgres");
  }

  @AfterAll
  void stop() throws Exception {
    database.close();
  }

  @BeforeEach
  void open() throws Exception {
    database.execute("create schema t; grant all on schema t to delta, other");
    asSuperuser();
  }

  @AfterEach
  void drop() throws Exception {
    registry.close();
    assertThat(ours()).isEmpty();
    database.execute("drop schema t cascade");
  }

  private void asSuperuser(String... settings) {
    registry = new TestRegistry(database, settings);
  }

  /** The role that the documents make, which is no superuser. */
  private void asPlainRole() {
    registry.close();
    registry = new TestRegistry(database, "database-user", "delta");
  }

  private void run(String... statements) throws Exception {
    for (String sql : statements) {
      database.execute(sql);
    }
  }

  private void runAsDelta(String... statements) throws Exception {
    for (String sql : statements) {
      database.execute("set role delta; " + sql);
    }
  }

  private String ours() throws SQLException {
    return database.text(
        "select coalesce(string_agg(pubname, ' ' order by pubname), '') from pg_publication"
            + " where pubname like 'pgdeltastream%'");
  }

  private boolean holds(String publication, String table) throws SQLException {
    return database
        .text(
            "select count(distinct tablename) from pg_publication_tables" // 14 has some twice
                + " where pubname = 'pgdeltastream_"
                + publication
                + "' and schemaname = 't' and tablename = '"
                + table
                + "'")
        .equals("1");
  }

  private void awaitPublished(String publication, String table, boolean expected) {
    await(table + " in " + publication + ": " + expected)
        .atMost(SOON)
        .until(() -> holds(publication, table) == expected);
  }

  private SlotName init() {
    return registry.init().name();
  }

  private NewSlot init(String name, String... publications) {
    return registry.slots.create(
        new InitRequest(
            Optional.of(OutputPlugin.PGOUTPUT),
            List.of(publications),
            Optional.of(new SlotName(name))));
  }

  private RecordingSubscriber stream(SlotName slot, boolean gapAccepted, String... publications) {
    StreamOptions usual = StreamOptions.of(slot);
    RecordingSubscriber client = new RecordingSubscriber();
    registry.slots.stream(
        new StreamOptions(
            slot,
            List.of(publications),
            usual.changes(),
            usual.from(),
            gapAccepted,
            false,
            false,
            usual.window()),
        client);
    return client;
  }

  private RecordingSubscriber stream(SlotName slot, String... publications) {
    return stream(slot, false, publications);
  }

  private List<String> warnings(SlotName slot) {
    return registry.slots.reports().of(slot).warnings();
  }

  /** Keeps the lock while the work runs. */
  private void whileLocked(String table, String mode, Work work) throws Exception {
    try (Connection connection = database.connect();
        Statement statement = connection.createStatement()) {
      connection.setAutoCommit(false);
      statement.execute("lock table " + table + " in " + mode + " mode");
      work.run();
      connection.rollback();
    }
  }

  @FunctionalInterface
  private interface Work {
    void run() throws Exception;
  }

  @Test
  void streamsEveryOperationOnATableThatAPlainRoleMakesLater() throws Exception {
    asPlainRole();
    runAsDelta("create table t.old (id int primary key, v text)");
    SlotName slot = init();
    RecordingSubscriber client = stream(slot);

    runAsDelta("create table t.new (id int primary key, v text)");
    awaitPublished("inserts", "new", true);
    awaitPublished("changes", "new", true);
    runAsDelta(
        "insert into t.new values (1, 'a')", "update t.new set v = 'b'", "delete from t.new");

    assertThat(client.nextWithChange()).contains("\"insert\"", "\"new\"");
    assertThat(client.nextWithChange()).contains("\"update\"");
    assertThat(client.nextWithChange()).contains("\"delete\"");
    if (version >= 11) {
      runAsDelta("truncate t.new");
      assertThat(client.nextWithChange()).contains("\"truncate\"");
    }
    assertThat(warnings(slot))
        .anyMatch(text -> text.startsWith("Changes of t.new before ") && text.contains("missing"));
  }

  @Test
  void publishesAPlainRolesNewPartitionsFromTheirFirstRowOn() throws Exception {
    assumeTrue(version >= 13, "older ones publish no partitioned table");
    asPlainRole();
    runAsDelta(
        "create table t.root (id int, v text, primary key (id)) partition by range (id)",
        "create table t.low partition of t.root for values from (0) to (10)");
    SlotName slot = init();
    RecordingSubscriber client = stream(slot);

    runAsDelta(
        "create table t.high partition of t.root for values from (10) to (20);"
            + " insert into t.root values (11, 'a')");

    assertThat(client.nextWithChange()).contains("\"insert\"", "\"high\"");
    awaitPublished("changes", "high", true);
    runAsDelta("update t.root set v = 'b'");
    assertThat(client.nextWithChange()).contains("\"update\"", "\"high\"");
    awaitPublished("inserts", "high", true);
    runAsDelta("alter table t.root detach partition t.high", "insert into t.high values (12, 'c')");
    assertThat(client.nextWithChange()).contains("\"insert\"", "\"high\"");
    runAsDelta("alter table t.root attach partition t.high for values from (10) to (20)");
    runAsDelta("insert into t.root values (13, 'd')");
    assertThat(client.nextWithChange()).contains("\"insert\"", "\"high\"");
  }

  @Test
  void namesTheTablesOfOthersThatAPlainRoleCannotPublish() throws Exception {
    asPlainRole();
    run("create table t.theirs (id int primary key)");

    assertThat(init("delta_one").warnings()).anyMatch(text -> text.contains("t.theirs"));
    assertThat(init("delta_two").warnings()).anyMatch(text -> text.contains("t.theirs"));
    run("alter table t.theirs owner to delta");
    awaitPublished("inserts", "theirs", true);
    await()
        .atMost(SOON)
        .until(
            () ->
                warnings(new SlotName("delta_two")).stream()
                    .noneMatch(text -> text.contains("other owners")));
  }

  /** A child inherits no primary key, and ALTER PUBLICATION takes children along. */
  @Test
  void neverMakesAnUpdateFailThatWorkedBefore() throws Exception {
    run(
        "create table t.parent (id int primary key, v int)",
        "create table t.child (w int) inherits (t.parent)",
        "create table t.plain (id int, v int)",
        "create table t.full_identity (id int, v int)",
        "alter table t.full_identity replica identity full",
        "create table t.nothing (id int primary key, v int)",
        "alter table t.nothing replica identity nothing",
        "create table t.late (id int primary key deferrable, v int)",
        "create table t.unique_key (id int not null unique, v int)",
        "alter table t.unique_key replica identity using index unique_key_id_key",
        "create table t.dropped_key (id int not null unique, v int)",
        "alter table t.dropped_key replica identity using index dropped_key_id_key",
        "alter table t.dropped_key drop constraint dropped_key_id_key",
        "create unlogged table t.unlogged (id int primary key, v int)",
        "create table t.\"odd \"\", only 'x'\" (id int primary key, v int)");
    List<String> tables =
        Stream.of(
                "parent child plain full_identity nothing late unique_key dropped_key unlogged"
                    .split(" "))
            .toList();

    NewSlot made = init("delta_own");

    for (String table : tables) {
      run(
          "insert into t." + table + " (id, v) values (1, 1)",
          "update t." + table + " set v = 2 where id = 1",
          "delete from t." + table);
    }
    for (String table : List.of("child", "plain", "nothing", "late", "dropped_key", "unlogged")) {
      assertThat(made.warnings()).as(table).anyMatch(text -> text.contains("t." + table));
    }
    for (String table : List.of("parent", "full_identity", "unique_key", "odd \", only ''x''")) {
      assertThat(holds("changes", table)).as(table).isTrue();
    }
  }

  @Test
  void leavesOutIdentitiesWithGeneratedColumnsThatPostgresRefusesToPublish() throws Exception {
    assumeTrue(version >= 18, "older ones do not refuse them");
    run(
        "create table t.virt (id int primary key, n int, g int generated always as (n + 1) virtual)",
        "create table t.stor (id int primary key, n int, g int generated always as (n + 1) stored)",
        "create table t.key (n int, g int generated always as (n + 1) stored primary key)",
        "create table t.beside (id int primary key, n int, g int generated always as (n + 1) stored)",
        "alter table t.virt replica identity full",
        "alter table t.stor replica identity full");

    NewSlot made = init("delta_own");

    for (String table : List.of("virt", "stor", "beside")) {
      run("insert into t." + table + " (id, n) values (1, 1)");
    }
    run("insert into t.key (n) values (1)");
    for (String table : List.of("virt", "stor", "key", "beside")) {
      run("update t." + table + " set n = 2", "delete from t." + table);
    }
    assertThat(made.warnings())
        .anyMatch(
            text ->
                text.contains("generated")
                    && text.contains("t.virt")
                    && text.contains("t.stor")
                    && text.contains("t.key")
                    && !text.contains("t.beside"));
    assertThat(holds("changes", "beside")).isTrue();
  }

  @Test
  void followsIdentitiesThatComeAndGo() throws Exception {
    run("create table t.a (id int primary key, v int)", "insert into t.a values (1, 1)");
    init();
    assertThat(holds("changes", "a")).isTrue();

    run("alter table t.a drop constraint a_pkey");
    awaitPublished("changes", "a", false);
    run("update t.a set v = 2", "alter table t.a set unlogged", "update t.a set v = 3");
    run("alter table t.a set logged", "alter table t.a replica identity full");
    awaitPublished("changes", "a", true);
    run("update t.a set v = 4");
  }

  @Test
  void saysHowATableIsSetUnloggedThatPostgresRefuses() throws Exception {
    run("create table t.a (id int primary key)");
    NewSlot made = init("delta_own");

    assertThat(made.warnings()).anyMatch(text -> text.contains("SET UNLOGGED"));
    run(
        "begin; alter publication pgdeltastream_changes drop table t.a;"
            + " alter table t.a set unlogged; commit");
    await()
        .atMost(SOON)
        .until(() -> warnings(made.name()).stream().anyMatch(text -> text.contains("t.a")));
  }

  @Test
  void leavesOutATableThatIsLockedAndTakesItInLater() throws Exception {
    run("create table t.a (id int primary key)", "create table t.b (id int primary key)");
    whileLocked(
        "t.a",
        "share update exclusive",
        () -> {
          long begin = System.nanoTime();
          NewSlot made = init("delta_own");
          assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(NOT_HELD_UP);
          assertThat(made.warnings())
              .anyMatch(text -> text.contains("locked") && text.contains("t.a"));
          assertThat(holds("changes", "b")).isTrue();
        });
    awaitPublished("changes", "a", true);
    await()
        .atMost(SOON)
        .until(
            () ->
                warnings(new SlotName("delta_own")).stream()
                    .noneMatch(text -> text.contains("locked")));
  }

  @Test
  void leavesNothingBehindWhereTheSlotCannotBeMade() throws Exception {
    run("create table t.a (id int primary key, v int)", "create table t.x (id int)");
    whileLocked(
        "t.x",
        "access exclusive",
        () ->
            assertThatThrownBy(() -> init("delta_blocked"))
                .isInstanceOf(ProblemException.class)
                .extracting(e -> ((ProblemException) e).problem())
                .isEqualTo(Problem.BLOCKED_BY_OPEN_TRANSACTION));

    assertThat(ours()).isEmpty();
    run("alter table t.a drop constraint a_pkey", "update t.a set v = 1");
  }

  @Test
  void takesNoOtherUsersNameWhereASlotOfThatNameExists() throws Exception {
    run("select pg_create_logical_replication_slot('delta_foreign', 'pgoutput')");

    assertThatThrownBy(() -> init("delta_foreign")).hasMessageContaining("exists");

    assertThat(ours()).isEmpty();
    run("select pg_drop_replication_slot('delta_foreign')");
  }

  @Test
  void dropsWhatAServerThatWasKilledLeftBehind() throws Exception {
    run("create publication pgdeltastream_inserts", "create publication pgdeltastream_changes");
    run("comment on publication pgdeltastream_inserts is 'slots: delta_dead'");

    await().atMost(SOON).until(() -> ours().isEmpty());
  }

  @Test
  void dropsThemWhenTheLastSlotWasDroppedBySql() throws Exception {
    SlotName slot = init();

    run("select pg_drop_replication_slot('" + slot + "')");

    await().atMost(SOON).until(() -> ours().isEmpty());
  }

  @Test
  void keepsThemForASlotThatIsMadeWhileTheLastOneIsDropped() throws Exception {
    run("create table t.a (id int primary key)", "create table t.x (id int)");
    init("delta_old");
    Thread maker = new Thread(() -> init("delta_new"));
    whileLocked(
        "t.x",
        "access exclusive", // has a transaction number: the slot is made after its end
        () -> {
          maker.start();
          await()
              .atMost(SOON)
              .until(() -> database.text("select count(*) from pg_replication_slots").equals("2"));
          registry.slots.drop(new SlotName("delta_old"), false);
          assertThat(ours()).isEqualTo("pgdeltastream_changes pgdeltastream_inserts");
        });
    maker.join();
    RecordingSubscriber client = stream(new SlotName("delta_new"));
    run("insert into t.a values (1)", "update t.a set id = 2");
    assertThat(client.nextWithChange()).contains("\"insert\"");
    assertThat(client.nextWithChange()).contains("\"update\"");
  }

  @Test
  void dropsASlotAlsoWhereItMayNotTouchThePublications() throws Exception {
    run("create table t.a (id int primary key)", "alter table t.a owner to delta");
    init("delta_theirs");
    try (TestRegistry plain = new TestRegistry(database, "database-user", "delta")) {
      run("create publication named for table t.a");
      plain.slots.create(
          new InitRequest(
              Optional.of(OutputPlugin.PGOUTPUT),
              List.of("named"),
              Optional.of(new SlotName("delta_named"))));
      run("select pg_drop_replication_slot('delta_theirs')"); // its name is yet to be struck

      plain.slots.drop(new SlotName("delta_named"), false);

      assertThat(database.text("select count(*) from pg_replication_slots")).isEqualTo("0");
    } finally {
      run("drop publication named");
    }
    await().atMost(SOON).until(() -> ours().isEmpty());
  }

  @Test
  void refusesThoseOfAnotherRoleAndSaysSo() throws Exception {
    init("delta_theirs");
    try (TestRegistry plain = new TestRegistry(database, "database-user", "delta")) {
      assertThatThrownBy(plain::init)
          .isInstanceOfSatisfying(
              ProblemException.class,
              e -> {
                assertThat(e.problem()).isEqualTo(Problem.UPSTREAM_CONFIG);
                assertThat(e).hasMessageContaining("another role");
              });
      assertThat(database.text("select count(*) from pg_replication_slots")).isEqualTo("1");
      registry.slots.drop(new SlotName("delta_theirs"), false);
    }
  }

  @Test
  void tellsAClientThatComesBackThatTheyWereMadeAnew() throws Exception {
    run("create table t.a (id int primary key)");
    SlotName slot = init();
    RecordingSubscriber client = stream(slot);
    run("insert into t.a values (1)");
    client.nextWithChange();

    run("drop publication pgdeltastream_inserts, pgdeltastream_changes");
    assertThat(client.closed().reason()).isEqualTo(CloseReason.CANNOT_DECODE);
    assertThat(stream(slot).closed().reason()).isEqualTo(CloseReason.CANNOT_DECODE);
    init("delta_newer");

    assertThat(stream(slot).closed())
        .isEqualTo(
            new RecordingSubscriber.Closed(
                CloseReason.CANNOT_DECODE,
                "publication pgdeltastream_inserts was made anew: changes may be missing"));
    if (version >= 18) { // older ones cannot decode what was written without publications
      RecordingSubscriber content = stream(slot, true);
      assertThat(content.nextWithChange()).contains("[1]"); // not acknowledged before
      run("insert into t.a values (2)");
      assertThat(content.nextWithChange()).contains("[2]");
      registry.slots.drop(new SlotName("delta_newer"), false);
      assertThat(ours()).isNotEmpty();
    }
  }

  @Test
  void tellsAClientThatComesBackThatANamedPublicationWasMadeAnewUntilItAcceptsTheGap()
      throws Exception {
    run("create table t.a (id int primary key)", "create publication named for table t.a");
    try {
      SlotName slot = init("delta_named", "named").name();
      run("drop publication named", "create publication named for table t.a");

      for (int i = 0; i < 2; i++) {
        assertThat(stream(slot, "named").closed())
            .isEqualTo(
                new RecordingSubscriber.Closed(
                    CloseReason.CANNOT_DECODE,
                    "publication named was made anew: changes may be missing"));
      }
      RecordingSubscriber client = stream(slot, true, "named");
      run("insert into t.a values (1)");
      assertThat(client.nextWithChange()).contains("\"insert\"");
    } finally {
      run("drop publication named");
    }
  }

  @Test
  void streamsASlotThatWasMadeAnewByItsNameWithPublicationsThatWereToo() throws Exception {
    run("create table t.a (id int primary key)", "create publication named for table t.a");
    try {
      init("delta_again", "named");
      run(
          "select pg_drop_replication_slot('delta_again')",
          "drop publication named",
          "create publication named for table t.a",
          "select pg_create_logical_replication_slot('delta_again', 'pgoutput')");

      RecordingSubscriber client = stream(new SlotName("delta_again"), "named");
      run("insert into t.a values (1)");
      assertThat(client.nextWithChange()).contains("\"insert\"");
    } finally {
      run("drop publication named");
    }
  }

  @Test
  void saysWhyPostgresRefusesToMakeThem() throws Exception {
    run("alter database postgres set default_transaction_read_only = on");
    try {
      refused("publication=", () -> init("delta_ro"));
    } finally {
      run("begin read write; alter database postgres reset all; commit");
    }
    run(
        """
        create function t.refuse() returns event_trigger language plpgsql
        as 'begin raise exception ''only in migrations''; end';
        create event trigger refuse on ddl_command_start
        when tag in ('CREATE PUBLICATION') execute procedure t.refuse()""");
    try {
      refused("publication=", () -> init("delta_trigger"));
    } finally {
      run("drop event trigger refuse");
    }
    run("revoke create on database postgres from delta");
    asPlainRole();
    try {
      refused("GRANT CREATE", () -> init("delta_right"));
    } finally {
      run("grant create on database postgres to delta");
    }
  }

  private void refused(String hint, Runnable init) throws SQLException {
    assertThatThrownBy(init::run)
        .isInstanceOfSatisfying(
            ProblemException.class,
            e -> {
              assertThat(e.problem()).isEqualTo(Problem.UPSTREAM_CONFIG);
              assertThat(e.hint()).contains(hint);
            });
    assertThat(ours()).isEmpty();
    assertThat(database.text("select count(*) from pg_replication_slots")).isEqualTo("0");
  }

  /** More tables than PostgreSQL's lock table has room for. */
  @Test
  void takesThreeThousandTablesInWithFewLocks() throws Exception {
    for (int from = 0; from < 3_000; from += 100) {
      run(
          """
          do $$ begin for i in %s..%s loop
            execute 'create table t.many_' || i || '(id int primary key)';
          end loop; end $$"""
              .formatted(from, from + 99));
    }
    try {
      init("delta_many");
      assertThat(
              database.text(
                  "select count(*) from pg_publication_tables"
                      + " where pubname = 'pgdeltastream_changes'"))
          .isEqualTo("3000");
      registry.slots.drop(new SlotName("delta_many"), false);
      await().atMost(SOON).until(() -> ours().isEmpty());
    } finally {
      for (int from = 0; from < 3_000; from += 100) {
        run(
            """
            do $$ begin for i in %s..%s loop execute 'drop table t.many_' || i; end loop; end $$"""
                .formatted(from, from + 99));
      }
    }
  }
}
