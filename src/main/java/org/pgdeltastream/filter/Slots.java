package org.pgdeltastream.filter;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.pgdeltastream.change.Column;
import org.pgdeltastream.change.Relation;
import org.pgdeltastream.change.ReplicaIdentity;

/** Where the columns that a table's filters name are in its row versions. */
final class Slots {
  private static final int NONE = -1;

  private final List<FilterColumn> columns = new ArrayList<>();
  private int[] indexes = {};
  private boolean[] keys = {};
  private @Nullable Relation bound;

  /** The column's number here. */
  int of(FilterColumn column) {
    int slot = columns.indexOf(column);
    if (slot < 0) {
      slot = columns.size();
      columns.add(column);
      bound = null;
    }
    return slot;
  }

  /** What follows is in rows of this. */
  @SuppressWarnings("ReferenceEquality") // the same description, not an equal one
  void bind(Relation relation) {
    if (bound == relation) {
      return;
    }
    bound = relation;
    indexes = new int[columns.size()];
    keys = new boolean[columns.size()];
    Arrays.fill(indexes, NONE);
    List<Column> all = relation.columns();
    for (int slot = 0; slot < indexes.length; slot++) {
      for (int i = 0; i < all.size(); i++) {
        if (is(columns.get(slot), all.get(i))) {
          indexes[slot] = i;
          // else each old row is whole, or is that of a partition with another identity
          keys[slot] = all.get(i).key() && relation.replicaIdentity() != ReplicaIdentity.FULL;
        }
      }
    }
  }

  /** The type may have become another that is compared alike. */
  private static boolean is(FilterColumn wanted, Column column) {
    ValueClass here = ValueClass.of(column.typeOid());
    return wanted.name().equals(column.name())
        && (wanted.typeOid() == column.typeOid()
            || wanted.values() == ValueClass.OTHER
            || (here == wanted.values() && here != ValueClass.EXACT && here != ValueClass.OTHER)
            || (wanted.values().isText() && ValueClass.isText(column.typeOid())));
  }

  /** Its place in a row, negative if the table has it no more. */
  int index(int slot) {
    return indexes[slot];
  }

  /** Whether an old row that is not whole has it: as part of the replica identity. */
  boolean isKey(int slot) {
    return keys[slot];
  }
}
