package org.pgdeltastream.replication;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;

/**
 * What streams a slot.
 *
 * @param walsender its process number
 * @param silence how long its client has said nothing; zero where PostgreSQL does not tell it
 */
public record SlotHolder(int walsender, String applicationName, Duration silence) {
  /** Asks for one by the slot's name; {@code reply_time} is there from PostgreSQL 12 on. */
  static final String SQL =
      "select a.pid, a.application_name, extract(epoch from pg_catalog.clock_timestamp()"
          + " - (pg_catalog.to_jsonb(r) ->> 'reply_time')::timestamptz)::bigint"
          + " from pg_stat_activity a join pg_replication_slots s on s.active_pid = a.pid"
          + " left join pg_stat_replication r on r.pid = a.pid where s.slot_name = ?";

  static SlotHolder of(ResultSet row) throws SQLException {
    Duration silence = Duration.ofSeconds(Math.max(0, row.getLong(3)));
    return new SlotHolder(row.getInt(1), row.getString(2), silence);
  }
}
