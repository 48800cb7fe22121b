package org.pgdeltastream.snapshot.table;

import java.util.Optional;
import org.pgdeltastream.change.PageRequest.Nulls;
import org.pgdeltastream.change.PageRequest.Order;
import org.pgdeltastream.change.TableName;
import org.pgdeltastream.snapshot.table.SnapshotTable.Attribute;

/** One column of a page's order; {@code nulls} says nothing where the column has none. */
record Term(Attribute attribute, boolean ascending, Nulls nulls) {
  /** PostgreSQL puts nulls behind everything, whichever direction that is. */
  static Term of(Attribute attribute, boolean ascending, Optional<Nulls> nulls) {
    return new Term(attribute, ascending, nulls.orElse(ascending ? Nulls.LAST : Nulls.FIRST));
  }

  /** Leaves out nulls where there are none: a key's index knows no other order. */
  Order order() {
    return new Order(
        attribute.name(), ascending, nullable() ? Optional.of(nulls) : Optional.empty());
  }

  int number() {
    return attribute.number();
  }

  boolean nullable() {
    return attribute.nullable();
  }

  String quoted() {
    return TableName.quote(attribute.name());
  }

  /** The condition for a null column; a composite of nulls is not null. */
  String isNull() {
    return quoted() + " is not distinct from null";
  }
}
