package org.pgdeltastream.replication;

import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.pgdeltastream.change.Catalog;
import org.pgdeltastream.change.Column;
import org.pgdeltastream.change.Relation;

/** Asks PostgreSQL for what pgoutput does not say, on a connection of its own. */
public final class PostgresCatalog implements Catalog {
  private final ReplicationConnector connector;

  public PostgresCatalog(ReplicationConnector connector) {
    this.connector = connector;
  }

  @Override
  public List<String> typeNames(Relation relation) {
    String sql =
        "select pg_catalog.format_type(t.oid, t.modifier)"
            + " from unnest(?::text[]::oid[], ?::text[]::int4[])"
            + " with ordinality as t(oid, modifier, place) order by t.place";
    try (Connection connection = connector.openOrdinary();
        PreparedStatement statement = connection.prepareStatement(sql)) {
      statement.setArray(
          1, array(connection, relation, c -> Integer.toUnsignedString(c.typeOid())));
      statement.setArray(2, array(connection, relation, c -> Integer.toString(c.typeModifier())));
      try (ResultSet rows = statement.executeQuery()) {
        List<String> names = new ArrayList<>();
        while (rows.next()) {
          names.add(rows.getString(1));
        }
        return names;
      }
    } catch (SQLException e) {
      throw new CatalogException("The types of table " + relation.name() + " cannot be read", e);
    }
  }

  private static Array array(
      Connection connection, Relation relation, Function<Column, String> number)
      throws SQLException {
    return connection.createArrayOf("text", relation.columns().stream().map(number).toArray());
  }

  /** The catalog could not be asked; the cause is an SQLException. */
  public static final class CatalogException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    CatalogException(String message, SQLException cause) {
      super(message, cause);
    }
  }
}
