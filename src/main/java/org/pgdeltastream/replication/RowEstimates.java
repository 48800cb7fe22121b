package org.pgdeltastream.replication;

import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import org.pgdeltastream.replication.connection.ReplicationConnector;

/**
 * How many rows tables have, as PostgreSQL last counted them, with their partitions. Source:
 * manual, "pg_class".
 */
public final class RowEstimates {
  private static final String SQL =
      """
      with recursive family(root, oid) as (
        select o, o from pg_catalog.unnest(?::oid[]) as o
        union select f.root, i.inhrelid
              from family f join pg_catalog.pg_inherits i on i.inhparent = f.oid
              join pg_catalog.pg_class c on c.oid = i.inhrelid and c.relispartition)
      select f.root::bigint, pg_catalog.sum(c.reltuples)::bigint
      from family f join pg_catalog.pg_class c on c.oid = f.oid
      where c.relkind = 'r' and c.reltuples > 0 group by f.root""";

  private RowEstimates() {}

  /** By the tables' oids; without those that were never counted. */
  public static Map<Long, Long> read(ReplicationConnector connector, Collection<Long> tables)
      throws SQLException {
    if (tables.isEmpty()) {
      return Map.of();
    }
    return connector.ask(
        connection -> {
          try (PreparedStatement statement = connection.prepareStatement(SQL)) {
            statement.setArray(1, connection.createArrayOf("oid", tables.toArray()));
            try (ResultSet rows = statement.executeQuery()) {
              Map<Long, Long> found = new HashMap<>();
              while (rows.next()) {
                found.put(rows.getLong(1), rows.getLong(2));
              }
              return found;
            }
          }
        });
  }
}
