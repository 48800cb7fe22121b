package org.pgdeltastream.replication.publication;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A table that is not yet in our publications as it should be, or never can be.
 *
 * <p>Source: manual, "CREATE PUBLICATION" and "ALTER TABLE", REPLICA IDENTITY;
 * CheckCmdReplicaIdentity and pub_contains_invalid_column in PostgreSQL's sources.
 *
 * @param name quoted, with its schema
 * @param locked another session's lock would have us wait
 * @param addInserts to the publication of inserts: where it is not of all tables, also a
 *     partitioned table, so that a new partition is published from its first row on
 * @param leftOut why something of it cannot be published
 */
record PublishedTable(
    String name,
    boolean locked,
    boolean addInserts,
    boolean addChanges,
    boolean dropChanges,
    Optional<LeftOut> leftOut) {

  /** PostgreSQL accepts an UPDATE that is published: FULL, or a valid immediate key, x. */
  private static final String IDENTITY = "(c.relreplident = 'f' or x.indexrelid is not null)";

  /** Of 18 and later: what is part of the identity must be published. */
  private static final String GENERATED =
      """
      exists (select from pg_attrdef d join pg_attribute a on a.attrelid = d.adrelid \
      and a.attnum = d.adnum where d.adrelid = c.oid and a.attgenerated <> '' \
      and (c.relreplident = 'f' or a.attnum = any (x.indkey)))""";

  private static final String TABLES =
      """
      from pg_class c
      join pg_namespace n on n.oid = c.relnamespace
        and n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast')
      left join pg_index x on x.indrelid = c.oid and x.indisvalid and x.indimmediate
        and (c.relreplident = 'd' and x.indisprimary or c.relreplident = 'i' and x.indisreplident)
      """;

  /** All tables at once, for one pass over the catalog, whatever their number. */
  private static final String DIFFERING =
      """
      select name, add_inserts, add_changes, drop_changes, left_out,
             (add_inserts or add_changes or drop_changes) and exists (
               select from pg_locks l where l.locktype = 'relation' and l.relation = t.oid
                  and l.database = (select oid from pg_database where datname = current_database())
                  and l.mode in ('ShareUpdateExclusiveLock', 'ShareLock', 'ShareRowExclusiveLock',
                                 'ExclusiveLock', 'AccessExclusiveLock')) as locked
        from (select s.oid, name,
                     logged and owned and not in_inserts and not all_tables as add_inserts,
                     fit and owned and not in_changes as add_changes,
                     in_changes and not fit as drop_changes,
                     case when not plain then null
                          when not logged then 'UNLOGGED'
                          when not owned and not all_tables and not in_inserts then 'OTHER_OWNER'
                          when not identity then 'NO_IDENTITY'
                          when not fit then 'GENERATED_IDENTITY'
                          when not owned and not in_changes then 'CHANGES_OF_OTHER_OWNER'
                     end as left_out
                from (select c.oid, format('%%I.%%I', n.nspname, c.relname) as name,
                             c.relkind = 'r' as plain,
                             c.relpersistence = 'p' as logged,
                             pg_has_role(c.relowner, 'USAGE') as owned,
                             i.prrelid is not null as in_inserts,
                             k.prrelid is not null as in_changes,
                             %1$s as identity,
                             c.relkind = 'r' and c.relpersistence = 'p'
                               and %1$s and not %2$s as fit,
                             p.puballtables as all_tables
                        %6$s
                        join pg_publication p on p.pubname = '%4$s'
                        join pg_publication q on q.pubname = '%5$s'
                        left join pg_publication_rel i on i.prrelid = c.oid and i.prpubid = p.oid
                        left join pg_publication_rel k on k.prrelid = c.oid and k.prpubid = q.oid
                       where c.relkind in (%3$s) and c.relpersistence in ('p', 'u')
                         and c.oid >= 16384
                      offset 0) s) t -- each subquery once for a table
       where add_inserts or add_changes or drop_changes or left_out is not null
       order by name""";

  static List<PublishedTable> differing(Connection connection) throws SQLException {
    int version = connection.getMetaData().getDatabaseMajorVersion();
    String sql =
        DIFFERING.formatted(
            IDENTITY,
            version >= 18 ? GENERATED : "false",
            version >= 13 ? "'r', 'p'" : "'r'",
            Publications.INSERTS,
            Publications.CHANGES,
            TABLES);
    List<PublishedTable> tables = new ArrayList<>();
    try (Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      while (rows.next()) {
        tables.add(
            new PublishedTable(
                rows.getString("name"),
                rows.getBoolean("locked"),
                rows.getBoolean("add_inserts"),
                rows.getBoolean("add_changes"),
                rows.getBoolean("drop_changes"),
                Optional.ofNullable(rows.getString("left_out")).map(LeftOut::valueOf)));
      }
    }
    return tables;
  }

  /** The warning about tables whose updates and deletes PostgreSQL does not log. */
  static List<String> withoutIdentity(Connection connection) throws SQLException {
    String sql =
        "select format('%I.%I', n.nspname, c.relname) "
            + TABLES
            + "where c.oid >= 16384 and c.relkind = 'r' and c.relpersistence = 'p' and not "
            + IDENTITY
            + " order by 1";
    List<String> names = new ArrayList<>();
    try (Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      while (rows.next()) {
        names.add(rows.getString(1));
      }
    }
    return names.isEmpty() ? List.of() : List.of(LeftOut.NO_IDENTITY.warning(names));
  }
}
