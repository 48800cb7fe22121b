package org.pgdeltastream.snapshot.table;

import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.pgdeltastream.change.Column;
import org.pgdeltastream.change.Problem;
import org.pgdeltastream.change.ProblemException;
import org.pgdeltastream.change.TableName;
import org.pgdeltastream.snapshot.table.SnapshotTable.Access;
import org.pgdeltastream.snapshot.table.SnapshotTable.Attribute;
import org.pgdeltastream.snapshot.table.SnapshotTable.Shape;

/**
 * Reads tables from the catalog under the snapshot. The privilege functions answer as of now, and
 * null for a table that is gone since.
 */
public final class CatalogReader {
  private static final String TABLE =
      """
      select c.oid, n.nspname, c.relname, c.relkind, c.relpersistence
      from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
      """;
  private static final String EXACT = TABLE + "where c.relname = ?::name and n.nspname = ?::name";
  // pg_catalog always comes first, and PostgreSQL skips a schema that may not be used:
  // manual, "The Schema Search Path"
  private static final String ON_SEARCH_PATH =
      TABLE
          + """
          join pg_catalog.unnest(array['pg_catalog', current_user::text, 'public'])
            with ordinality as path(schema, place) on n.nspname = path.schema::name
          where c.relname = ?::name and pg_catalog.has_schema_privilege(n.oid, 'USAGE')
          order by path.place limit 1
          """;
  // A row for each column, at least one: a table may have none. Without the offset PostgreSQL
  // would ask for the table's own answers again for each column.
  private static final String COLUMNS =
      """
      select t.*, a.attname, a.atttypid::bigint, a.atttypmod, a.attnum, a.attnotnull,
             %3$s as generated, pg_catalog.array_position(k.conkey, a.attnum) as place
      from (
        select found.oid::bigint, found.nspname, found.relname, found.relkind,
               found.relpersistence,
               pg_catalog.row_security_active(found.oid) as hidden,
               pg_catalog.has_any_column_privilege(found.oid, 'SELECT') as readable,
               pg_catalog.has_table_privilege(found.oid, 'SELECT') as whole,
               array(select pg_catalog.array_to_string((i.indkey::int2[])[0:i.%1$s - 1], ' ')
                     from pg_catalog.pg_index i
                     where i.indrelid = found.oid and i.indisunique and i.indisvalid
                       and i.indpred is null and i.indexprs is null
                       and not exists ( -- one that compares otherwise than the columns do
                         select 1 from pg_catalog.generate_series(0, i.%1$s - 1) part
                         join pg_catalog.pg_attribute c
                           on c.attrelid = i.indrelid and c.attnum = i.indkey[part]
                         join pg_catalog.pg_opclass o on o.oid = i.indclass[part]
                         where i.indcollation[part] <> c.attcollation or not o.opcdefault)
                    ) as unique_keys
        from (%2$s) found
        offset 0) t
      left join pg_catalog.pg_attribute a
        on a.attrelid = t.oid::oid and a.attnum > 0 and not a.attisdropped
      left join pg_catalog.pg_constraint k on k.conrelid = t.oid::oid and k.contype = 'p'
      order by a.attnum
      """;

  // the first versions of PostgreSQL that have them
  private static final int INCLUDED_COLUMNS = 11;
  private static final int GENERATED_COLUMNS = 12;

  private final Connection connection;
  private final PublicationReader publications;

  public CatalogReader(Connection connection, List<String> publications) throws SQLException {
    this.connection = connection;
    this.publications = new PublicationReader(connection, publications);
  }

  public SnapshotTable table(TableReference reference) throws SQLException {
    String sql = reference.schema().isPresent() ? EXACT : ON_SEARCH_PATH;
    try (PreparedStatement statement = connection.prepareStatement(columns(sql))) {
      statement.setString(1, reference.table());
      if (reference.schema().isPresent()) {
        statement.setString(2, reference.schema().get());
      }
      try (ResultSet found = statement.executeQuery()) {
        if (!found.next()) {
          throw missing(reference, "does not exist");
        }
        return table(reference, found);
      }
    } catch (SQLException e) {
      if ("22P05".equals(e.getSQLState())) { // no name has a character that its encoding lacks
        throw missing(reference, "does not exist");
      }
      throw e;
    }
  }

  private SnapshotTable table(TableReference reference, ResultSet found) throws SQLException {
    TableName name = new TableName(found.getString("nspname"), found.getString("relname"));
    if (name.schema().equals("pg_catalog")) {
      throw TableReference.systemCatalog(name.schema());
    }
    Shape shape = shape(reference, found.getString("relkind"));
    boolean readable = found.getBoolean("readable");
    if (found.wasNull()) {
      throw missing(reference, "has been dropped since");
    }
    if (!readable) {
      throw forbidden(reference);
    }
    if (found.getBoolean("hidden")) {
      throw hidden(reference);
    }
    long oid = found.getLong("oid");
    Access access = found.getBoolean("whole") ? Access.WHOLE : Access.SOME_COLUMNS;
    List<Set<Integer>> uniqueKeys = uniqueKeys(found.getArray("unique_keys"));
    boolean logged = found.getString("relpersistence").equals("p");
    List<Attribute> attributes = attributes(found);
    Published published = published(reference, oid, shape, logged);
    return new SnapshotTable(
        oid, name, shape, access, sent(attributes, published), uniqueKeys, published.rows());
  }

  private Published published(TableReference reference, long oid, Shape shape, boolean logged)
      throws SQLException {
    boolean partitioned = shape == Shape.PARTITIONED;
    Published published = publications.of(oid, partitioned, logged);
    if (published.differently()) {
      throw new ProblemException(
          Problem.UPSTREAM_CONFIG,
          "The slot's publications name different columns of table " + reference,
          "Name the same columns of it in each: PostgreSQL streams nothing else");
    }
    if (partitioned && published.equals(Published.WHOLE) && publications.cutsPartitionsOf(oid)) {
      throw new ProblemException(
          Problem.BAD_REQUEST,
          "A publication leaves out rows or columns of single partitions of table " + reference,
          "Read its partitions one by one: that is how their changes are streamed");
    }
    return published;
  }

  private static List<Attribute> sent(List<Attribute> all, Published published) {
    return all.stream().filter(column -> published.sends(column.name())).toList();
  }

  private String columns(String table) throws SQLException {
    int version = connection.getMetaData().getDatabaseMajorVersion();
    return COLUMNS.formatted(
        version >= INCLUDED_COLUMNS ? "indnkeyatts" : "indnatts",
        table,
        version >= GENERATED_COLUMNS ? "a.attgenerated <> ''" : "false");
  }

  private static List<Set<Integer>> uniqueKeys(Array keys) throws SQLException {
    return Stream.of((String[]) keys.getArray())
        .map(key -> Stream.of(key.split(" ")).map(Integer::valueOf).collect(Collectors.toSet()))
        .toList();
  }

  private static Shape shape(TableReference reference, String kind) {
    return switch (kind) {
      case "r" -> Shape.PLAIN;
      case "p" -> Shape.PARTITIONED;
      case "v" -> throw noTable(reference, "a view");
      case "m" -> throw noTable(reference, "a materialized view");
      case "f" -> throw noTable(reference, "a foreign table");
      case "S" -> throw noTable(reference, "a sequence");
      case "i", "I" -> throw noTable(reference, "an index");
      case "c" -> throw noTable(reference, "a composite type");
      default -> throw noTable(reference, "a relation of kind " + kind);
    };
  }

  private static List<Attribute> attributes(ResultSet found) throws SQLException {
    List<Attribute> attributes = new ArrayList<>();
    do {
      if (found.getString("attname") != null) {
        attributes.add(attribute(found));
      }
    } while (found.next());
    return attributes;
  }

  private static Attribute attribute(ResultSet row) throws SQLException {
    int place = row.getInt("place");
    boolean key = !row.wasNull();
    return new Attribute(
        new Column(
            key, row.getString("attname"), (int) row.getLong("atttypid"), row.getInt("atttypmod")),
        row.getInt("attnum"),
        key ? OptionalInt.of(place) : OptionalInt.empty(),
        !row.getBoolean("attnotnull"),
        row.getBoolean("generated"));
  }

  private static ProblemException noTable(TableReference reference, String what) {
    return new ProblemException(
        Problem.BAD_REQUEST,
        reference + " is " + what + ", not a table",
        "Only tables and partitioned tables can be read under a snapshot");
  }

  public static ProblemException missing(TableReference reference, String how) {
    return new ProblemException(
        Problem.TABLE_NOT_FOUND,
        "Table " + reference + " " + how,
        "Name a table that existed when the slot was made, or make a new slot");
  }

  private static ProblemException hidden(TableReference reference) {
    return new ProblemException(
        Problem.FORBIDDEN,
        "Row level security hides rows of table "
            + reference
            + " from this server's database user; its stream sends them all",
        "ALTER ROLE … BYPASSRLS for that user; or make it the table's owner, without FORCE ROW LEVEL"
            + " SECURITY");
  }

  public static ProblemException forbidden(TableReference reference) {
    return new ProblemException(
        Problem.FORBIDDEN,
        "This server's database user may not read table " + reference,
        "Grant it SELECT on the table and USAGE on its schema");
  }
}
