package org.pgdeltastream.replication;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import org.pgdeltastream.replication.connection.ReplicationConnector;
import org.postgresql.PGConnection;

/**
 * What a server must have so that its changes can be streamed.
 *
 * @param replicates whether the role has the right to replicate
 * @param pooled whether another server process answers: a pooler is in between
 */
public record ServerFacts(
    String version,
    String database,
    String role,
    boolean replicates,
    boolean standby,
    boolean readOnly,
    String walLevel,
    int slots,
    int mostSlots,
    int walsenders,
    int mostWalsenders,
    boolean pooled) {
  /** RDS has a role of its own for the right. */
  private static final String SQL =
      """
      select current_setting('server_version'), current_database(), current_user,
        (select rolsuper or rolreplication from pg_catalog.pg_roles where rolname = current_user)
          or exists (select from pg_catalog.pg_roles
            where rolname = 'rds_replication' and pg_catalog.pg_has_role(oid, 'member')),
        pg_catalog.pg_is_in_recovery(),
        current_setting('default_transaction_read_only') = 'on',
        current_setting('wal_level'),
        (select count(*) from pg_catalog.pg_replication_slots),
        current_setting('max_replication_slots')::int,
        (select count(*) from pg_catalog.pg_stat_replication),
        current_setting('max_wal_senders')::int,
        pg_catalog.pg_backend_pid()""";

  /** Asks; a server that does not answer is given up within a few seconds. */
  public static ServerFacts read(ReplicationConnector connector) throws SQLException {
    try (Connection connection = connector.openWatch();
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(SQL)) {
      row.next();
      int process = connection.unwrap(PGConnection.class).getBackendPID();
      return new ServerFacts(
          row.getString(1),
          row.getString(2),
          row.getString(3),
          row.getBoolean(4),
          row.getBoolean(5),
          row.getBoolean(6),
          row.getString(7),
          row.getInt(8),
          row.getInt(9),
          row.getInt(10),
          row.getInt(11),
          row.getInt(12) != process);
    }
  }
}
