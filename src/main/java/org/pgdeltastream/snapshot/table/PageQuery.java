package org.pgdeltastream.snapshot.table;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.pgdeltastream.change.PageRequest.Order;
import org.pgdeltastream.change.TableName;

/**
 * The SQL for one page of a table. All names and the condition of its rows are the catalog's; no
 * connection here, so quoting is tested in microseconds. If a next page can follow, the query reads
 * one row more than the page holds, and each row's position behind its values.
 */
public record PageQuery(
    String table,
    Optional<String> rows,
    List<String> columns,
    List<Order> order,
    Ties ties,
    long offset,
    long limit,
    Optional<Keyset> keyset) {

  /** How rows are ordered that are equal in the order's columns, so that pages do not overlap. */
  enum Ties {
    /** The order ends in a unique key. */
    NONE,
    /** Where the row lies: a snapshot's row versions do not move, unless the table is rewritten. */
    BY_POSITION
  }

  public PageQuery {
    columns = List.copyOf(columns);
    order = List.copyOf(order);
    if (offset < 0 || limit < 0) {
      throw new IllegalArgumentException("Negative offset " + offset + " or limit " + limit);
    }
    if (order.isEmpty() && ties == Ties.NONE) {
      throw new IllegalArgumentException("A page needs an order");
    }
  }

  public String sql() {
    return "copy (select %s from %s%s order by %s limit %s offset %s) to stdout"
        .formatted(
            String.join(", ", selected()),
            table,
            where(),
            Stream.concat(order.stream().map(PageQuery::term), position())
                .collect(Collectors.joining(", ")),
            Long.toString(keyset.isPresent() ? limit + 1 : limit), // not %d: locale's digits
            Long.toString(offset));
  }

  private String where() {
    Optional<String> behind = keyset.flatMap(wanted -> wanted.condition(table));
    if (rows.isEmpty()) {
      return behind.map(" where "::concat).orElse("");
    }
    return " where (" + rows.get() + ")" + behind.map(" and (%s)"::formatted).orElse("");
  }

  private List<String> selected() {
    List<String> selected = new ArrayList<>(quoted(columns));
    keyset.ifPresent(wanted -> selected.addAll(wanted.marks()));
    return selected;
  }

  private Stream<String> position() {
    return switch (ties) {
      case NONE -> Stream.empty();
      case BY_POSITION -> Stream.of("tableoid", "ctid");
    };
  }

  private static List<String> quoted(List<String> names) {
    return names.stream().map(TableName::quote).toList();
  }

  private static String term(Order order) {
    String direction = order.ascending() ? " asc" : " desc";
    String nulls =
        order
            .nulls()
            .map(
                choice ->
                    switch (choice) {
                      case FIRST -> " nulls first";
                      case LAST -> " nulls last";
                    })
            .orElse("");
    return TableName.quote(order.column()) + direction + nulls;
  }
}
