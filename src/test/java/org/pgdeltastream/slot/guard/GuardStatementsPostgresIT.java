package org.pgdeltastream.slot.guard;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.pgdeltastream.change.HeapBudget;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.change.SlotName;
import org.pgdeltastream.replication.connection.ConnectionSettings;
import org.pgdeltastream.replication.connection.ReplicationConnector;
import org.pgdeltastream.support.TestDatabase;

/** Whatever was seen before: PostgreSQL itself checks at the moment of the action. */
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class GuardStatementsPostgresIT {
  private static final SlotName NAME = new SlotName("delta_a");
  private static final long MUCH = 10L << 20;

  private TestDatabase database;
  private ReplicationConnector connector;
  private GuardStatements statements;

  @BeforeEach
  void start() throws Exception {
    database = TestDatabase.embedded();
    database.execute("create role delta login replication");
    connector = connector("delta");
    statements = new GuardStatements(connector);
    database.execute("select pg_create_logical_replication_slot('delta_a', 'pgoutput')");
    database.execute(
        "select pg_logical_emit_message(false, 'noise', repeat('x', 1000000))"
            + " from generate_series(1, 11)");
    // so that what stands before it is written too
    database.execute("set synchronous_commit = on; create table written ()");
  }

  private ReplicationConnector connector(String user) {
    return new ReplicationConnector(
        new ConnectionSettings(database.jdbcUrl(), user, "", "pgdeltastream/test"),
        Optional.empty(),
        new HeapBudget(1 << 20));
  }

  @AfterEach
  void stop() throws Exception {
    connector.control().close();
    database.close();
  }

  private Decision decision(String rule, Duration idle) throws Exception {
    String confirmed =
        database.text(
            "select confirmed_flush_lsn from pg_replication_slots where slot_name = 'delta_a'");
    return decision(rule, idle, Lsn.parse(confirmed));
  }

  private static Decision decision(String rule, Duration idle, Lsn confirmed) {
    return new Decision(
        new WatchedSlot(
            NAME,
            MUCH,
            OptionalLong.of(2 * MUCH),
            Optional.of(confirmed),
            Optional.of(idle),
            WatchedSlot.Reader.NOBODY,
            false),
        GuardRule.parse(rule),
        Optional.empty(),
        Optional.empty());
  }

  private boolean isThere() throws Exception {
    return database.text("select count(*) from pg_replication_slots").equals("1");
  }

  private void refuses(Decision decision) throws Exception {
    assertThat(statements.drop(decision)).isEmpty();
    assertThat(statements.advance(decision)).isEmpty();
    assertThat(isThere()).isTrue();
  }

  @Test
  void dropsASlotThatKeepsWhatTheRuleSays() throws Exception {
    GuardStatements.Done done = statements.drop(decision("drop@50%", Duration.ZERO)).orElseThrow();
    assertThat(done.keptBytes()).isGreaterThanOrEqualTo(MUCH);
    assertThat(isThere()).isFalse();
  }

  @Test
  void refusesWhatKeepsLessByNow() throws Exception {
    refuses(decision("drop@12MB", Duration.ZERO));
    refuses(decision("drop@60%", Duration.ZERO));
  }

  @Test
  void refusesWhatIsIdleForLessThanTheRuleSays() throws Exception {
    refuses(decision("drop@idle:1h", Duration.ofHours(2)));
  }

  @Test
  void refusesWhatHasMovedSinceItWasSeen() throws Exception {
    refuses(decision("drop@idle:1s", Duration.ofHours(2), new Lsn(1)));
  }

  @Test
  void refusesWhatAnotherServerActsOn() throws Exception {
    try (Connection other = database.connect();
        Statement statement = other.createStatement()) {
      other.setAutoCommit(false);
      statement.execute("select pg_advisory_xact_lock(" + 0x7067_6475_6172_6473L + ")");
      refuses(decision("drop@1MB", Duration.ZERO));
    }
    assertThat(statements.drop(decision("drop@1MB", Duration.ZERO))).isPresent();
  }

  @Test
  void refusesWhoseSnapshotAnotherServerHolds() throws Exception {
    try (Connection holder = connector.openHolder(NAME)) {
      assertThat(holder.isValid(5)).isTrue();
      refuses(decision("drop@1MB", Duration.ZERO));
    }
  }

  @Test
  void advancesAndSaysWhereTheSlotIs() throws Exception {
    GuardStatements.Done done =
        statements.advance(decision("advance@1MB", Duration.ZERO)).orElseThrow();
    assertThat(done.keptBytes()).isGreaterThanOrEqualTo(MUCH);
    assertThat(
            database.text(
                "select confirmed_flush_lsn from pg_replication_slots"
                    + " where slot_name = 'delta_a'"))
        .isEqualTo(done.confirmed().toString());
  }

  @Test
  void freesTheWalOfAnAdvanceWhereTheRoleMay() throws Exception {
    ReplicationConnector superuser = connector(database.user());
    GuardStatements.Done done =
        new GuardStatements(superuser)
            .advance(decision("advance@1MB", Duration.ZERO))
            .orElseThrow();
    assertThat(done.freedBytes()).isGreaterThanOrEqualTo(MUCH / 2);
    superuser.control().close();
  }

  @Test
  void makesACheckpointAfterADropWhereTheRoleMay() throws Exception {
    database.execute("grant pg_checkpoint to delta");
    String before = database.text("select redo_lsn from pg_control_checkpoint()");
    assertThat(statements.drop(decision("drop@1MB", Duration.ZERO))).isPresent();
    assertThat(database.text("select redo_lsn from pg_control_checkpoint()")).isNotEqualTo(before);
  }
}
