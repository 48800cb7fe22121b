package org.pgdeltastream.snapshot.table;

import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.pgdeltastream.change.TableName;
import org.pgdeltastream.change.TableSummary;

/**
 * Finds the tables that can be read under the snapshot. Those that are gone since, or that this
 * server's user may not read, are left out.
 */
public final class TableList {
  // Rows as the planner estimates them (plancat.c): by the density of the last analyze, else by the
  // columns' widths. A table that is locked is waited for, because its size is asked for.
  private static final String SQL =
      """
      with recursive readable as (
        select c.oid, n.nspname, c.relname, c.relreplident,
               c.relkind, c.relpersistence,
               pg_catalog.has_table_privilege(c.oid, 'SELECT') as whole
        from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
        where c.relkind in ('r', 'p') and c.relpersistence <> 't'
          and n.nspname <> 'information_schema' and n.nspname !~ '^pg_'
          and pg_catalog.has_schema_privilege(n.oid, 'USAGE')
          and pg_catalog.has_any_column_privilege(c.oid, 'SELECT')
          and not (c.relrowsecurity and pg_catalog.row_security_active(c.oid))
      ), family(root, oid) as (
        select oid, oid from readable
        union select f.root, i.inhrelid
              from pg_catalog.pg_inherits i join family f on i.inhparent = f.oid
              join pg_catalog.pg_class c on c.oid = i.inhrelid and c.relispartition
      ), sized as (
        select oid, coalesce(pg_catalog.pg_table_size(oid), 0) as bytes,
               coalesce(pg_catalog.pg_relation_size(oid), 0) as heap
        from (select distinct oid from family) as member
      ), estimated as (
        select s.oid, s.bytes,
               case when c.relkind = 'p' then 0
                    when c.relpages > 0 and c.reltuples >= 0
                    then c.reltuples::float8 / c.relpages * s.heap
                         / pg_catalog.current_setting('block_size')::int
                    else s.heap / (28 + (select coalesce(sum(case when a.attlen > 0 then a.attlen
                                                                  else 32 end), 0)
                                         from pg_catalog.pg_attribute a
                                         where a.attrelid = s.oid and a.attnum > 0
                                           and not a.attisdropped))
               end as estimate
        from sized s join pg_catalog.pg_class c on c.oid = s.oid
      ), summed as (
        select f.root, sum(e.bytes)::bigint as bytes, sum(e.estimate)::bigint as estimate
        from family f join estimated e on e.oid = f.oid group by f.root
      )
      select r.oid::bigint, r.relkind, r.relpersistence, r.nspname, r.relname, s.estimate, s.bytes,
             case r.relreplident when 'd' then 'default' when 'n' then 'nothing'
                                 when 'f' then 'full' else 'index' end as identity,
             array(select a.attname::text from pg_catalog.pg_constraint k
                   cross join pg_catalog.unnest(k.conkey) with ordinality as part(number, place)
                   join pg_catalog.pg_attribute a
                     on a.attrelid = k.conrelid and a.attnum = part.number
                   where k.conrelid = r.oid and k.contype = 'p' order by part.place) as key,
             array(select a.attname::text from pg_catalog.pg_attribute a
                   where a.attrelid = r.oid and a.attnum > 0 and not a.attisdropped
                     and (r.whole
                          or pg_catalog.has_column_privilege(r.oid, a.attnum, 'SELECT'))
                   order by a.attnum) as names,
             array(select pg_catalog.format_type(a.atttypid, a.atttypmod)
                   from pg_catalog.pg_attribute a
                   where a.attrelid = r.oid and a.attnum > 0 and not a.attisdropped
                     and (r.whole
                          or pg_catalog.has_column_privilege(r.oid, a.attnum, 'SELECT'))
                   order by a.attnum) as types
      from readable r join summed s on s.root = r.oid
      order by r.nspname, r.relname
      """;

  private TableList() {}

  public static List<TableSummary> read(Connection connection, List<String> publications)
      throws SQLException {
    PublicationReader reader = new PublicationReader(connection, publications);
    Map<Long, List<Published.Naming>> namings = reader.namings(numbers(connection));
    try (PreparedStatement statement = connection.prepareStatement(SQL);
        ResultSet rows = statement.executeQuery()) {
      List<TableSummary> tables = new ArrayList<>();
      while (rows.next()) {
        Published published =
            reader.published(
                namings.getOrDefault(rows.getLong("oid"), List.of()),
                rows.getString("relkind").equals("p"),
                rows.getString("relpersistence").equals("p"));
        tables.add(table(rows, published));
      }
      return tables;
    }
  }

  private static List<Long> numbers(Connection connection) throws SQLException {
    try (PreparedStatement statement =
            connection.prepareStatement(
                "select oid::bigint from pg_catalog.pg_class where relkind in ('r', 'p')");
        ResultSet rows = statement.executeQuery()) {
      List<Long> numbers = new ArrayList<>();
      while (rows.next()) {
        numbers.add(rows.getLong(1));
      }
      return numbers;
    }
  }

  private static TableSummary table(ResultSet row, Published published) throws SQLException {
    List<String> names = texts(row.getArray("names"));
    List<String> types = texts(row.getArray("types"));
    List<TableSummary.TypedColumn> columns = new ArrayList<>();
    for (int i = 0; i < names.size(); i++) {
      if (published.sends(names.get(i))) {
        columns.add(new TableSummary.TypedColumn(names.get(i), types.get(i)));
      }
    }
    return new TableSummary(
        new TableName(row.getString("nspname"), row.getString("relname")),
        row.getLong("estimate"),
        row.getLong("bytes"),
        texts(row.getArray("key")).stream().filter(published::sends).toList(),
        row.getString("identity"),
        published.streamed(),
        columns);
  }

  private static List<String> texts(Array array) throws SQLException {
    return List.of((String[]) array.getArray());
  }
}
