package org.pgdeltastream.replication.facts;

import java.math.BigDecimal;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Predicate;
import org.pgdeltastream.doctor.Facts.Part;
import org.pgdeltastream.doctor.Facts.Slot;

/** All slots that last, of all databases. */
final class SlotRows {
  private static final String SQL =
      """
      select s.slot_name, s.slot_type, s.active,
        coalesce(s.database = current_database(), false) as here,
        %s as inactive_seconds, %s as wal_status, %s as safe, %s as failover, %s as spilled,
        coalesce(pg_catalog.pg_wal_lsn_diff(
            case when pg_catalog.pg_is_in_recovery() then pg_catalog.pg_last_wal_replay_lsn()
                 else pg_catalog.pg_current_wal_lsn() end, s.restart_lsn), 0)::bigint as retained,
        coalesce(pg_catalog.age(s.catalog_xmin), 0) as catalog_age
        from pg_catalog.pg_replication_slots as s
       where not s.temporary order by 1""";

  private SlotRows() {}

  static List<Slot> read(FactsSession session, Predicate<String> isOurs) throws SQLException {
    String sql =
        SQL.formatted(
            session.since(
                17,
                "case when not s.active then extract(epoch from clock_timestamp() - s.inactive_since)"
                    + "::bigint end",
                "null::bigint"),
            session.since(13, "s.wal_status", "null::text"),
            session.since(13, "s.safe_wal_size", "null::bigint"),
            session.since(17, "s.failover", "false"),
            session.since(
                14,
                "(select spill_bytes from pg_catalog.pg_stat_replication_slots as t"
                    + " where t.slot_name = s.slot_name)",
                "0"));
    return session.all(Part.SLOTS, sql, row -> slot(row, isOurs));
  }

  private static Slot slot(ResultSet row, Predicate<String> isOurs) throws SQLException {
    String name = row.getString("slot_name");
    boolean logical = row.getString("slot_type").equals("logical");
    BigDecimal safe = row.getBigDecimal("safe");
    BigDecimal inactive = row.getBigDecimal("inactive_seconds");
    return new Slot(
        name,
        logical,
        logical && row.getBoolean("here") && isOurs.test(name),
        row.getBoolean("active"),
        Optional.ofNullable(inactive).map(seconds -> Duration.ofSeconds(seconds.longValue())),
        Optional.ofNullable(row.getString("wal_status")),
        safe == null ? OptionalLong.empty() : OptionalLong.of(safe.longValue()),
        row.getLong("retained"),
        row.getLong("catalog_age"),
        row.getLong("spilled"),
        row.getBoolean("failover"));
  }
}
