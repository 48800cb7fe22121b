package org.pgdeltastream.snapshot.table;

import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.pgdeltastream.snapshot.table.Published.Naming;

/**
 * Reads how a slot's publications name tables, as of the snapshot: the stream begins with them,
 * whatever they are now. Source: manual, "pg_publication_rel".
 */
public final class PublicationReader {
  private static final String NAMINGS =
      """
      with recursive line(oid, relid, level) as (
        select wanted.oid, wanted.oid, 0 from pg_catalog.unnest(?::oid[]) as wanted(oid)
        union all
        select l.oid, i.inhparent, l.level + 1
        from line l join pg_catalog.pg_class c on c.oid = l.relid and c.relispartition
        join pg_catalog.pg_inherits i on i.inhrelid = l.relid)
      select l.oid::bigint, l.level, p.oid::bigint as publication, %1$s as by_root,
             p.puballtables or %2$s as whole, %3$s as rows, %4$s as columns
      from line l join pg_catalog.pg_class c on c.oid = l.relid
      join pg_catalog.pg_publication p on p.pubname = any(?::name[])
      left join pg_catalog.pg_publication_rel r on r.prpubid = p.oid and r.prrelid = l.relid
      where p.puballtables or r.oid is not null or %2$s
      """;
  private static final String SCHEMA =
      "exists(select 1 from pg_catalog.pg_publication_namespace n"
          + " where n.pnpubid = p.oid and n.pnnspid = c.relnamespace)";
  private static final String ROWS = "pg_catalog.pg_get_expr(r.prqual, r.prrelid)";
  private static final String COLUMNS =
      "case when r.prattrs is not null then array(select a.attname::text"
          + " from pg_catalog.pg_attribute a where a.attrelid = r.prrelid"
          + " and a.attnum = any(r.prattrs::int2[])) end";
  private static final String PARTITIONS =
      """
      with recursive family(oid) as (
        select i.inhrelid from pg_catalog.pg_inherits i where i.inhparent = ?::oid
        union select i.inhrelid from pg_catalog.pg_inherits i join family f on i.inhparent = f.oid)
      select exists(select 1 from family f
        join pg_catalog.pg_publication_rel r on r.prrelid = f.oid
        join pg_catalog.pg_publication p on p.oid = r.prpubid and p.pubname = any(?::name[])
        where r.prqual is not null or r.prattrs is not null)
      """;
  private static final int BY_ROOT = 13; // the first versions of PostgreSQL that have them
  private static final int FILTERS = 15;

  private final Connection connection;
  private final List<String> publications;
  private final int version;

  /** Without publications, for a slot that sends every table. */
  public PublicationReader(Connection connection, List<String> publications) throws SQLException {
    this.connection = connection;
    this.publications = publications;
    this.version = connection.getMetaData().getDatabaseMajorVersion();
  }

  /**
   * What the stream sends of a table.
   *
   * @param logged whether PostgreSQL writes its changes into the WAL
   */
  Published of(long table, boolean partitioned, boolean logged) throws SQLException {
    return published(namings(List.of(table)).getOrDefault(table, List.of()), partitioned, logged);
  }

  public Published published(List<Naming> namings, boolean partitioned, boolean logged) {
    if (!logged) {
      return Published.NOT;
    }
    return publications.isEmpty() ? Published.WHOLE : Published.of(namings, partitioned);
  }

  /** How the publications name each of these tables, by number. */
  public Map<Long, List<Naming>> namings(Collection<Long> tables) throws SQLException {
    if (publications.isEmpty()) {
      return Map.of();
    }
    try (PreparedStatement statement = connection.prepareStatement(sql())) {
      statement.setArray(1, connection.createArrayOf("int8", tables.toArray()));
      statement.setArray(2, connection.createArrayOf("text", publications.toArray()));
      Map<Long, List<Naming>> found = new HashMap<>();
      try (ResultSet rows = statement.executeQuery()) {
        while (rows.next()) {
          found.computeIfAbsent(rows.getLong("oid"), oid -> new ArrayList<>()).add(naming(rows));
        }
      }
      return found;
    }
  }

  /** Whether rows or columns of single partitions are left out, which one query cannot show. */
  boolean cutsPartitionsOf(long table) throws SQLException {
    if (publications.isEmpty() || version < FILTERS) {
      return false;
    }
    try (PreparedStatement statement = connection.prepareStatement(PARTITIONS)) {
      statement.setLong(1, table);
      statement.setArray(2, connection.createArrayOf("text", publications.toArray()));
      try (ResultSet row = statement.executeQuery()) {
        row.next();
        return row.getBoolean(1);
      }
    }
  }

  private String sql() {
    boolean filters = version >= FILTERS;
    return NAMINGS.formatted(
        version >= BY_ROOT ? "p.pubviaroot" : "false",
        filters ? SCHEMA : "false",
        filters ? ROWS : "null::text",
        filters ? COLUMNS : "null::text[]");
  }

  private static Naming naming(ResultSet row) throws SQLException {
    Array columns = row.getArray("columns");
    return new Naming(
        row.getLong("publication"),
        row.getInt("level"),
        row.getBoolean("by_root"),
        row.getBoolean("whole"),
        Optional.ofNullable(row.getString("rows")),
        columns == null ? Optional.empty() : Optional.of(Set.of((String[]) columns.getArray())));
  }
}
