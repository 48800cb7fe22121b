package org.pgdeltastream.change;

import java.util.List;
import java.util.Optional;

/**
 * Which slice of a table a client asks for, as the client wrote it: not yet checked against the
 * catalog.
 *
 * @param table as written in SQL ({@code users}, {@code sales.users}, {@code "Mixed Case"."a.b"}),
 *     or with a schema exactly the table's name
 * @param schema exactly the schema's name
 * @param columns exact names; empty means all
 * @param numbers how they are written
 * @param rows conditions that all rows meet, as of a feed's filters; empty means all rows
 * @param after the cursor that came with the page before; then there is no offset and no order
 */
public record PageRequest(
    String table,
    Optional<String> schema,
    long offset,
    int limit,
    List<Order> orderBy,
    List<String> columns,
    Numbers numbers,
    List<String> rows,
    Optional<String> after) {
  public PageRequest {
    orderBy = List.copyOf(orderBy);
    columns = List.copyOf(columns);
    rows = List.copyOf(rows);
  }

  public PageRequest(
      String table,
      Optional<String> schema,
      long offset,
      int limit,
      List<Order> orderBy,
      List<String> columns) {
    this(table, schema, offset, limit, orderBy, columns, Optional.empty());
  }

  public PageRequest(
      String table,
      Optional<String> schema,
      long offset,
      int limit,
      List<Order> orderBy,
      List<String> columns,
      Optional<String> after) {
    this(table, schema, offset, limit, orderBy, columns, Numbers.AS_NUMBERS, List.of(), after);
  }

  /** One column of the order; {@code nulls} is absent where PostgreSQL's default is meant. */
  public record Order(String column, boolean ascending, Optional<Nulls> nulls) {}

  public enum Nulls {
    FIRST,
    LAST
  }
}
