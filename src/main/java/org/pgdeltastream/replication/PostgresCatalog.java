package org.pgdeltastream.replication;

import static java.lang.System.Logger.Level.DEBUG;

import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.pgdeltastream.change.Catalog;
import org.pgdeltastream.change.Column;
import org.pgdeltastream.change.ColumnDetails;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.change.Relation;
import org.pgdeltastream.change.TypeName;
import org.pgdeltastream.replication.connection.ControlConnection;
import org.pgdeltastream.replication.connection.DescribedRelations;
import org.pgdeltastream.replication.connection.DescribedRelations.Answer;
import org.pgdeltastream.replication.connection.ReplicationConnector;

/** Asks PostgreSQL for what pgoutput does not say, and keeps the answers. */
public final class PostgresCatalog implements Catalog {
  /**
   * The catalog is newer than the change. Where the stream names a type otherwise than the catalog,
   * the type was renamed or dropped since, and the stream's name counts. The stream names a domain
   * like its base type, so of domains only the catalog's name is known. It names an array by the
   * array's own name, which is its element's with an underscore.
   *
   * <p>First query: how far the WAL has come; all that was committed until then is in the catalog.
   */
  private static final String DETAILS =
      """
      select case when pg_catalog.pg_is_in_recovery()
        then coalesce(pg_catalog.pg_last_wal_replay_lsn(), '0/0')
        else pg_catalog.pg_current_wal_flush_lsn() end::text;
      select
        case
          when c.type_name = '' or t.typtype = 'd' and t.oid is not null
            or (n.nspname = c.type_schema and t.typname = c.type_name)
            then pg_catalog.format_type(c.oid, c.modifier)
          else
            case when c.type_schema = any (pg_catalog.current_schemas(true)) then ''
              else pg_catalog.quote_ident(c.type_schema) || '.' end
            || case when c.type_name like '\\_%'
                and (t.oid is null or t.typelem <> 0 and t.typlen = -1)
              then pg_catalog.quote_ident(pg_catalog.substr(c.type_name, 2)) || '[]'
              else pg_catalog.quote_ident(c.type_name) end
        end as type,
        case when c.type_name = '' or t.typtype = 'd' then coalesce(t.typname::text, '???')
          else c.type_name end as plain_type,
        b.oid as base_oid,
        pg_catalog.format_type(t.typbasetype, t.typtypmod) as base_type,
        b.typname as plain_base_type,
        a.attnum,
        coalesce(a.attnotnull, false) as not_null,
        coalesce(a.attnum = any (i.indkey), false) as primary_key,
        case when pg_catalog.to_jsonb(a) ->> 'attgenerated' <> '' then null
          else pg_catalog.pg_get_expr(d.adbin, d.adrelid) end as default_value
      from unnest(?::text[]::oid[], ?::text[]::int4[], ?::text[], ?::text[], ?::text[])
        with ordinality as c (oid, modifier, type_schema, type_name, name, place)
      left join pg_catalog.pg_type t on t.oid = c.oid
      left join pg_catalog.pg_namespace n on n.oid = t.typnamespace
      left join pg_catalog.pg_type b on b.oid = t.typbasetype and t.typtype = 'd'
      left join pg_catalog.pg_attribute a
        on a.attrelid = ?::text::oid and a.attname = c.name and a.attnum > 0
      left join pg_catalog.pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
      left join pg_catalog.pg_index i on i.indrelid = a.attrelid and i.indisprimary
      order by c.place
      """;

  /**
   * The partitions of the same table with the same catalog columns: if there are very many, those
   * that were made nearest to it.
   */
  private static final String ALIKE =
      """
      with family as (
        select r.oid, pg_catalog.array_agg(
          row(a.attname, a.attnum, a.attnotnull, a.attnum = any (i.indkey), d.adbin::text)::text
          order by a.attnum) as facts
        from (
          select s.inhrelid as oid
          from pg_catalog.pg_inherits m join pg_catalog.pg_inherits s on s.inhparent = m.inhparent
          where m.inhrelid = ?::text::oid
          order by pg_catalog.abs(s.inhrelid::int8 - m.inhrelid::int8) limit 5000) r
        join pg_catalog.pg_attribute a on a.attrelid = r.oid and a.attnum > 0
        left join pg_catalog.pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
        left join pg_catalog.pg_index i on i.indrelid = a.attrelid and i.indisprimary
        group by r.oid)
      select oid::int8 from family
      where facts = (select facts from family where oid = ?::text::oid)
      """;

  private static final System.Logger LOG = System.getLogger(PostgresCatalog.class.getName());
  private static final String LOCKED = "55P03";

  private final ReplicationConnector connector;

  public PostgresCatalog(ReplicationConnector connector) {
    this.connector = connector;
  }

  @Override
  public List<ColumnDetails> details(Relation relation, Lsn commit) {
    DescribedRelations described = connector.control().described();
    return described.find(relation, commit).orElseGet(() -> asked(relation, commit, described));
  }

  /** If the last question came late enough for this relation, more of its kind may follow. */
  private List<ColumnDetails> asked(Relation relation, Lsn commit, DescribedRelations described) {
    boolean more = described.isBeforeLast(commit);
    try {
      return connector.ask(
          connection -> {
            Optional<List<ColumnDetails>> meanwhile = described.find(relation, commit);
            if (meanwhile.isPresent()) { // for another stream
              return meanwhile.get();
            }
            Answer answer = answer(connection, relation);
            described.add(relation.id(), answer);
            if (more) {
              addAlike(connection, relation, described, answer);
            }
            return answer.details();
          });
    } catch (SQLException e) {
      if (LOCKED.equals(e.getSQLState()) || e instanceof ControlConnection.BusyException) {
        return waitedFor(relation);
      }
      throw unread(relation, e);
    }
  }

  /**
   * PostgreSQL does not show a default while its table is locked, and a lock may last long: this
   * asks on a connection of its own, which may wait.
   */
  private List<ColumnDetails> waitedFor(Relation relation) {
    try (Connection connection = connector.openOrdinary()) {
      return answer(connection, relation).details();
    } catch (SQLException e) {
      throw unread(relation, e);
    }
  }

  private static CatalogException unread(Relation relation, SQLException e) {
    return new CatalogException("The types of table " + relation.name() + " cannot be read", e);
  }

  /** Saves questions: where it takes too long, the tables are asked about one by one. */
  private static void addAlike(
      Connection connection, Relation relation, DescribedRelations described, Answer answer) {
    try {
      described.addAlike(alike(connection, relation), answer);
    } catch (SQLException e) {
      LOG.log(DEBUG, "The tables like " + relation.name() + " are asked about one by one: " + e);
    }
  }

  private static List<Integer> alike(Connection connection, Relation relation) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(ALIKE)) {
      statement.setString(1, Integer.toUnsignedString(relation.id()));
      statement.setString(2, Integer.toUnsignedString(relation.id()));
      try (ResultSet rows = statement.executeQuery()) {
        List<Integer> alike = new ArrayList<>();
        while (rows.next()) {
          alike.add((int) rows.getLong(1));
        }
        return alike;
      }
    }
  }

  private static Answer answer(Connection connection, Relation relation) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(DETAILS)) {
      statement.setArray(
          1, array(connection, relation, c -> Integer.toUnsignedString(c.typeOid())));
      statement.setArray(2, array(connection, relation, c -> Integer.toString(c.typeModifier())));
      statement.setArray(
          3, array(connection, relation, c -> c.typeName().map(TypeName::schema).orElse("")));
      statement.setArray(
          4, array(connection, relation, c -> c.typeName().map(TypeName::name).orElse("")));
      statement.setArray(5, array(connection, relation, Column::name));
      statement.setString(6, Integer.toUnsignedString(relation.id()));
      statement.execute();
      Lsn asOf = walEnd(statement);
      statement.getMoreResults();
      try (ResultSet rows = statement.getResultSet()) {
        List<ColumnDetails> details = new ArrayList<>();
        while (rows.next()) {
          details.add(details(rows, details.size() + 1));
        }
        return new Answer(relation.columns(), details, asOf);
      }
    }
  }

  private static Lsn walEnd(PreparedStatement statement) throws SQLException {
    try (ResultSet row = statement.getResultSet()) {
      row.next();
      return Lsn.parse(row.getString(1));
    }
  }

  @Override
  public int originNumber(String originName) {
    String sql = "select roident::int4 from pg_catalog.pg_replication_origin where roname = ?";
    try {
      return connector.ask(
          connection -> {
            try (PreparedStatement statement = connection.prepareStatement(sql)) {
              statement.setString(1, originName);
              try (ResultSet rows = statement.executeQuery()) {
                return rows.next() ? rows.getInt(1) : 0;
              }
            }
          });
    } catch (SQLException e) {
      throw new CatalogException("The replication origins cannot be read", e);
    }
  }

  private static ColumnDetails details(ResultSet row, int number) throws SQLException {
    int position = row.getInt("attnum"); // 0 if there is no such column any more
    return new ColumnDetails(
        row.getString("type"),
        row.getString("plain_type"),
        baseType(row),
        position == 0 ? number : position,
        row.getBoolean("not_null"),
        row.getBoolean("primary_key"),
        Optional.ofNullable(row.getString("default_value")));
  }

  private static Optional<ColumnDetails.BaseType> baseType(ResultSet row) throws SQLException {
    @Nullable String plainType = row.getString("plain_base_type");
    return plainType == null
        ? Optional.empty()
        : Optional.of(
            new ColumnDetails.BaseType(
                (int) row.getLong("base_oid"), row.getString("base_type"), plainType));
  }

  private static Array array(
      Connection connection, Relation relation, Function<Column, String> part) throws SQLException {
    return connection.createArrayOf("text", relation.columns().stream().map(part).toArray());
  }

  /** The catalog could not be asked; the cause is an SQLException. */
  public static final class CatalogException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    CatalogException(String message, SQLException cause) {
      super(message, cause);
    }
  }
}
