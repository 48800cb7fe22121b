package org.pgdeltastream.replication;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import org.pgdeltastream.change.Shown;
import org.pgdeltastream.replication.connection.ReplicationConnector;

/**
 * Transactions that have written and are open, of all databases: a slot is made only after their
 * end. Source: manual, "pg_locks".
 */
public final class OpenTransactions {
  // Not pg_stat_activity alone: it hides the transactions of other roles' sessions.
  private static final String SQL =
      """
      select 'process ' || pid, application_name,
             extract(epoch from pg_catalog.clock_timestamp() - begun)::bigint
        from (select l.pid, a.application_name, min(a.xact_start) as begun
                from pg_catalog.pg_locks l left join pg_catalog.pg_stat_activity a on a.pid = l.pid
               where l.locktype = 'transactionid' and l.mode = 'ExclusiveLock' and l.granted
                 and l.pid is not null
               group by l.pid, a.application_name) as writing
      union all
      select 'prepared transaction', gid,
             extract(epoch from pg_catalog.clock_timestamp() - prepared)::bigint
        from pg_catalog.pg_prepared_xacts
       order by 3 desc nulls last limit 3""";

  private OpenTransactions() {}

  /** Descriptions of up to three, the oldest first. */
  public static List<String> oldest(ReplicationConnector connector) throws SQLException {
    try (Connection connection = connector.openWatch();
        Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(SQL)) {
      List<String> found = new ArrayList<>();
      while (rows.next()) {
        String name = rows.getString(2);
        String age = rows.getString(3);
        found.add(
            rows.getString(1)
                + (name == null || name.isEmpty() ? "" : " of " + Shown.of(name))
                + (age == null ? "" : ", open for " + age + " s"));
      }
      return found;
    }
  }
}
