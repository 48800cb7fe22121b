package org.pgdeltastream.slot;

import static java.lang.System.Logger.Level.DEBUG;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import org.pgdeltastream.replication.ReplicationConnector;

/** Finds the servers that hold snapshots, by the name that each gives to its connections. */
record SnapshotHolders(ReplicationConnector connector) {
  private static final System.Logger LOG = System.getLogger(SnapshotHolders.class.getName());

  // A holder exports its snapshot and leaves its transaction alone. Source: manual,
  // "pg_stat_activity".
  private static final String SQL =
      """
      select string_agg(distinct application_name, ', ' order by application_name)
      from pg_catalog.pg_stat_activity
      where datname = pg_catalog.current_database() and state = 'idle in transaction'
        and application_name like 'pgdeltastream/%' and query like '%pg_export_snapshot%'
        and pid <> all (?)
      """;

  /**
   * The other servers that hold snapshots of this database now.
   *
   * @param own the backends that hold ours
   */
  Optional<String> others(List<Integer> own) {
    try (Connection connection = connector.openOrdinary();
        PreparedStatement statement = connection.prepareStatement(SQL)) {
      statement.setArray(1, connection.createArrayOf("int4", own.toArray()));
      try (ResultSet rows = statement.executeQuery()) {
        return rows.next() ? Optional.ofNullable(rows.getString(1)) : Optional.empty();
      }
    } catch (SQLException e) {
      LOG.log(DEBUG, "The holders of snapshots cannot be asked for", e); // a detail of a refusal
      return Optional.empty();
    }
  }
}
