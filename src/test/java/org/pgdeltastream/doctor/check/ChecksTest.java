package org.pgdeltastream.doctor.check;

import static java.util.stream.Collectors.groupingBy;
import static java.util.stream.Collectors.mapping;
import static java.util.stream.Collectors.toSet;
import static org.assertj.core.api.Assertions.assertThat;
import static org.pgdeltastream.doctor.Finding.Severity.ERROR;
import static org.pgdeltastream.doctor.Finding.Severity.INFO;
import static org.pgdeltastream.doctor.Finding.Severity.WARNING;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.pgdeltastream.change.Action;
import org.pgdeltastream.change.ReplicaIdentity;
import org.pgdeltastream.change.TableName;
import org.pgdeltastream.doctor.Check;
import org.pgdeltastream.doctor.Doctor;
import org.pgdeltastream.doctor.Examination;
import org.pgdeltastream.doctor.Facts.FeedLog;
import org.pgdeltastream.doctor.Facts.Identity;
import org.pgdeltastream.doctor.Facts.OpenTransaction;
import org.pgdeltastream.doctor.Facts.Part;
import org.pgdeltastream.doctor.Facts.PreparedTransaction;
import org.pgdeltastream.doctor.Facts.Publication;
import org.pgdeltastream.doctor.Facts.Table;
import org.pgdeltastream.doctor.FactsBuilder;
import org.pgdeltastream.doctor.FactsBuilder.SlotBuilder;
import org.pgdeltastream.doctor.FactsBuilder.TableBuilder;
import org.pgdeltastream.doctor.Finding;
import org.pgdeltastream.doctor.Finding.Severity;
import org.pgdeltastream.doctor.GrantedTable;
import org.pgdeltastream.doctor.ServerSettings.Setting;
import org.pgdeltastream.rights.FeedRight;
import org.pgdeltastream.rights.Rights;
import org.pgdeltastream.rights.Role;
import org.pgdeltastream.rights.TableRight;

/** Each check finds what is wrong, no other check does, and without the fault nobody does. */
public class ChecksTest {
  private static final List<Check> CHECKS = Checks.all(Limits.USUAL);

  /**
   * One way to be sick.
   *
   * @param subject part of what the finding is about
   * @param fix part of what the fix says or its SQL has
   */
  record Sickness(
      String check, Severity severity, String subject, String fix, Consumer<FactsBuilder> fault) {
    @Override
    public String toString() {
      return check + " " + severity + " " + subject;
    }
  }

  /** The first letters of what each check finds here. */
  public static Map<String, Set<String>> severities() {
    return sicknesses().stream()
        .collect(
            groupingBy(
                Sickness::check,
                TreeMap::new,
                mapping(sickness -> sickness.severity().name().substring(0, 1), toSet())));
  }

  static List<Sickness> sicknesses() {
    List<Sickness> all = new ArrayList<>(ofServer());
    all.addAll(ofRoomAndRights());
    all.addAll(ofTables());
    all.addAll(ofPublications());
    all.addAll(ofRoles());
    all.addAll(ofSlots());
    all.addAll(ofTime());
    all.addAll(ofStandbys());
    all.addAll(ofKafka());
    return all;
  }

  private static List<Sickness> ofServer() {
    return List.of(
        new Sickness("version", ERROR, "PostgreSQL 9", "Upgrade", facts -> facts.version = 90_624),
        new Sickness("version", INFO, "PostgreSQL 15", "Upgrade", facts -> facts.version = 150_018),
        new Sickness("pooler", ERROR, "connection", "own host", facts -> facts.pooled = true),
        new Sickness(
            "one_server",
            ERROR,
            "host name",
            "one instance",
            facts -> facts.other = new Identity("7", Instant.EPOCH, true)),
        new Sickness(
            "wal_level",
            ERROR,
            "wal_level",
            "ALTER SYSTEM SET wal_level = logical",
            facts -> facts.set("wal_level", "replica")),
        new Sickness(
            "wal_level",
            ERROR,
            "wal_level",
            "wal_level",
            facts -> facts.set("effective_wal_level", "replica")),
        new Sickness(
            "wal_level", ERROR, "wal_level", "rds.logical_replication = 1", onProvider("rds.x")),
        new Sickness(
            "wal_level",
            ERROR,
            "wal_level",
            "cloudsql.logical_decoding = on",
            onProvider("cloudsql.x")),
        new Sickness("wal_level", ERROR, "wal_level", "server parameters", onProvider("azure.x")),
        new Sickness(
            "plugin_allowed",
            ERROR,
            "output_plugin_libraries",
            "'pgoutput'",
            facts -> facts.set("output_plugin_libraries", "test_decoding")),
        new Sickness(
            "plugin_allowed",
            INFO,
            "output_plugin_libraries",
            "'wal2json'",
            facts -> facts.set("output_plugin_libraries", "pgoutput, test_decoding")),
        new Sickness(
            "read_only",
            WARNING,
            "default_transaction_read_only",
            "ALTER ROLE \"delta\" SET",
            facts -> facts.set("default_transaction_read_only", "on")),
        new Sickness(
            "durability", WARNING, "fsync", "fsync = on", facts -> facts.set("fsync", "off")),
        new Sickness(
            "clock", INFO, "clocks", "NTP", facts -> facts.clockAhead = Duration.ofMillis(-1500)),
        new Sickness("driver", WARNING, "driver", "newer", facts -> facts.driver = "42.7.5"),
        new Sickness(
            "open_access", WARNING, "pgdelta.open", "pgdelta.tokens", facts -> facts.open = true));
  }

  private static Consumer<FactsBuilder> onProvider(String setting) {
    return facts -> {
      facts.set("wal_level", "replica");
      facts.set(setting, "");
    };
  }

  private static List<Sickness> ofRoomAndRights() {
    return List.of(
        new Sickness(
            "slots_free", ERROR, "max_replication_slots", "= 20", facts -> facts.slotsUsed = 10),
        new Sickness(
            "slots_free", WARNING, "max_replication_slots", "= 20", facts -> facts.slotsUsed = 8),
        new Sickness(
            "senders_free", ERROR, "max_wal_senders", "= 20", facts -> facts.sendersUsed = 10),
        new Sickness(
            "senders_free", WARNING, "max_wal_senders", "= 20", facts -> facts.sendersUsed = 8),
        new Sickness(
            "connections_free",
            WARNING,
            "max_connections",
            "max_connections",
            facts -> facts.connectionsUsed = 90),
        new Sickness(
            "connections_free", WARNING, "role delta", "role", facts -> facts.roleLimit = 5),
        new Sickness(
            "connections_free",
            WARNING,
            "database shop",
            "database",
            facts -> facts.databaseLimit = 5),
        new Sickness(
            "replication_right",
            ERROR,
            "role delta",
            "ALTER ROLE \"delta\" REPLICATION",
            facts -> facts.replicates = false),
        new Sickness(
            "replication_right",
            ERROR,
            "role delta",
            "GRANT rds_replication TO \"delta\"",
            facts -> {
              facts.replicates = false;
              facts.set("rds.extensions", "");
            }),
        new Sickness(
            "may_publish",
            ERROR,
            "role delta",
            "GRANT CREATE ON DATABASE \"shop\" TO \"delta\"",
            facts -> {
              facts.creates = false;
              facts.wanted = List.of();
            }),
        new Sickness(
            "may_publish", INFO, "role delta", "GRANT CREATE", facts -> facts.creates = false),
        new Sickness(
            "tables_owned",
            INFO,
            "role delta",
            "CREATE PUBLICATION pgdelta FOR TABLE \"public\".\"t\"",
            table(table -> table.owned = false)),
        new Sickness(
            "tables_owned",
            WARNING,
            "role delta",
            "pgdelta.publications",
            facts -> {
              facts.wanted = List.of();
              table(table -> table.owned = false).accept(facts);
            }),
        new Sickness(
            "not_readable",
            WARNING,
            "schema public",
            "GRANT SELECT ON ALL TABLES IN SCHEMA \"public\" TO \"delta\"",
            table(table -> table.readable = false)),
        new Sickness(
            "row_security",
            ERROR,
            "public.t",
            "ALTER ROLE \"delta\" BYPASSRLS",
            table(table -> table.hidden = true)));
  }

  private static Consumer<FactsBuilder> table(Consumer<TableBuilder> fault) {
    return facts -> {
      TableBuilder table = new TableBuilder("t");
      fault.accept(table);
      facts.tables.add(table.build());
    };
  }

  private static List<Sickness> ofTables() {
    String full = "ALTER TABLE \"public\".\"t\" REPLICA IDENTITY FULL";
    return List.of(
        new Sickness(
            "identity_missing",
            WARNING,
            "public.t",
            full,
            table(table -> table.key = Table.Key.NONE)),
        new Sickness(
            "identity_nothing",
            WARNING,
            "public.t",
            "REPLICA IDENTITY DEFAULT",
            table(table -> table.identity = ReplicaIdentity.NOTHING)),
        new Sickness(
            "identity_nothing",
            WARNING,
            "public.t",
            full,
            table(
                table -> {
                  table.identity = ReplicaIdentity.NOTHING;
                  table.key = Table.Key.NONE;
                })),
        new Sickness(
            "identity_deferrable_key",
            WARNING,
            "public.t",
            full,
            table(table -> table.key = Table.Key.DEFERRABLE)),
        new Sickness(
            "identity_index_missing",
            WARNING,
            "public.t",
            full,
            table(table -> table.identity = ReplicaIdentity.INDEX)),
        new Sickness(
            "identity_full",
            INFO,
            "public.t",
            "REPLICA IDENTITY DEFAULT",
            table(table -> table.identity = ReplicaIdentity.FULL)),
        new Sickness("toast", INFO, "public.t", full, table(table -> table.toastPages = 1)),
        new Sickness(
            "generated",
            INFO,
            "public.t",
            "publish_generated_columns",
            table(table -> table.generated = true)),
        new Sickness(
            "unlogged",
            INFO,
            "public.t",
            "SET LOGGED",
            table(table -> table.kind = Table.Kind.UNLOGGED)),
        new Sickness(
            "partition_names",
            INFO,
            "public.t",
            "publish_via_partition_root",
            table(table -> table.kind = Table.Kind.PARTITIONED)));
  }

  private static List<Sickness> ofPublications() {
    return List.of(
        new Sickness(
            "publication_missing",
            ERROR,
            "publication absent",
            "CREATE PUBLICATION \"absent\"",
            facts -> facts.wanted = List.of("everything", "absent")),
        new Sickness(
            "publication_operations",
            WARNING,
            "publication everything",
            "publish =",
            facts -> {
              facts.publications.clear();
              facts.publications.add(new Publication("everything", EnumSet.of(Action.INSERT)));
            }),
        new Sickness(
            "publication_columns",
            ERROR,
            "public.t",
            "same columns",
            facts -> facts.differing.add(new TableName("public", "t"))));
  }

  private static Consumer<FactsBuilder> slot(Consumer<SlotBuilder> fault) {
    return facts -> {
      SlotBuilder slot = new SlotBuilder("delta_a");
      fault.accept(slot);
      facts.slots.add(slot.build());
    };
  }

  private static List<Sickness> ofRoles() {
    Set<String> all = Set.of("id", "owner");
    Set<String> id = Set.of("id");
    return List.of(
        new Sickness(
            "rights_feed",
            WARNING,
            "feed shop",
            "Make it",
            facts -> {
              role("", "", all, all, all).accept(facts);
              facts.feeds = Map.of();
            }),
        new Sickness(
            "rights_table", WARNING, "public.t", "Make it", role("", "", Set.of(), id, id)),
        new Sickness(
            "rights_table",
            WARNING,
            "public.t",
            "ALTER PUBLICATION \"everything\" ADD TABLE \"public\".\"t\"",
            role("", "", all, all, Set.of())),
        new Sickness(
            "rights_columns", WARNING, "public.t", "Publish", role("id,owner", "", all, all, id)),
        new Sickness(
            "rights_columns", ERROR, "public.t", "Publish", role("", "owner.eq.a", all, all, id)),
        new Sickness(
            "rights_identity", ERROR, "public.t", "FULL", role("", "owner.eq.a", all, id, all)),
        new Sickness(
            "rights_identity", ERROR, "public.t", "FULL", role("owner", "", all, id, all)));
  }

  /** A role that names table t of feed shop. */
  private static Consumer<FactsBuilder> role(
      String columns, String rows, Set<String> there, Set<String> identity, Set<String> sent) {
    TableName table = new TableName("public", "t");
    TableRight right =
        new TableRight(
            columns.isEmpty() ? Optional.empty() : Optional.of(List.of(columns.split(",", -1))),
            rows.isEmpty() ? Optional.empty() : Optional.of(rows),
            EnumSet.allOf(Action.class));
    FeedRight feed = new FeedRight(Map.of(table, right), Set.of(), false);
    Role role =
        new Role("a", false, false, Map.of("shop", feed), org.pgdeltastream.rights.Limits.NONE);
    return facts -> {
      facts.rights = new Rights(Map.of("a", role), Optional.empty());
      facts.feeds = Map.of("shop", List.of("everything"));
      facts.granted.put(table, new GrantedTable(there, identity, identity, Map.of("shop", sent)));
    };
  }

  private static List<Sickness> ofSlots() {
    String drop = "SELECT pg_drop_replication_slot('delta_a')";
    return List.of(
        new Sickness(
            "wal_unlimited",
            WARNING,
            "max_slot_wal_keep_size",
            "max_slot_wal_keep_size = '10GB'",
            facts -> facts.set("max_slot_wal_keep_size", "-1", "MB")),
        new Sickness(
            "wal_budget",
            WARNING,
            "slot delta_a",
            "max_slot_wal_keep_size = '20480MB'",
            slot(slot -> slot.safeBytes = OptionalLong.of(5L << 30))),
        new Sickness(
            "wal_budget",
            ERROR,
            "slot delta_a",
            "max_slot_wal_keep_size",
            slot(slot -> slot.safeBytes = OptionalLong.of(2L << 30))),
        new Sickness(
            "wal_budget",
            ERROR,
            "slot delta_a",
            "max_slot_wal_keep_size",
            slot(
                slot -> {
                  slot.walStatus = "unreserved";
                  slot.safeBytes = OptionalLong.of(-1);
                })),
        new Sickness(
            "wal_budget", ERROR, "slot delta_a", drop, slot(slot -> slot.walStatus = "lost")),
        new Sickness(
            "wal_budget",
            WARNING,
            "slot delta_a",
            drop,
            slot(
                slot -> {
                  slot.walStatus = "lost";
                  slot.ours = false;
                })),
        new Sickness(
            "idle_timeout",
            WARNING,
            "idle_replication_slot_timeout",
            "idle_replication_slot_timeout = 0",
            facts -> facts.set("idle_replication_slot_timeout", "3600", "s")),
        new Sickness(
            "slot_inactive_own",
            WARNING,
            "slot delta_a",
            drop,
            slot(
                slot -> {
                  slot.active = false;
                  slot.inactiveFor = Optional.of(Duration.ofHours(2));
                  slot.retainedBytes = 2L << 30;
                })),
        new Sickness(
            "slot_inactive_foreign",
            WARNING,
            "slot delta_a",
            drop,
            slot(
                slot -> {
                  slot.active = false;
                  slot.ours = false;
                  slot.retainedBytes = 2L << 30;
                })),
        new Sickness(
            "catalog_xmin",
            WARNING,
            "slot delta_a",
            drop,
            slot(slot -> slot.catalogXids = 50_000_001)),
        new Sickness(
            "catalog_xmin",
            ERROR,
            "slot delta_a",
            drop,
            slot(slot -> slot.catalogXids = 500_000_001)),
        new Sickness(
            "decoding_memory",
            WARNING,
            "slot delta_a",
            "logical_decoding_work_mem",
            slot(slot -> slot.spilledBytes = 2L << 30)));
  }

  private static Consumer<FactsBuilder> open(Duration time) {
    return facts -> facts.transactions.add(new OpenTransaction(17, "app", "psql", "idle", time));
  }

  private static List<Sickness> ofTime() {
    String end = "SELECT pg_terminate_backend(17)";
    return List.of(
        new Sickness("held_back", WARNING, "process 17", end, open(Duration.ofMinutes(6))),
        new Sickness("held_back", ERROR, "process 17", end, open(Duration.ofMinutes(61))),
        new Sickness(
            "prepared",
            WARNING,
            "transaction it's",
            "ROLLBACK PREPARED 'it''s'",
            facts ->
                facts.prepared.add(new PreparedTransaction("it's", "shop", Duration.ofMinutes(6)))),
        new Sickness(
            "sender_timeout",
            WARNING,
            "wal_sender_timeout",
            "wal_sender_timeout = '60s'",
            facts -> facts.set("wal_sender_timeout", "0", "ms")),
        new Sickness(
            "sender_timeout",
            WARNING,
            "wal_sender_timeout",
            "wal_sender_timeout = '60s'",
            facts -> facts.set("wal_sender_timeout", "9999", "ms")),
        new Sickness(
            "role_timeouts",
            INFO,
            "statement_timeout",
            "Nothing",
            facts -> facts.overrides = List.of("statement_timeout=5s")));
  }

  private static List<Sickness> ofKafka() {
    return List.of(
        new Sickness(
            "kafka_client",
            ERROR,
            "pgdelta.kafka",
            "pgdeltastream-kafka.war",
            facts -> facts.kafkaClientMissing = true),
        new Sickness(
            "kafka_log",
            ERROR,
            "feed main",
            "POST /v1/feeds/main/accept-gap",
            facts -> facts.logs.add(new FeedLog("main", Optional.of("It is lost"), List.of()))),
        new Sickness(
            "kafka_topic",
            WARNING,
            "feed main",
            "3 replicas",
            facts ->
                facts.logs.add(
                    new FeedLog("main", Optional.empty(), List.of("It has 1 replica")))));
  }

  private static List<Sickness> ofStandbys() {
    return List.of(
        new Sickness(
            "standby_source",
            ERROR,
            "hot_standby_feedback",
            "hot_standby_feedback = on",
            standby(facts -> facts.set("hot_standby_feedback", "off"))),
        new Sickness(
            "standby_source",
            ERROR,
            "primary_slot_name",
            "physical slot",
            standby(facts -> facts.set("primary_slot_name", ""))),
        new Sickness(
            "standby_sync",
            WARNING,
            "sync_replication_slots",
            "sync_replication_slots = on",
            standby(facts -> facts.set("sync_replication_slots", "off"))),
        new Sickness(
            "standby_waits",
            WARNING,
            "slot away",
            "synchronized_standby_slots",
            facts -> facts.set("synchronized_standby_slots", "away")),
        new Sickness(
            "standby_waits",
            ERROR,
            "slot away",
            "synchronized_standby_slots",
            facts -> {
              facts.set("synchronized_standby_slots", "delta_healthy, away");
              slot(slot -> slot.failover = true).accept(facts);
            }),
        new Sickness(
            "failover",
            INFO,
            "slot delta_healthy",
            "ALTER_REPLICATION_SLOT",
            slot(
                slot -> {
                  slot.logical = false;
                  slot.ours = false;
                })));
  }

  private static Consumer<FactsBuilder> standby(Consumer<FactsBuilder> fault) {
    return facts -> {
      facts.standby = true;
      fault.accept(facts);
    };
  }

  @Test
  void findNothingWhereNothingIsWrong() {
    Examination examination = examine(new FactsBuilder());

    assertThat(examination.findings()).isEmpty();
    assertThat(examination.skipped()).isEmpty();
    assertThat(examination.status()).isEqualTo("ok");
    assertThat(examination.passed()).hasSameSizeAs(CHECKS);
  }

  @Test
  void eachHaveATestAndANameOfTheirOwn() {
    assertThat(CHECKS).extracting(Check::id).doesNotHaveDuplicates();
    assertThat(sicknesses().stream().map(Sickness::check).distinct())
        .containsExactlyInAnyOrderElementsOf(CHECKS.stream().map(Check::id).toList());
  }

  @ParameterizedTest
  @MethodSource("sicknesses")
  void findWhatIsWrongAndNothingElse(Sickness sickness) {
    FactsBuilder facts = new FactsBuilder();
    sickness.fault().accept(facts);

    List<Finding> found = examine(facts).findings();

    assertThat(found).hasSize(1);
    Finding finding = found.get(0);
    assertThat(finding.check()).isEqualTo(sickness.check());
    assertThat(finding.severity()).isEqualTo(sickness.severity());
    assertThat(finding.subject()).contains(sickness.subject());
    assertThat(finding.fix().what() + "; " + finding.fix().sql()).contains(sickness.fix());
    assertThat(finding.message() + finding.fix().what()).matches("[ -~]+").doesNotEndWith(".");
  }

  @Test
  void tellAnOldStandbyToReadFromThePrimary() {
    FactsBuilder facts = new FactsBuilder();
    facts.standby = true;
    facts.version = 150_018;

    assertThat(examine(facts).findings())
        .filteredOn(finding -> finding.check().equals("standby_source"))
        .extracting(finding -> finding.fix().what())
        .containsExactly("Name the primary");
  }

  @ParameterizedTest
  @CsvSource({
    "120019, wal_unlimited",
    "120019, wal_budget",
    "130023, decoding_memory",
    "140024, publication_columns",
    "160015, failover",
    "160015, standby_waits",
    "170009, idle_timeout"
  })
  void areSkippedWherePostgresCannotHaveTheFault(int version, String check) {
    FactsBuilder facts = new FactsBuilder();
    facts.version = version;
    assertThat(examine(facts).skipped()).extracting(Examination.Skipped::check).contains(check);
    facts.version = version + 10_000;
    assertThat(examine(facts).passed()).contains(check);
  }

  @Test
  void areSkippedWhereFactsCouldNotBeRead() {
    FactsBuilder facts = new FactsBuilder();
    facts.unread.put(Part.TRANSACTIONS, "needs pg_monitor");

    assertThat(examine(facts).skipped())
        .containsExactly(new Examination.Skipped("held_back", "needs pg_monitor"));
  }

  @Test
  void takeATimeoutOfTheRoleForNothingWhereOurSessionsSetItAgain() {
    FactsBuilder facts = new FactsBuilder();
    facts.settings.put("wal_sender_timeout", new Setting("0", "ms", "user", "user"));

    assertThat(examine(facts).findings()).isEmpty();
  }

  @Test
  void takeASuperuserForOneWhoMayAll() {
    FactsBuilder facts = new FactsBuilder();
    facts.superuser = true;
    facts.replicates = false;
    facts.creates = false;
    table(
            table -> {
              table.owned = false;
              table.hidden = true;
            })
        .accept(facts);

    assertThat(examine(facts).findings()).isEmpty();
  }

  private static Examination examine(FactsBuilder facts) {
    return new Doctor(CHECKS).examine(facts.build(), Instant.EPOCH, Duration.ZERO);
  }
}
