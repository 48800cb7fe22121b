package org.pgdeltastream.replication;

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
import org.pgdeltastream.change.Relation;
import org.pgdeltastream.change.TypeName;

/** Asks PostgreSQL for what pgoutput does not say, on a connection of its own. */
public final class PostgresCatalog implements Catalog {
  /**
   * The catalog is newer than the change. Where the stream named a type otherwise than the catalog
   * does, the type was renamed or dropped since, and the stream's name counts. A domain is named
   * there like its base type, so of domains only the catalog's name is known. An array is named
   * there by its own name, which is its element's with an underscore.
   */
  private static final String DETAILS =
      """
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

  private final ReplicationConnector connector;

  public PostgresCatalog(ReplicationConnector connector) {
    this.connector = connector;
  }

  @Override
  public List<ColumnDetails> details(Relation relation) {
    try (Connection connection = connector.openOrdinary();
        PreparedStatement statement = connection.prepareStatement(DETAILS)) {
      statement.setArray(
          1, array(connection, relation, c -> Integer.toUnsignedString(c.typeOid())));
      statement.setArray(2, array(connection, relation, c -> Integer.toString(c.typeModifier())));
      statement.setArray(
          3, array(connection, relation, c -> c.typeName().map(TypeName::schema).orElse("")));
      statement.setArray(
          4, array(connection, relation, c -> c.typeName().map(TypeName::name).orElse("")));
      statement.setArray(5, array(connection, relation, Column::name));
      statement.setString(6, Integer.toUnsignedString(relation.id()));
      try (ResultSet rows = statement.executeQuery()) {
        List<ColumnDetails> details = new ArrayList<>();
        while (rows.next()) {
          details.add(details(rows, details.size() + 1));
        }
        return details;
      }
    } catch (SQLException e) {
      throw new CatalogException("The types of table " + relation.name() + " cannot be read", e);
    }
  }

  @Override
  public int originNumber(String originName) {
    try (Connection connection = connector.openOrdinary();
        PreparedStatement statement =
            connection.prepareStatement(
                "select roident::int4 from pg_catalog.pg_replication_origin where roname = ?")) {
      statement.setString(1, originName);
      try (ResultSet rows = statement.executeQuery()) {
        return rows.next() ? rows.getInt(1) : 0;
      }
    } catch (SQLException e) {
      throw new CatalogException("The replication origins cannot be read", e);
    }
  }

  private static ColumnDetails details(ResultSet row, int place) throws SQLException {
    int position = row.getInt("attnum"); // 0 if there is no such column any more
    return new ColumnDetails(
        row.getString("type"),
        row.getString("plain_type"),
        baseType(row),
        position == 0 ? place : position,
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
