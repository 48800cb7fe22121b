package org.pgdeltastream.replication.facts;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import org.pgdeltastream.doctor.Facts.OpenTransaction;
import org.pgdeltastream.doctor.Facts.Part;
import org.pgdeltastream.doctor.Facts.PreparedTransaction;

/** Transactions that have written and have not ended, the oldest first. */
final class TransactionRows {
  /** Their queries are not read: they contain values. */
  private static final String OPEN =
      """
      select pid, coalesce(usename, '') as role, coalesce(application_name, '') as application_name,
        coalesce(state, '') as state,
        extract(epoch from clock_timestamp() - xact_start)::bigint as seconds
        from pg_catalog.pg_stat_activity
       where backend_xid is not null and xact_start is not null order by xact_start limit 20""";

  private static final String PREPARED =
      """
      select gid, database, extract(epoch from clock_timestamp() - prepared)::bigint as seconds
        from pg_catalog.pg_prepared_xacts order by prepared limit 20""";

  private TransactionRows() {}

  static List<OpenTransaction> open(FactsSession session) throws SQLException {
    return session.all(
        Part.TRANSACTIONS,
        OPEN,
        row ->
            new OpenTransaction(
                row.getInt("pid"),
                row.getString("role"),
                row.getString("application_name"),
                row.getString("state"),
                seconds(row)));
  }

  static List<PreparedTransaction> prepared(FactsSession session) throws SQLException {
    return session.all(
        Part.PREPARED,
        PREPARED,
        row ->
            new PreparedTransaction(row.getString("gid"), row.getString("database"), seconds(row)));
  }

  private static Duration seconds(ResultSet row) throws SQLException {
    return Duration.ofSeconds(row.getLong("seconds"));
  }
}
