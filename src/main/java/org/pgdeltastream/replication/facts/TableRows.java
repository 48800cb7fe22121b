package org.pgdeltastream.replication.facts;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import org.pgdeltastream.change.ReplicaIdentity;
import org.pgdeltastream.change.TableName;
import org.pgdeltastream.doctor.Facts.Part;
import org.pgdeltastream.doctor.Facts.Table;

/** All tables of the database but PostgreSQL's own. It takes no lock on any. */
final class TableRows {
  private static final String SQL =
      """
      select n.nspname, c.relname, c.relkind, c.relispartition, c.relpersistence, c.relreplident,
        exists (select from pg_catalog.pg_index as i where i.indrelid = c.oid and i.indisprimary
            and i.indimmediate and i.indisvalid) as key,
        exists (select from pg_catalog.pg_index as i where i.indrelid = c.oid and i.indisprimary
            and not i.indimmediate) as deferrable,
        exists (select from pg_catalog.pg_index as i where i.indrelid = c.oid and i.indisreplident
            and i.indimmediate and i.indisvalid) as index,
        pg_catalog.has_schema_privilege(n.oid, 'USAGE') as used,
        pg_catalog.has_table_privilege(c.oid, 'SELECT') as readable,
        pg_catalog.pg_has_role(c.relowner, 'USAGE') as owned,
        c.relrowsecurity
          and (c.relforcerowsecurity or not pg_catalog.pg_has_role(c.relowner, 'USAGE')) as hidden,
        %s as generated,
        coalesce((select t.relpages from pg_catalog.pg_class as t where t.oid = c.reltoastrelid), 0)
          as toast_pages
        from pg_catalog.pg_class as c join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
       where c.relkind in ('r', 'p') and c.relpersistence <> 't'
         and n.nspname <> 'information_schema' and n.nspname !~ '^pg_'
       order by 1, 2""";

  private static final String GENERATED =
      "exists (select from pg_catalog.pg_attribute as a where a.attrelid = c.oid"
          + " and a.attgenerated <> '' and not a.attisdropped)";

  private TableRows() {}

  static List<Table> read(FactsSession session) throws SQLException {
    String sql = SQL.formatted(session.since(12, GENERATED, "false"));
    return session.all(Part.TABLES, sql, TableRows::table);
  }

  private static Table table(ResultSet row) throws SQLException {
    return new Table(
        new TableName(row.getString("nspname"), row.getString("relname")),
        kind(row),
        identity(row.getString("relreplident")),
        row.getBoolean("key")
            ? Table.Key.USABLE
            : row.getBoolean("deferrable") ? Table.Key.DEFERRABLE : Table.Key.NONE,
        row.getBoolean("index"),
        row.getBoolean("used"),
        row.getBoolean("readable"),
        row.getBoolean("owned"),
        row.getBoolean("hidden"),
        row.getBoolean("generated"),
        row.getLong("toast_pages"));
  }

  private static Table.Kind kind(ResultSet row) throws SQLException {
    if (row.getString("relkind").equals("p")) {
      return Table.Kind.PARTITIONED;
    }
    if (row.getString("relpersistence").equals("u")) {
      return Table.Kind.UNLOGGED;
    }
    return row.getBoolean("relispartition") ? Table.Kind.PARTITION : Table.Kind.ORDINARY;
  }

  /** Source: manual, "pg_class". */
  private static ReplicaIdentity identity(String letter) {
    return switch (letter) {
      case "n" -> ReplicaIdentity.NOTHING;
      case "f" -> ReplicaIdentity.FULL;
      case "i" -> ReplicaIdentity.INDEX;
      default -> ReplicaIdentity.DEFAULT;
    };
  }
}
