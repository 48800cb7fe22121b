package org.pgdeltastream.snapshot.table;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.pgdeltastream.change.Problem;
import org.pgdeltastream.change.ProblemException;
import org.pgdeltastream.snapshot.table.SnapshotTable.Attribute;

/**
 * Checks whether a table that was read still holds the snapshot's rows: TRUNCATE and rewriting
 * ALTER TABLE leave a new file, empty for the snapshot, without any error. The catalog's tables
 * answer as of the snapshot, its functions as of now. Free of races only after the read, whose lock
 * prevents later rewrites.
 */
public final class RewriteCheck {
  // Before PostgreSQL 14 has_column_privilege knows no dropped columns: one that was dropped and
  // made anew under the same name reads as null there.
  //
  // A partition made after the snapshot has none of its rows; only one that was a table then, or
  // is no partition now, would show.
  private static final String CHECK =
      """
      with recursive root(oid) as (select ?::oid), family(oid) as (
        select oid from root%s)
      select pg_catalog.to_regclass(?)::oid is distinct from (select oid from root) as gone,
        exists(select 1 from family join pg_catalog.pg_class c on c.oid = family.oid
               where c.relkind = 'r'
               and c.relfilenode is distinct from pg_catalog.pg_relation_filenode(c.oid))
        or exists(select 1 from root cross join pg_catalog.unnest(?::int2[]) as wanted(number)
               where pg_catalog.has_column_privilege(root.oid, wanted.number, 'SELECT') is null)
      """;
  private static final String CHILDREN =
      """

        union select i.inhrelid from pg_catalog.pg_inherits i join family on i.inhparent = family.oid
      """;
  private static final String PARTITIONS =
      """
        or exists(select 1 from family where oid not in
               (select relid::oid from root cross join pg_catalog.pg_partition_tree(root.oid)))
        or exists(select 1 from root cross join pg_catalog.pg_partition_tree(root.oid) as now
               join pg_catalog.pg_class c on c.oid = now.relid::oid
               where c.oid not in (select oid from family))
      """;
  private static final int PARTITION_TREE = 12; // PostgreSQL's first version with the function

  private final Connection connection;

  public RewriteCheck(Connection connection) {
    this.connection = connection;
  }

  public void check(TableReference reference, SnapshotTable table, List<Attribute> columns)
      throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(sql(table))) {
      statement.setLong(1, table.oid());
      statement.setString(2, table.name().quoted());
      statement.setString(3, numbers(Stream.concat(columns.stream(), table.compared().stream())));
      try (ResultSet answer = statement.executeQuery()) {
        answer.next();
        if (answer.getBoolean("gone")) {
          throw CatalogReader.missing(reference, "has been dropped or renamed since");
        }
        if (answer.getBoolean("rewritten")) {
          throw rewritten(reference);
        }
      }
    }
  }

  private String sql(SnapshotTable table) throws SQLException {
    boolean tree =
        table.shape() == SnapshotTable.Shape.PARTITIONED
            && connection.getMetaData().getDatabaseMajorVersion() >= PARTITION_TREE;
    String children = table.shape() == SnapshotTable.Shape.PLAIN ? "" : CHILDREN;
    return CHECK.formatted(children) + (tree ? PARTITIONS : "") + " as rewritten";
  }

  private static String numbers(Stream<Attribute> columns) {
    return columns
        .map(column -> Integer.toString(column.number()))
        .collect(Collectors.joining(",", "{", "}"));
  }

  public static ProblemException rewritten(TableReference reference) {
    return new ProblemException(
        Problem.SNAPSHOT_TABLE_REWRITTEN,
        "Table " + reference + " was truncated, rewritten or altered after the snapshot was taken",
        "Make a new slot and read its snapshot");
  }
}
