package org.pgdeltastream.replication.publication;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.pgdeltastream.change.TableName;
import org.pgdeltastream.filter.Condition;
import org.pgdeltastream.filter.RowFilter;
import org.pgdeltastream.filter.catalog.FilterColumns;
import org.pgdeltastream.filter.catalog.FilterReader;
import org.pgdeltastream.replication.connection.ReplicationConnector;

/** Asks PostgreSQL about tables whose rows are selected, as they are now. */
public final class FilterCatalog {
  private final ReplicationConnector connector;

  public FilterCatalog(ReplicationConnector connector) {
    this.connector = connector;
  }

  public FilterColumns columns(TableName table) throws SQLException {
    return connector.ask(connection -> FilterColumns.read(connection, table));
  }

  /**
   * As {@link FilterReader#filter} does it.
   *
   * @param hidesValues whether no constant may stand in a refusal
   */
  public RowFilter filter(
      TableName table, Condition condition, FilterColumns columns, boolean hidesValues)
      throws SQLException {
    return connector.ask(
        connection -> new FilterReader(connection, table, columns, hidesValues).filter(condition));
  }

  /**
   * What PostgreSQL says of some conditions for a table's row; empty if there is none. All are SQL.
   * It may have to look at the whole table, so it is asked on a connection of its own, for a short
   * time.
   */
  public Optional<List<@Nullable String>> decided(
      TableName table, String row, List<String> conditions) throws SQLException {
    String sql =
        conditions.stream()
            .map(one -> "cast(" + one + " as text)")
            .collect(Collectors.joining(", ", "select ", " from "));
    String whole = sql + table.quoted() + " where " + row + " limit 1";
    try (Connection connection = connector.openOrdinary();
        Statement limit = connection.createStatement()) {
      limit.execute("set statement_timeout = '5s'");
      try (PreparedStatement statement = connection.prepareStatement(whole)) {
        return row(statement, conditions.size());
      }
    }
  }

  private static Optional<List<@Nullable String>> row(PreparedStatement statement, int size)
      throws SQLException {
    try (ResultSet rows = statement.executeQuery()) {
      if (!rows.next()) {
        return Optional.empty();
      }
      List<@Nullable String> found = new ArrayList<>();
      for (int i = 1; i <= size; i++) {
        found.add(rows.getString(i)); // null: unknown
      }
      return Optional.of(found);
    }
  }
}
