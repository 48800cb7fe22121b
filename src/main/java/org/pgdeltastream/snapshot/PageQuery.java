package org.pgdeltastream.snapshot;

import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.pgdeltastream.change.PageRequest.Order;
import org.pgdeltastream.change.TableName;

/**
 * The SQL for one page of a table. All names are the catalog's; no connection here, so quoting is
 * tested in microseconds.
 */
record PageQuery(
    TableName table, List<String> columns, List<Order> order, Ties ties, long offset, long limit) {

  /** What tells rows apart that are equal in the order's columns, so that pages do not overlap. */
  enum Ties {
    /** The order ends in a unique key. */
    NONE,
    /** Where the row lies: a snapshot's row versions do not move, unless the table is rewritten. */
    BY_POSITION
  }

  PageQuery {
    columns = List.copyOf(columns);
    order = List.copyOf(order);
    if (offset < 0 || limit < 0) {
      throw new IllegalArgumentException("Negative offset " + offset + " or limit " + limit);
    }
    if (order.isEmpty() && ties == Ties.NONE) {
      throw new IllegalArgumentException("A page needs an order");
    }
  }

  String sql() {
    return "copy (select %s from %s order by %s limit %s offset %s) to stdout"
        .formatted(
            columns.stream().map(TableName::quote).collect(Collectors.joining(", ")),
            table.quoted(),
            Stream.concat(order.stream().map(PageQuery::term), position())
                .collect(Collectors.joining(", ")),
            Long.toString(limit), // not %d: its digits are the locale's
            Long.toString(offset));
  }

  private Stream<String> position() {
    return switch (ties) {
      case NONE -> Stream.empty();
      case BY_POSITION -> Stream.of("tableoid", "ctid");
    };
  }

  private static String term(Order order) {
    String direction = order.ascending() ? " asc" : " desc";
    String nulls =
        order
            .nulls()
            .map(
                place ->
                    switch (place) {
                      case FIRST -> " nulls first";
                      case LAST -> " nulls last";
                    })
            .orElse("");
    return TableName.quote(order.column()) + direction + nulls;
  }
}
