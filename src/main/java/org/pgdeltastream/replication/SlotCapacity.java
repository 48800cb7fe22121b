package org.pgdeltastream.replication;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.pgdeltastream.replication.connection.ReplicationConnector;

/**
 * How many slots and connections PostgreSQL allows, and its lasting logical slots, of all
 * databases, since they share it. Source: manual, "pg_replication_slots".
 */
public record SlotCapacity(int mostSlots, int mostConnections, List<Use> slots) {
  public SlotCapacity {
    slots = List.copyOf(slots);
  }

  /**
   * What a slot costs.
   *
   * @param inactiveSince where this PostgreSQL shows it (17 and later)
   * @param keptBytes of WAL
   */
  public record Use(
      String name,
      boolean ofThisDatabase,
      boolean active,
      Optional<Instant> inactiveSince,
      long keptBytes) {}

  /** Asks; each row has the limits, and without a slot one row has only them. */
  public static SlotCapacity read(ReplicationConnector connector) throws SQLException {
    try (Connection connection = connector.openOrdinary();
        Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(sql(connection))) {
      List<Use> slots = new ArrayList<>();
      int mostSlots = 0;
      int mostConnections = 0;
      while (rows.next()) {
        mostSlots = rows.getInt("most_slots");
        mostConnections = rows.getInt("most_connections");
        if (rows.getString("slot_name") != null) {
          slots.add(use(rows));
        }
      }
      return new SlotCapacity(mostSlots, mostConnections, slots);
    }
  }

  private static String sql(Connection connection) throws SQLException {
    return """
        select current_setting('max_replication_slots')::int as most_slots,
               current_setting('max_connections')::int as most_connections,
               slot_name, database = current_database() as here, active, %s as since,
               coalesce(pg_wal_lsn_diff(
                   case when pg_is_in_recovery() then pg_last_wal_replay_lsn()
                        else pg_current_wal_lsn() end, restart_lsn), 0)::bigint as kept
          from (values (1)) as one
          left join pg_catalog.pg_replication_slots
            on slot_type = 'logical' and not temporary order by slot_name"""
        .formatted(
            connection.getMetaData().getDatabaseMajorVersion() >= 17
                ? "inactive_since"
                : "null::timestamptz");
  }

  private static Use use(ResultSet rows) throws SQLException {
    return new Use(
        rows.getString("slot_name"),
        rows.getBoolean("here"),
        rows.getBoolean("active"),
        Optional.ofNullable(rows.getObject("since", OffsetDateTime.class))
            .map(OffsetDateTime::toInstant),
        Math.max(0, rows.getLong("kept")));
  }
}
