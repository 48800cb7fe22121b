package org.pgdeltastream.replication;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Optional;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.replication.wal.SlotRow;

/** Reads {@code pg_replication_slots}, whose columns differ by version. */
final class SlotQuery {
  private SlotQuery() {}

  /**
   * Selects every lasting slot, by name.
   *
   * @param more further columns, each after a comma
   */
  static String sql(int version, String more) {
    return """
        select slot_name, coalesce(plugin, '') as plugin, slot_type = 'logical' as logical,
               database = current_database() as here, active, coalesce(active_pid, 0) as pid,
               restart_lsn::text as restart, confirmed_flush_lsn::text as confirmed,
               coalesce(pg_wal_lsn_diff(
                   case when pg_is_in_recovery() then pg_last_wal_receive_lsn()
                        else pg_current_wal_lsn() end, confirmed_flush_lsn), 0)::bigint as lag,
               %s as wal_status, %s as reason, %s as two_phase%s
          from pg_catalog.pg_replication_slots where not temporary order by slot_name"""
        .formatted(
            version >= 13 ? "wal_status" : "null::text",
            version >= 17 ? "invalidation_reason" : "null::text",
            version >= 14 ? "two_phase" : "false",
            more);
  }

  static SlotRow row(ResultSet rows) throws SQLException {
    return new SlotRow(
        rows.getString("slot_name"),
        rows.getString("plugin"),
        rows.getBoolean("logical"),
        rows.getBoolean("here"),
        rows.getBoolean("two_phase"),
        rows.getBoolean("active"),
        rows.getInt("pid"),
        Optional.ofNullable(rows.getString("restart")).map(Lsn::parse),
        Optional.ofNullable(rows.getString("confirmed")).map(Lsn::parse),
        Math.max(0, rows.getLong("lag")),
        Optional.ofNullable(rows.getString("wal_status")),
        Optional.ofNullable(rows.getString("reason")));
  }
}
