package org.pgdeltastream.filter.catalog;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.pgdeltastream.change.TableName;
import org.pgdeltastream.filter.FilterColumn;
import org.pgdeltastream.filter.ValueClass;

/**
 * A table's columns; none if there is no such table.
 *
 * @param identity those that the log has of a row before it was updated or deleted
 * @param keys those that tell which row it was, where not all columns do
 */
public record FilterColumns(
    Map<String, FilterColumn> byName, Set<String> identity, Set<String> keys) {
  // A partition's changes have its own replica identity, under the name of the table above.
  private static final String COLUMNS =
      """
      with recursive family(oid) as (
        select c.oid from pg_catalog.pg_class c
        join pg_catalog.pg_namespace n on n.oid = c.relnamespace
        where n.nspname = ? and c.relname = ? and c.relkind in ('r', 'p')
        union all
        select i.inhrelid from family f join pg_catalog.pg_inherits i on i.inhparent = f.oid
        join pg_catalog.pg_class c on c.oid = i.inhrelid and c.relispartition)
      select a.attname, a.atttypid::bigint as declared, b.oid::bigint as base, b.typtype,
             pg_catalog.format_type(b.oid, -1) as sql_type,
             coalesce((pg_catalog.to_jsonb(l) ->> 'collisdeterministic')::boolean, true)
               as deterministic,
             case when l.collname in ('C', 'POSIX') then true
                  when l.collname = 'default' then d.datcollate in ('C', 'POSIX') and
                    coalesce(pg_catalog.to_jsonb(d) ->> 'datlocprovider', 'c') = 'c'
                  else a.attcollation = 0 end
               and pg_catalog.getdatabaseencoding() = 'UTF8' as bytewise,
             not exists (
               select from family f join pg_catalog.pg_class m on m.oid = f.oid
               where m.relreplident <> 'f' and not exists (
                 select from pg_catalog.pg_index i join pg_catalog.pg_attribute p
                   on p.attrelid = m.oid and p.attnum = any ((i.indkey::int2[])[
                     0:coalesce((pg_catalog.to_jsonb(i) ->> 'indnkeyatts')::int, i.indnatts) - 1])
                 where i.indrelid = m.oid and p.attname = a.attname
                   and case m.relreplident when 'd' then i.indisprimary
                         when 'i' then i.indisreplident else false end)) as is_known,
             exists (
               select from family f join pg_catalog.pg_class m on m.oid = f.oid
               join pg_catalog.pg_index i on i.indrelid = m.oid
               join pg_catalog.pg_attribute p
                 on p.attrelid = m.oid and p.attnum = any ((i.indkey::int2[])[
                   0:coalesce((pg_catalog.to_jsonb(i) ->> 'indnkeyatts')::int, i.indnatts) - 1])
               where p.attname = a.attname
                 and case m.relreplident when 'd' then i.indisprimary
                       when 'i' then i.indisreplident else false end) as is_key
      from pg_catalog.pg_attribute a
      join pg_catalog.pg_type b on b.oid = (
        with recursive line(oid, base) as (
          select t.oid, t.typbasetype from pg_catalog.pg_type t where t.oid = a.atttypid
          union all
          select t.oid, t.typbasetype from line join pg_catalog.pg_type t on t.oid = line.base)
        select line.oid from line where line.base = 0)
      join pg_catalog.pg_database d on d.datname = pg_catalog.current_database()
      left join pg_catalog.pg_collation l on l.oid = a.attcollation
      where a.attrelid = (select oid from family limit 1) and a.attnum > 0 and not a.attisdropped
        and pg_catalog.format_type(b.oid, -1) <> '???' -- dropped since the snapshot
      """;

  public FilterColumns {
    byName = Map.copyOf(byName);
    identity = Set.copyOf(identity);
    keys = Set.copyOf(keys);
  }

  /** As the connection's transaction sees them. */
  public static FilterColumns read(Connection connection, TableName table) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(COLUMNS)) {
      statement.setString(1, table.schema());
      statement.setString(2, table.table());
      try (ResultSet rows = statement.executeQuery()) {
        Map<String, FilterColumn> columns = new LinkedHashMap<>();
        Set<String> identity = new HashSet<>();
        Set<String> keys = new HashSet<>();
        while (rows.next()) {
          FilterColumn column = column(rows);
          columns.put(column.name(), column);
          if (rows.getBoolean("is_known")) {
            identity.add(column.name());
          }
          if (rows.getBoolean("is_key")) {
            keys.add(column.name());
          }
        }
        return new FilterColumns(columns, identity, keys);
      }
    }
  }

  private static FilterColumn column(ResultSet row) throws SQLException {
    return new FilterColumn(
        row.getString("attname"),
        (int) row.getLong("declared"),
        row.getString("sql_type"),
        values(row, (int) row.getLong("base")));
  }

  private static ValueClass values(ResultSet row, int typeOid) throws SQLException {
    boolean deterministic = row.getBoolean("deterministic");
    if (ValueClass.isText(typeOid)) {
      return row.getBoolean("bytewise")
          ? ValueClass.ORDERED_TEXT
          : deterministic ? ValueClass.TEXT : ValueClass.OTHER;
    }
    if (ValueClass.isCharacter(typeOid)) {
      return deterministic ? ValueClass.CHARACTER : ValueClass.OTHER;
    }
    return switch (row.getString("typtype")) {
      case "e" -> ValueClass.EXACT;
      case "c" -> ValueClass.COMPOSITE;
      default -> ValueClass.of(typeOid);
    };
  }
}
