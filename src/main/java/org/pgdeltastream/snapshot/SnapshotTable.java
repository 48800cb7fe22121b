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
record SnapshotTable(long oid, TableName name, Shape shape, List<Attribute> attributes) {
  enum Shape {
    PLAIN,
    PARTITIONED,
    /** Its primary key says nothing about the rows of the tables that inherit from it. */
    INHERITED
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

  /** The columns that the request names, in its order, or all. */
  List<Attribute> selected(PageRequest request) {
    if (request.columns().isEmpty()) {
      return attributes;
    }
    List<Attribute> selected = new ArrayList<>();
    for (String wanted : request.columns()) {
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

  PageQuery query(PageRequest request) {
    List<Order> order = new ArrayList<>();
    for (Order wanted : request.orderBy()) {
      order.add(new Order(find(wanted.column()).name(), wanted.ascending(), wanted.nulls()));
    }
    Set<String> ordered = new HashSet<>();
    order.removeIf(term -> !ordered.add(term.column()));
    List<Attribute> key = key();
    for (Attribute part : key) {
      if (ordered.add(part.name())) {
        order.add(new Order(part.name(), true, Optional.empty()));
      }
    }
    boolean unique = !key.isEmpty() && shape != Shape.INHERITED;
    return new PageQuery(
        name,
        selected(request).stream().map(Attribute::name).toList(),
        order,
        unique ? PageQuery.Ties.NONE : PageQuery.Ties.BY_POSITION,
        request.offset(),
        request.limit());
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
