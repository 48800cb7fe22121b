package org.pgdeltastream.replication;

import static java.lang.System.Logger.Level.DEBUG;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.change.Problem;
import org.pgdeltastream.change.ProblemException;
import org.pgdeltastream.change.SlotName;
import org.pgdeltastream.replication.connection.ReplicationConnector;

/**
 * Moves a slot that nobody streams. PostgreSQL frees WAL only up to where it has noted which
 * transactions run; it does so every 15 s, or when it is asked. Source: manual, "Replication
 * Management Functions", {@code pg_replication_slot_advance}, {@code pg_log_standby_snapshot}.
 */
public final class SlotAdvance {
  private static final System.Logger LOG = System.getLogger(SlotAdvance.class.getName());

  private static final int FIRST_VERSION = 11;
  private static final int NOTES_WHEN_ASKED = 16;
  private static final String WRITTEN = "select pg_current_wal_flush_lsn()::text";
  private static final long WRITTEN_NANOS = 2_000_000_000L; // it is written out every 200 ms
  private static final long PAUSE_NANOS = 20_000_000;
  private static final int MILLIS = 60_000; // it decodes what it passes
  private static final String NOW =
      "case when pg_is_in_recovery() then pg_last_wal_replay_lsn()"
          + " else pg_current_wal_flush_lsn() end";

  private SlotAdvance() {}

  /**
   * Where the slot is.
   *
   * @param restart from where PostgreSQL keeps WAL for it
   * @param retainedBytes how much that is
   */
  public record Position(Lsn confirmed, Lsn restart, long retainedBytes) {}

  /** What became of it. */
  public record Moved(Position before, Position after) {
    /** Where it is now, if that is further than before. */
    public Optional<Lsn> forward() {
      return Optional.of(after.confirmed()).filter(now -> now.isAfter(before.confirmed()));
    }

    public long freedBytes() {
      return Math.max(0, before.retainedBytes() - after.retainedBytes());
    }
  }

  /**
   * Moves it; what lies between is lost to its client.
   *
   * @param to empty: to the newest position
   * @throws SQLException with a state of class 08 if it may have been moved, else if it was not
   */
  public static Moved advance(ReplicationConnector connector, SlotName slot, Optional<Lsn> to)
      throws SQLException {
    try (Connection connection = connector.openOrdinary()) {
      connection.setNetworkTimeout(Runnable::run, MILLIS);
      int version = connection.getMetaData().getDatabaseMajorVersion();
      if (version < FIRST_VERSION) {
        throw new ProblemException(
            Problem.UPSTREAM_CONFIG, "PostgreSQL 10 cannot advance a slot", "Drop the slot");
      }
      Position before = position(connection, slot);
      if (to.isPresent() && before.confirmed().isAfter(to.get())) {
        throw new ProblemException(
            Problem.BAD_REQUEST,
            "Slot " + slot + " is at " + before.confirmed() + ", beyond " + to.get(),
            "A slot moves forward only");
      }
      move(connection, slot, to.orElse(null));
      if (to.isEmpty() && version >= NOTES_WHEN_ASKED && isNoted(connection)) {
        moveFurther(connection, slot);
      }
      return new Moved(before, positionAfter(connection, slot));
    }
  }

  private static void moveFurther(Connection connection, SlotName slot) {
    try {
      move(connection, slot, null);
    } catch (SQLException e) { // somebody streams it again
      LOG.log(DEBUG, "What slot " + slot + " has passed is freed later: " + e.getMessage());
    }
  }

  /** As if the answer was lost: it was moved, and nobody knows where to. */
  private static Position positionAfter(Connection connection, SlotName slot) throws SQLException {
    try {
      return position(connection, slot);
    } catch (SQLException e) {
      throw new SQLException("Slot " + slot + " was advanced: " + e.getMessage(), "08006", e);
    }
  }

  private static void move(Connection connection, SlotName slot, @Nullable Lsn to)
      throws SQLException {
    try (PreparedStatement statement =
        connection.prepareStatement(
            "select pg_catalog.pg_replication_slot_advance(?, coalesce(?::pg_lsn, " + NOW + "))")) {
      statement.setString(1, slot.value());
      statement.setString(2, to == null ? null : to.toString());
      statement.execute();
    }
  }

  /** Lets PostgreSQL note which transactions run, and write it out; not every role may ask. */
  private static boolean isNoted(Connection connection) {
    long end = System.nanoTime() + WRITTEN_NANOS;
    try {
      String noted =
          text(
              connection,
              "select case when not pg_is_in_recovery()"
                  + " then pg_catalog.pg_log_standby_snapshot() end::text");
      if (noted == null) {
        return false;
      }
      while (Lsn.parse(noted).isAfter(Lsn.parse(String.valueOf(text(connection, WRITTEN))))) {
        if (System.nanoTime() - end > 0) {
          return false;
        }
        LockSupport.parkNanos(PAUSE_NANOS);
      }
      return true;
    } catch (SQLException e) {
      LOG.log(DEBUG, "What the slot has passed is freed later: " + e.getMessage());
      return false;
    }
  }

  private static @Nullable String text(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(sql)) {
      row.next();
      return row.getString(1);
    }
  }

  private static Position position(Connection connection, SlotName slot) throws SQLException {
    try (PreparedStatement statement =
        connection.prepareStatement(
            "select confirmed_flush_lsn::text, restart_lsn::text, pg_wal_lsn_diff("
                + NOW
                + ", restart_lsn)::bigint from pg_catalog.pg_replication_slots"
                + " where slot_name = ?")) {
      statement.setString(1, slot.value());
      try (ResultSet row = statement.executeQuery()) {
        if (!row.next() || row.getString(1) == null || row.getString(2) == null) {
          throw new SQLException("Slot " + slot + " is gone, or has lost its WAL", "42704");
        }
        return new Position(
            Lsn.parse(row.getString(1)), Lsn.parse(row.getString(2)), Math.max(0, row.getLong(3)));
      }
    }
  }
}
