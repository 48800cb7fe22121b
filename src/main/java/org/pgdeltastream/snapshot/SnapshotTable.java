package org.pgdeltastream.snapshot;

import static org.pgdeltastream.snapshot.TableReference.folded;
import static org.pgdeltastream.snapshot.TableReference.printable;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import org.pgdeltastream.change.Column;
import org.pgdeltastream.change.PageRequest;
import org.pgdeltastream.change.PageRequest.Order;
import org.pgdeltastream.change.Problem;
import org.pgdeltastream.change.ProblemException;
import org.pgdeltastream.change.TableName;

/** A table as the catalog shows it under the snapshot; its columns in the table's order. */
record SnapshotTable(
    long oid, TableName name, Shape shape, Access access, List<Attribute> attributes) {
  enum Shape {
    PLAIN,
    PARTITIONED,
    /** Its primary key says nothing about the rows of the tables that inherit from it. */
    INHERITED
  }

  /** What this server's user may read of it. */
  enum Access {
    WHOLE,
    /** Only columns that were granted one by one; then rows' positions are hidden. */
    SOME_COLUMNS
  }

  /**
   * A column.
   *
   * @param number as in pg_attribute
   * @param keyPlace where it stands in the primary key, if it does
   */
  record Attribute(Column column, int number, OptionalInt keyPlace) {
    String name() {
      return column.name();
    }
  }

  SnapshotTable {
    attributes = List.copyOf(attributes);
  }

  /** The columns of these names, in this order; all if none is named. */
  List<Attribute> selected(List<String> names) {
    if (names.isEmpty()) {
      return attributes;
    }
    List<Attribute> selected = new ArrayList<>();
    for (String wanted : names) {
      Attribute found = find(wanted);
      if (selected.contains(found)) {
        throw new ProblemException(
            Problem.BAD_REQUEST,
            "Column " + printable(wanted) + " is named twice",
            "Name each column once");
      }
      selected.add(found);
    }
    return selected;
  }

  /**
   * The query for a page.
   *
   * @param after where the page begins, if the client goes on from a page before
   */
  PageQuery query(PageRequest request, Optional<Cursors.Place> after) {
    List<Order> order = order(request, after);
    return new PageQuery(
        name,
        selected(request.columns()).stream().map(Attribute::name).toList(),
        order,
        hasUniqueKey() ? PageQuery.Ties.NONE : PageQuery.Ties.BY_POSITION,
        request.offset(),
        request.limit(),
        keyset(order, after));
  }

  boolean hasCursors() {
    return hasUniqueKey() && access == Access.WHOLE;
  }

  /** The names of the primary key's columns in its order. */
  List<String> keyColumns() {
    return key().stream().map(Attribute::name).toList();
  }

  private List<Order> order(PageRequest request, Optional<Cursors.Place> after) {
    List<Order> order = new ArrayList<>();
    for (Order wanted : request.orderBy()) {
      Attribute column = find(wanted.column());
      Optional<PageRequest.Nulls> nulls = // a key has none, and its index knows no other place
          column.keyPlace().isPresent() ? Optional.empty() : wanted.nulls();
      order.add(new Order(column.name(), wanted.ascending(), nulls));
    }
    Set<String> ordered = new HashSet<>();
    order.removeIf(term -> !ordered.add(term.column()));
    boolean ascending = after.map(Cursors.Place::ascending).orElse(true);
    for (String part : keyColumns()) {
      if (ordered.add(part)) {
        order.add(new Order(part, ascending, Optional.empty()));
      }
    }
    return order;
  }

  /** Present where the order is the key's, all of it upwards or all of it downwards. */
  private Optional<Keyset> keyset(List<Order> order, Optional<Cursors.Place> after) {
    boolean ofKey = order.stream().map(Order::column).toList().equals(keyColumns());
    if (!hasCursors() || !ofKey || order.stream().map(Order::ascending).distinct().count() > 1) {
      return Optional.empty();
    }
    return Optional.of(
        new Keyset(keyColumns(), order.get(0).ascending(), after.map(Cursors.Place::position)));
  }

  private boolean hasUniqueKey() {
    return shape != Shape.INHERITED && !key().isEmpty();
  }

  private List<Attribute> key() {
    return attributes.stream()
        .filter(attribute -> attribute.keyPlace().isPresent())
        .sorted(Comparator.comparingInt(attribute -> attribute.keyPlace().orElseThrow()))
        .toList();
  }

  private Attribute find(String wanted) {
    return named(wanted)
        .or(() -> named(folded(wanted)))
        .orElseThrow(
            () ->
                new ProblemException(
                    Problem.COLUMN_NOT_FOUND,
                    "Table " + printable(name.toString()) + " has no column " + printable(wanted),
                    "Name a column exactly, or in lower case"));
  }

  private Optional<Attribute> named(String exact) {
    return attributes.stream().filter(attribute -> attribute.name().equals(exact)).findFirst();
  }
}
