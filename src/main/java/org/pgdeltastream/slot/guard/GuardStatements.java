package org.pgdeltastream.slot.guard;

import static java.lang.System.Logger.Level.DEBUG;
import static java.lang.System.Logger.Level.WARNING;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Optional;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.change.SlotName;
import org.pgdeltastream.replication.SlotAdvance;
import org.pgdeltastream.replication.connection.HolderName;
import org.pgdeltastream.replication.connection.ReplicationConnector;

/**
 * Acts on slots. Each statement checks again what was decided on, and only one server of this
 * program acts at a time. Source: manual, "Replication Management Functions", "Advisory Lock
 * Functions", "CHECKPOINT".
 */
final class GuardStatements {
  private static final System.Logger LOG = System.getLogger(GuardStatements.class.getName());

  private static final long LOCK = 0x7067_6475_6172_6473L; // "pgduards"
  private static final int MILLIS = 60_000; // a checkpoint writes; an advance decodes
  private static final int KNOWS_IDLENESS = 17;

  private static final String NOW =
      "coalesce(case when pg_is_in_recovery() then pg_last_wal_replay_lsn()"
          + " else pg_current_wal_flush_lsn() end, '0/0')";

  private static final String KEPT =
      "coalesce(pg_wal_lsn_diff(case when pg_is_in_recovery() then pg_last_wal_receive_lsn()"
          + " else pg_current_wal_lsn() end, restart_lsn), 0)";

  /** Parameters: slot, least bytes, urgent, ends of application_name twice, confirmed, seconds. */
  private static final String CHECKED =
      " from pg_catalog.pg_replication_slots where slot_name = ? and slot_type = 'logical'"
          + " and database = current_database() and not active and "
          + KEPT
          + " >= ? and (? or not exists (select from pg_catalog.pg_stat_activity"
          + " where application_name like 'pgdeltastream/%%'"
          + " and pg_catalog.right(application_name, pg_catalog.length(?)) = ?))"
          + " and (? or (confirmed_flush_lsn is not distinct from ?::pg_lsn and %s))";

  private final ReplicationConnector connector;

  GuardStatements(ReplicationConnector connector) {
    this.connector = connector;
  }

  /**
   * What an action did.
   *
   * @param keptBytes the WAL that PostgreSQL kept for the slot
   * @param freedBytes how much less that is now
   * @param confirmed where the slot stands now; NONE if it is gone
   */
  record Done(long keptBytes, long freedBytes, Lsn confirmed) {}

  /** Drops the slot; empty if what was decided on does not hold any more. */
  Optional<Done> drop(Decision decision) throws SQLException {
    return act(
        decision,
        "pg_catalog.pg_drop_replication_slot(slot_name)",
        (connection, kept, row) -> {
          checkpoint(connection);
          return new Done(kept, kept, Lsn.NONE);
        });
  }

  /** Moves the slot to the newest position; empty if what was decided on does not hold any more. */
  Optional<Done> advance(Decision decision) throws SQLException {
    return act(
        decision,
        "(pg_catalog.pg_replication_slot_advance(slot_name, " + NOW + ")).end_lsn::text",
        (connection, kept, row) -> advanceFurther(decision.slot().name(), kept, row));
  }

  /** Frees the WAL, where PostgreSQL lets this role do so. */
  private Done advanceFurther(SlotName slot, long kept, ResultSet row) throws SQLException {
    Lsn confirmed = Lsn.parse(row.getString(2));
    try {
      SlotAdvance.Moved moved = SlotAdvance.advance(connector, slot, Optional.empty());
      long keeps = moved.after().retainedBytes();
      return new Done(kept, Math.max(0, kept - keeps), moved.after().confirmed());
    } catch (SQLException e) {
      LOG.log(DEBUG, "The WAL of slot " + slot + " is freed later: " + e.getMessage());
      return new Done(kept, 0, confirmed);
    }
  }

  private interface Afterwards {
    Done run(Connection connection, long kept, ResultSet row) throws SQLException;
  }

  private Optional<Done> act(Decision decision, String action, Afterwards afterwards)
      throws SQLException {
    try (Connection connection = connector.openOrdinary()) {
      connection.setNetworkTimeout(Runnable::run, MILLIS);
      connection.setAutoCommit(false);
      if (!lock(connection)) {
        return Optional.empty();
      }
      boolean knows = connection.getMetaData().getDatabaseMajorVersion() >= KNOWS_IDLENESS;
      String sql =
          "select "
              + KEPT
              + "::bigint, "
              + action
              + CHECKED.formatted(
                  knows
                      ? "inactive_since <= clock_timestamp() - make_interval(secs => ?)"
                      : "?::float8 is not null");
      try (PreparedStatement statement = connection.prepareStatement(sql)) {
        bind(statement, decision);
        try (ResultSet row = statement.executeQuery()) {
          return row.next()
              ? Optional.of(afterwards.run(connection, Math.max(0, row.getLong(1)), row))
              : Optional.empty();
        }
      }
    }
  }

  /** It is free again at the end of the transaction. */
  private static boolean lock(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row =
            statement.executeQuery("select pg_catalog.pg_try_advisory_xact_lock(" + LOCK + ")")) {
      return row.next() && row.getBoolean(1);
    }
  }

  private static void bind(PreparedStatement statement, Decision decision) throws SQLException {
    WatchedSlot slot = decision.slot();
    String holder = HolderName.end(slot.name());
    statement.setString(1, slot.name().value());
    statement.setLong(2, decision.rule().leastBytes(slot).orElse(Long.MAX_VALUE));
    statement.setBoolean(3, decision.isUrgent());
    statement.setString(4, holder);
    statement.setString(5, holder);
    statement.setBoolean(6, decision.rule().leastIdle().isEmpty());
    statement.setString(7, slot.confirmed().map(Lsn::toString).orElse(null));
    statement.setDouble(8, decision.rule().leastIdle().map(time -> time.toSeconds()).orElse(0L));
  }

  /** PostgreSQL removes WAL at a checkpoint only; not every role may ask for one. */
  private static void checkpoint(Connection connection) {
    try (Statement statement = connection.createStatement()) {
      connection.setAutoCommit(true); // ends the transaction
      statement.execute("checkpoint");
    } catch (SQLException e) {
      boolean forbidden = "42501".equals(e.getSQLState());
      LOG.log(
          forbidden ? DEBUG : WARNING,
          "PostgreSQL removes the dropped slot's WAL at its next checkpoint: " + e.getMessage());
    }
  }
}
