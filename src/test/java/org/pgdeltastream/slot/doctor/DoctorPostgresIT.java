package org.pgdeltastream.slot.doctor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.sql.Connection;
import java.sql.Statement;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.pgdeltastream.change.Action;
import org.pgdeltastream.change.TableName;
import org.pgdeltastream.doctor.Examination;
import org.pgdeltastream.doctor.Finding;
import org.pgdeltastream.doctor.Finding.Severity;
import org.pgdeltastream.rights.TableRight;
import org.pgdeltastream.support.TestDatabase;
import org.postgresql.ds.PGSimpleDataSource;
import org.postgresql.jdbc.PreferQueryMode;

/**
 * A PostgreSQL that is made sick: the doctor finds it, and what it says helps. The role is a plain
 * one.
 */
@Timeout(value = 120, unit = TimeUnit.SECONDS)
@Tag("versions")
class DoctorPostgresIT {
  private static final String ROLE = "delta";

  private static TestDatabase database;
  private static Patient patient;
  private static int version;

  @BeforeAll
  static void start() throws Exception {
    database = TestDatabase.embedded(Map.of("max_prepared_transactions", "5"));
    version = Integer.parseInt(database.text("show server_version_num")) / 10_000;
    database.execute("create role delta login replication");
    database.execute("grant create on database postgres to delta");
    database.execute("grant create, usage on schema public to delta");
    patient = new Patient(database, ROLE);
  }

  @AfterEach
  void heal() throws Exception {
    database.execute(
        "select pg_drop_replication_slot(slot_name) from pg_replication_slots where not active");
    database.execute("drop publication if exists wanted, other");
    database.execute("drop table if exists t, u, v, parent cascade");
    patient.grantsNothing();
    database.execute("drop schema if exists closed cascade");
    database.execute("alter system reset all");
    database.execute("select pg_reload_conf()");
    database.execute("alter role delta reset all");
    database.execute("alter role delta replication nobypassrls connection limit -1");
    database.execute("grant create on database postgres to delta");
    database.execute("revoke pg_monitor from delta");
  }

  @AfterAll
  static void stop() throws Exception {
    database.close();
  }

  /** Each is made by SQL as a superuser, and cured by the finding's own SQL. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "identity_missing | public.t | create table t (id int)",
        "identity_nothing | public.t | create table t (id int); alter table t replica identity nothing",
        "identity_nothing | public.t"
            + " | create table t (id int primary key); alter table t replica identity nothing",
        "identity_deferrable_key | public.t | create table t (id int primary key deferrable)",
        "identity_index_missing | public.t | create table t (id int not null);"
            + " create unique index i on t (id); alter table t replica identity using index i;"
            + " drop index i",
        "identity_full | public.t"
            + " | create table t (id int primary key); alter table t replica identity full",
        "unlogged | public.t | create unlogged table t (id int primary key)",
        "row_security | public.t"
            + " | create table t (id int primary key); alter table t enable row level security",
        "not_readable | schema closed"
            + " | create schema closed; create table closed.t (id int primary key)",
        "replication_right | role delta | alter role delta noreplication",
        "may_publish | role delta | revoke create on database postgres from delta",
        "read_only | default_transaction_read_only"
            + " | alter role delta set default_transaction_read_only = on",
        "wal_unlimited | max_slot_wal_keep_size | select",
        "durability | full_page_writes"
            + " | alter system set full_page_writes = off; select pg_reload_conf()",
        "sender_timeout | wal_sender_timeout"
            + " | alter system set wal_sender_timeout = '5s'; select pg_reload_conf()",
        "sender_timeout | wal_sender_timeout"
            + " | alter system set wal_sender_timeout = 0; select pg_reload_conf()",
        "idle_timeout | idle_replication_slot_timeout"
            + " | alter system set idle_replication_slot_timeout = '1d'; select pg_reload_conf()",
        "slot_inactive_own | slot delta_a"
            + " | select pg_create_logical_replication_slot('delta_a', 'pgoutput')",
        "slot_inactive_foreign | slot foreign_a"
            + " | select pg_create_logical_replication_slot('foreign_a', 'pgoutput')",
        "slot_inactive_foreign | slot standby_a"
            + " | select pg_create_physical_replication_slot('standby_a', true)",
        "catalog_xmin | slot delta_a"
            + " | select pg_create_logical_replication_slot('delta_a', 'pgoutput');"
            + " create table t (id int primary key); create table u (id int primary key)",
        "prepared | transaction it's | begin; create table t (id int primary key);"
            + " prepare transaction 'it''s'",
        "publication_missing | publication wanted | select",
        "publication_operations | publication wanted"
            + " | create publication wanted with (publish = 'insert')",
      })
  void isFoundAndCuredByItsOwnSql(String check, String subject, String fault) throws Exception {
    assumeTrue(
        version >= 18 || !check.equals("idle_timeout"), "PostgreSQL 18 has the setting first");
    assumeTrue(version >= 13 || !check.equals("wal_unlimited"), "so has 13 the limit");
    if (check.startsWith("publication")) {
      patient.wants("wanted");
    }
    if (!fault.equals("select")) {
      assertThat(patient.findings(check, subject)).as("before").isEmpty();
    }
    database.execute(fault);

    List<Finding> found = patient.awaitFindings(check, subject);

    assertThat(found).hasSize(1);
    assertThat(found.get(0).fix().sql()).isNotEmpty();
    for (String sql : found.get(0).fix().sql()) {
      database.execute(sql);
    }
    patient.awaitNone(check, subject);
    patient.wants();
  }

  /** SQL alone does not cure these. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "generated | public.t | 12"
            + " | create table t (id int primary key, x int generated always as (id + 1) stored)",
        "partition_names | public.parent | 11 | create table parent (id int primary key)"
            + " partition by range (id); create table u partition of parent default",
        "tables_owned | role delta | 10 | create table t (id int primary key)",
        "connections_free | role delta | 10 | alter role delta connection limit 9",
        "role_timeouts | statement_timeout | 10 | alter role delta set statement_timeout = '1h'",
        "toast | public.t | 10 | create table t (id int primary key, x text);"
            + " alter table t alter x set storage external;"
            + " insert into t select 1, repeat('x', 100000); analyze t",
      })
  void isFound(String check, String subject, int since, String fault) throws Exception {
    assumeTrue(version >= since);
    assertThat(patient.findings(check, subject)).isEmpty();
    for (String statement : fault.split("; ?", -1)) {
      database.execute(statement);
    }
    if (check.equals("toast")) {
      database.execute("vacuum t");
    }
    assertThat(patient.findings(check, subject)).hasSize(1);
  }

  /**
   * What two roles may see of table t of a feed.
   *
   * @param cure "its own": the finding's SQL
   */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "rights_feed | feed gone | WARNING | gone | | | select"
            + " | select pg_create_logical_replication_slot('delta_feed_gone', 'pgoutput')",
        "rights_table | public.t | WARNING | shop | | | alter table t rename to v"
            + " | alter table v rename to t",
        "rights_table | public.t | WARNING | shop | | | alter publication wanted drop table t"
            + " | its own",
        "rights_columns | public.t | WARNING | shop | id,owner | |"
            + " alter table t rename column owner to o | alter table t rename column o to owner",
        "rights_columns | public.t | ERROR | shop | | owner.eq.$sub |"
            + " alter table t rename column owner to o | alter table t rename column o to owner",
        "rights_identity | public.t | ERROR | shop | | owner.eq.$sub"
            + " | alter table t replica identity default | its own",
        "rights_identity | public.t | ERROR | shop | x,owner | "
            + " | alter table t replica identity default | its own",
      })
  void findsWhatRolesNameAndAreNotShown(
      String check,
      String subject,
      Severity severity,
      String feed,
      String columns,
      String rows,
      String fault,
      String cure)
      throws Exception {
    database.execute("create table t (id int primary key, owner text, x int)");
    database.execute("alter table t replica identity full");
    database.execute("create publication wanted for table t");
    Optional<List<String>> named =
        Optional.ofNullable(columns).map(all -> List.of(all.split(",", -1)));
    TableRight right =
        new TableRight(named, Optional.ofNullable(rows), EnumSet.allOf(Action.class));
    patient.grants(feed, new TableName("public", "t"), right);

    if (!fault.equals("select")) {
      assertThat(patient.findings("rights_", "")).as("before").isEmpty();
    }
    database.execute(fault);
    List<Finding> found = patient.findings("rights_", "");

    assertThat(found).extracting(Finding::check).containsExactly(check);
    assertThat(found).extracting(Finding::subject).containsExactly(subject);
    assertThat(found).extracting(Finding::severity).containsExactly(severity);
    assertThat(found.get(0).message()).endsWith("; named by a, b");
    database.execute(cure.equals("its own") ? found.get(0).fix().sql().get(0) : cure);
    assertThat(patient.findings("rights_", "")).as("cured").isEmpty();
  }

  @Test
  void rolesWhichNeedNoOldRowsNeedNoIdentity() throws Exception {
    database.execute("create table t (id int primary key, owner text)");
    database.execute("create publication wanted for table t");
    patient.grants(
        "shop",
        new TableName("public", "t"),
        new TableRight(Optional.empty(), Optional.of("owner.eq.$sub"), Set.of(Action.INSERT)));

    assertThat(patient.examine().passed()).contains("rights_identity", "rights_columns");
  }

  @Test
  void findsWhoHoldsSlotsBackOnlyWithTheRightToSeeIt() throws Exception {
    try (Connection writer = database.connect();
        Statement statement = writer.createStatement()) {
      writer.setAutoCommit(false);
      statement.execute("create table t (id int primary key)");
      assertThat(patient.examine().skipped())
          .contains(
              new Examination.Skipped(
                  "held_back", "needs pg_monitor: GRANT pg_monitor TO \"delta\""));
      database.execute("GRANT pg_monitor TO \"delta\"");

      List<Finding> found = patient.findings("held_back", "process ");

      assertThat(found).hasSize(1);
      assertThat(found.get(0).message()).contains("role postgres").doesNotContain("create table");
      database.execute(found.get(0).fix().sql().get(0));
      patient.awaitNone("held_back", "process ");
    }
  }

  @Test
  void findsSlotsThatReachTheirLimitAndThoseThatAreLost() throws Exception {
    assumeTrue(version >= 13);
    database.execute("alter system set max_slot_wal_keep_size = '64MB'");
    database.execute("select pg_reload_conf()");
    database.execute("select pg_create_logical_replication_slot('delta_a', 'pgoutput')");
    assertThat(patient.findings("wal_budget", "slot delta_a")).isEmpty();
    switchWal(3);
    assertThat(patient.awaitFindings("wal_budget", "slot delta_a"))
        .extracting(Finding::severity)
        .isSubsetOf(Severity.WARNING, Severity.ERROR);
    switchWal(8);

    assertThat(patient.findings("wal_budget", "slot delta_a"))
        .extracting(Finding::severity)
        .containsExactly(Severity.ERROR);
    database.execute("checkpoint");
    List<Finding> lost = patient.findings("wal_budget", "slot delta_a");

    assertThat(lost).hasSize(1);
    assertThat(lost.get(0).message()).contains("given the slot up");
    database.execute(lost.get(0).fix().sql().get(0));
    assertThat(patient.findings("wal_budget", "slot delta_a")).isEmpty();
  }

  private static void switchWal(int times) throws Exception {
    for (int i = 0; i < times; i++) {
      database.execute("create table if not exists t (id int primary key); drop table t");
      database.execute("select pg_switch_wal()");
    }
  }

  @Test
  void findsWhatIsWrittenToDiskWhileDecoding() throws Exception {
    assumeTrue(version >= 14);
    database.execute("create table t (id int primary key)");
    database.execute("create publication wanted for table t");
    database.execute("select pg_create_logical_replication_slot('delta_a', 'pgoutput')");
    database.execute("insert into t select generate_series(1, 20000)");
    assertThat(patient.findings("decoding_memory", "slot delta_a")).isEmpty();
    database.execute(
        "set logical_decoding_work_mem = '64kB';"
            + " select count(*) from pg_logical_slot_get_binary_changes('delta_a', null, null,"
            + " 'proto_version', '1', 'publication_names', 'wanted')");

    assertThat(patient.awaitFindings("decoding_memory", "slot delta_a")).hasSize(1);
  }

  @Test
  void findsSlotsThatAStandbyWouldNotHave() throws Exception {
    assumeTrue(version >= 17);
    database.execute("select pg_create_logical_replication_slot('delta_a', 'pgoutput')");
    assertThat(patient.findings("failover", "slot delta_a")).isEmpty();
    database.execute("select pg_create_physical_replication_slot('standby_a')");

    assertThat(patient.findings("failover", "slot delta_a")).hasSize(1);
  }

  @Test
  void findsSlotsThatStreamsWaitFor() throws Exception {
    assumeTrue(version >= 17);
    database.execute("select pg_create_physical_replication_slot('standby_a')");
    assertThat(patient.findings("standby_waits", "slot standby_a")).isEmpty();
    database.execute("alter system set synchronized_standby_slots = 'standby_a'");
    database.execute("select pg_reload_conf()");
    assertThat(patient.awaitFindings("standby_waits", "slot standby_a"))
        .extracting(Finding::severity)
        .containsExactly(Severity.WARNING);
    database.execute(
        "select pg_create_logical_replication_slot('delta_a', 'pgoutput', false, false, true)");

    assertThat(patient.findings("standby_waits", "slot standby_a"))
        .extracting(Finding::severity)
        .containsExactly(Severity.ERROR);
  }

  @Test
  void findsPublicationsThatListDifferentColumns() throws Exception {
    assumeTrue(version >= 15);
    database.execute("create table t (id int primary key, x int)");
    database.execute("create publication wanted for table t");
    database.execute("create publication other for table t (id)");
    patient.wants("wanted", "other");

    assertThat(patient.findings("publication_columns", "public.t")).hasSize(1);

    database.execute("alter publication other set table t");
    assertThat(patient.findings("publication_columns", "public.t")).isEmpty();
    patient.wants();
  }

  /** Its name is quoted in the SQL, and escaped in the sentences. */
  @Test
  void curesTablesOfAnyName() throws Exception {
    database.execute("create schema closed; create table closed.\"x\ny\u00e4\"\"z\" (id int)");
    Finding found = patient.findings("identity_missing", "closed.").get(0);

    assertThat(found.subject()).isEqualTo("closed.x\\u000ay\\u00e4\"z");
    assertThat(found.fix().sql().get(0)).matches("[ -~]+");
    database.execute(found.fix().sql().get(0));
    assertThat(patient.findings("identity_missing", "closed.")).isEmpty();
  }

  @Test
  void readsEverythingElseWhereOnePartIsLocked() throws Exception {
    patient.wants("wanted");
    try (Connection other = database.connect();
        Statement statement = other.createStatement()) {
      other.setAutoCommit(false);
      statement.execute("lock table pg_catalog.pg_publication in access exclusive mode");

      Examination examination = patient.examine();

      assertThat(examination.skipped())
          .contains(new Examination.Skipped("publication_missing", "a lock was held"));
      assertThat(examination.passed()).contains("wal_level", "one_server", "pooler", "prepared");
    } finally {
      patient.wants();
    }
  }

  @Test
  void findsHowTheServerWasStartedAndWhatItsVersionLacks() throws Exception {
    assertThat(patient.findings("durability", "fsync")).hasSize(1);
    assertThat(patient.findings("version", "PostgreSQL " + version)).hasSize(version < 17 ? 1 : 0);
  }

  /** One server with many faults, which needs a restart for each of them. */
  @Test
  void findsServersThatCannotStream() throws Exception {
    Map<String, String> settings =
        new HashMap<>(
            Map.of("wal_level", "replica", "max_replication_slots", "2", "max_wal_senders", "0"));
    boolean limitsPlugins =
        !database
            .text("select count(*) from pg_settings where name = 'output_plugin_libraries'")
            .equals("0");
    if (limitsPlugins) {
      settings.put("output_plugin_libraries", "test_decoding");
    }
    try (TestDatabase other = TestDatabase.embedded(settings)) {
      Patient sick = new Patient(other, "postgres");
      assertThat(sick.findings("wal_level", "wal_level"))
          .extracting(Finding::severity)
          .containsExactly(Severity.ERROR);
      assertThat(sick.findings("slots_free", "max_replication_slots"))
          .extracting(Finding::severity)
          .containsExactly(Severity.WARNING);
      other.execute("select pg_create_physical_replication_slot('a')");
      other.execute("select pg_create_physical_replication_slot('b')");
      assertThat(sick.findings("slots_free", "max_replication_slots"))
          .extracting(Finding::severity)
          .containsExactly(Severity.ERROR);
      assertThat(sick.findings("senders_free", "max_wal_senders"))
          .extracting(Finding::severity)
          .containsExactly(Severity.ERROR);
      assertThat(sick.examine().skipped())
          .extracting(Examination.Skipped::check)
          .contains("one_server");
      assertThat(sick.findings("plugin_allowed", "output_plugin_libraries"))
          .hasSize(limitsPlugins ? 1 : 0);
      assertThat(sick.examine().status()).isEqualTo("error");
    }
  }

  @Test
  void findsStandbysThatWouldLoseSlots() throws Exception {
    assumeTrue(version >= 12, "before, a standby had another file");
    try (TestDatabase other = TestDatabase.embedded()) {
      Patient sick = new Patient(other, "postgres");
      assertThat(sick.findings("standby_source", "")).isEmpty();
      other.stop("INT");
      other.becomeStandby();
      other.startAgain();

      assertThat(sick.findings("standby_source", ""))
          .extracting(Finding::subject)
          .containsExactlyElementsOf(
              version < 16
                  ? List.of("the standby")
                  : List.of("hot_standby_feedback", "primary_slot_name"));
      assertThat(sick.findings("standby_sync", "")).hasSize(version < 17 ? 0 : 1);
      assertThat(sick.examine().server()).contains("(a standby)");
    }
  }

  /** As a load balancer would: replication connections meet another server. */
  @Test
  void findsThatTwoConnectionsMeetTwoServers() throws Exception {
    try (TestDatabase other = TestDatabase.embedded()) {
      Patient split = new Patient(database, "postgres", Optional.of(replicationSource(other)));

      assertThat(split.findings("one_server", "the host name"))
          .extracting(Finding::message)
          .singleElement()
          .asString()
          .startsWith(
              system(other).equals(system(database)) // copies of one
                  ? "Two connections meet two instances of the same database"
                  : "Two connections meet two PostgreSQL servers with different data");
    }
  }

  private static String system(TestDatabase of) throws Exception {
    return of.text("select system_identifier from pg_control_system()");
  }

  private static DataSource replicationSource(TestDatabase other) {
    PGSimpleDataSource source = (PGSimpleDataSource) other.dataSource();
    source.setReplication("database");
    source.setAssumeMinServerVersion("10");
    source.setPreferQueryMode(PreferQueryMode.SIMPLE);
    source.setApplicationName("pgdeltastream/doctor");
    return source;
  }
}
