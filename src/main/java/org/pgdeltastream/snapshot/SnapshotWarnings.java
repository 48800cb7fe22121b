package org.pgdeltastream.snapshot;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.pgdeltastream.snapshot.table.PublicationReader;
import org.pgdeltastream.snapshot.table.Published;

/** Where a snapshot and its slot's stream will differ, as far as that is known beforehand. */
final class SnapshotWarnings {
  private static final int MOST_NAMES = 20;
  private static final String TABLES =
      """
      select c.oid::bigint, pg_catalog.format('%I.%I', n.nspname, c.relname) as name, c.relkind,
             c.relpersistence, c.relrowsecurity and pg_catalog.row_security_active(c.oid) as hidden
      from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
      where c.relkind in ('r', 'p') and c.relpersistence <> 't'
        and n.nspname <> 'information_schema' and n.nspname !~ '^pg_'
        and pg_catalog.has_schema_privilege(n.oid, 'USAGE')
        and pg_catalog.has_any_column_privilege(c.oid, 'SELECT')
      order by n.nspname, c.relname
      """;
  private static final String ENCODING =
      "select pg_catalog.current_setting('server_encoding') = 'SQL_ASCII'";

  private SnapshotWarnings() {}

  static List<String> read(Connection connection, List<String> publications) throws SQLException {
    List<String> warnings = new ArrayList<>();
    if (hasNoEncoding(connection)) {
      warnings.add(
          "The database's encoding is SQL_ASCII, so its texts are of no known encoding: what is no"
              + " UTF-8 cannot be read by a snapshot or by pgoutput, and wal2json's has"
              + " replacement characters");
    }
    List<String> hidden = new ArrayList<>();
    Map<String, Table> shown = shown(connection, hidden);
    if (!hidden.isEmpty()) {
      warnings.add(
          "Row level security hides rows from this server's database user: the snapshot refuses "
              + names(hidden)
              + ", the stream sends all their changes. ALTER ROLE … BYPASSRLS for that user");
    }
    List<String> silent = notStreamed(shown, new PublicationReader(connection, publications));
    if (!silent.isEmpty()) {
      warnings.add(
          "The snapshot can be read but no changes are streamed of "
              + names(silent)
              + ": they are unlogged, or in none of the slot's publications");
    }
    return warnings;
  }

  /** The tables of which row level security hides nothing; the others are added to the list. */
  private static Map<String, Table> shown(Connection connection, List<String> hidden)
      throws SQLException {
    Map<String, Table> shown = new LinkedHashMap<>();
    try (PreparedStatement statement = connection.prepareStatement(TABLES);
        ResultSet rows = statement.executeQuery()) {
      while (rows.next()) {
        if (rows.getBoolean("hidden")) {
          hidden.add(rows.getString("name"));
        } else {
          shown.put(rows.getString("name"), table(rows));
        }
      }
    }
    return shown;
  }

  private record Table(long oid, boolean partitioned, boolean logged) {}

  private static Table table(ResultSet row) throws SQLException {
    return new Table(
        row.getLong("oid"),
        row.getString("relkind").equals("p"),
        row.getString("relpersistence").equals("p"));
  }

  private static List<String> notStreamed(Map<String, Table> tables, PublicationReader reader)
      throws SQLException {
    Map<Long, List<Published.Naming>> namings =
        reader.namings(tables.values().stream().map(Table::oid).toList());
    return tables.entrySet().stream()
        .filter(
            entry -> {
              Table table = entry.getValue();
              return !reader
                  .published(
                      namings.getOrDefault(table.oid(), List.of()),
                      table.partitioned(),
                      table.logged())
                  .streamed();
            })
        .map(Map.Entry::getKey)
        .toList();
  }

  private static boolean hasNoEncoding(Connection connection) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(ENCODING);
        ResultSet row = statement.executeQuery()) {
      row.next();
      return row.getBoolean(1);
    }
  }

  private static String names(List<String> all) {
    String first = String.join(", ", all.subList(0, Math.min(MOST_NAMES, all.size())));
    return all.size() > MOST_NAMES ? first + " and " + (all.size() - MOST_NAMES) + " more" : first;
  }
}
