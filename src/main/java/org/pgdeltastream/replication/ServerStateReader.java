package org.pgdeltastream.replication;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Timestamp;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.replication.connection.ReplicationConnector;

/** Reads the state of a server and of all its slots in one round trip, on the kept connection. */
public final class ServerStateReader {
  private static final String SERVER =
      """
      select current_setting('server_version') as version, pg_is_in_recovery() as standby,
        %s::text as position,
        (select setting::bigint * 1024 * 1024 from pg_catalog.pg_settings
          where name = 'max_slot_wal_keep_size' and setting::bigint >= 0) as wal_limit,
        (select count(*) from pg_catalog.pg_replication_slots) as slots,
        current_setting('max_replication_slots')::int as most_slots,
        (select count(*) from pg_catalog.pg_stat_replication) as walsenders,
        current_setting('max_wal_senders')::int as most_walsenders,
        oldest.pid, extract(epoch from clock_timestamp() - oldest.xact_start)::bigint as seconds,
        (select extract(epoch from clock_timestamp() - min(prepared))::bigint
          from pg_catalog.pg_prepared_xacts) as prepared
      from (select) one left join lateral (select pid, xact_start from pg_catalog.pg_stat_activity
        where backend_xid is not null and xact_start is not null
        order by xact_start limit 1) oldest on true""";

  private static final String XIDS_HELD =
      "select pid, age(backend_xmin) as held from pg_catalog.pg_stat_activity"
          + " where backend_xmin is not null";

  private static final String POSITION =
      "coalesce(case when pg_is_in_recovery() then pg_last_wal_receive_lsn()"
          + " else pg_current_wal_lsn() end, '0/0')";

  private final ReplicationConnector connector;

  public ServerStateReader(ReplicationConnector connector) {
    this.connector = connector;
  }

  public ServerState read() throws SQLException {
    return connector.ask(ServerStateReader::read);
  }

  private static ServerState read(Connection connection) throws SQLException {
    int version = connection.getMetaData().getDatabaseMajorVersion();
    String all =
        SlotQuery.sql(version, columns(version))
            + "; "
            + XIDS_HELD
            + "; "
            + SERVER.formatted(POSITION);
    try (Statement statement = connection.createStatement()) {
      statement.execute(all);
      List<SlotState> slots = slots(statement);
      statement.getMoreResults();
      Map<Integer, Long> xidsHeld = xidsHeld(statement);
      statement.getMoreResults();
      try (ResultSet row = statement.getResultSet()) {
        row.next();
        return state(row, slots, xidsHeld);
      }
    }
  }

  private static String columns(int version) {
    return """
        , coalesce(pg_wal_lsn_diff(%s, restart_lsn), 0)::bigint as retained,
               %s as safe, %s as inactive_since, %s as failover, %s as spilled,
               coalesce(age(catalog_xmin), 0)::bigint as held"""
        .formatted(
            POSITION,
            version >= 13 ? "safe_wal_size" : "null::bigint",
            version >= 17 ? "inactive_since" : "null::timestamptz",
            version >= 17 ? "failover" : "false",
            version >= 14
                ? "coalesce((select s.spill_bytes from pg_catalog.pg_stat_replication_slots s"
                    + " where s.slot_name = pg_replication_slots.slot_name), 0)"
                : "0");
  }

  private static List<SlotState> slots(Statement statement) throws SQLException {
    List<SlotState> slots = new ArrayList<>();
    try (ResultSet rows = statement.getResultSet()) {
      while (rows.next()) {
        slots.add(
            new SlotState(
                SlotQuery.row(rows),
                Math.max(0, rows.getLong("retained")),
                optional(rows, "safe"),
                Optional.ofNullable(rows.getTimestamp("inactive_since")).map(Timestamp::toInstant),
                rows.getBoolean("failover"),
                rows.getLong("spilled"),
                rows.getLong("held")));
      }
    }
    return slots;
  }

  private static Map<Integer, Long> xidsHeld(Statement statement) throws SQLException {
    Map<Integer, Long> held = new HashMap<>();
    try (ResultSet rows = statement.getResultSet()) {
      while (rows.next()) {
        held.put(rows.getInt("pid"), rows.getLong("held"));
      }
    }
    return held;
  }

  private static ServerState state(
      ResultSet row, List<SlotState> slots, Map<Integer, Long> xidsHeld) throws SQLException {
    return new ServerState(
        row.getString("version"),
        row.getBoolean("standby"),
        Lsn.parse(row.getString("position")),
        optional(row, "wal_limit"),
        row.getInt("slots"),
        row.getInt("most_slots"),
        row.getInt("walsenders"),
        row.getInt("most_walsenders"),
        new ServerState.OldestTransaction(
            row.getLong("seconds"), row.getInt("pid"), row.getLong("prepared")),
        slots,
        xidsHeld);
  }

  private static OptionalLong optional(ResultSet row, String column) throws SQLException {
    long value = row.getLong(column);
    return row.wasNull() ? OptionalLong.empty() : OptionalLong.of(value);
  }
}
