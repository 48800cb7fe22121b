package org.pgdeltastream.filter;

import org.jspecify.annotations.Nullable;
import org.pgdeltastream.change.Tuple;
import org.pgdeltastream.change.ValueKind;

/**
 * A row version of which not all is known: the log has of an old row what the replica identity
 * says, and not the large values that an UPDATE left as they were.
 */
final class Row {
  /**
   * Why a filter cannot be decided: the table was altered, or its replica identity is too small.
   */
  static final String ALTERED = "view";

  static final String IDENTITY = "identity";

  /** A large value was not sent. */
  static final String TOAST = FilterIndex.TOAST;

  private final Slots slots;
  private @Nullable Tuple tuple;
  private @Nullable Tuple older; // has what an UPDATE left as it was
  private boolean onlyKeys;
  private @Nullable String missing;

  Row(Slots slots) {
    this.slots = slots;
  }

  /** A whole row version. */
  Row of(Tuple values, @Nullable Tuple unchanged) {
    tuple = values;
    older = unchanged;
    onlyKeys = false;
    missing = null;
    return this;
  }

  /** One of which only the columns of the replica identity are known. */
  Row ofKeys(Tuple values) {
    of(values, null);
    onlyKeys = true;
    return this;
  }

  /** Why a value was not found since the row was given; null if all were. */
  @Nullable String missing() {
    return missing;
  }

  void forgetMissing() {
    missing = null;
  }

  /** Where a column's value is, if it is known. */
  @Nullable Tuple holder(int slot) {
    int column = slots.index(slot);
    Tuple values = tuple;
    if (values == null || column < 0 || column >= values.size()) {
      missing = ALTERED;
      return null;
    }
    if (onlyKeys && (!slots.isKey(slot) || values.kind(column) == ValueKind.NULL)) {
      missing = IDENTITY; // a key is never null; a partition's own identity has others
      return null;
    }
    if (values.kind(column) == ValueKind.UNCHANGED_TOAST) {
      values = older;
      if (values == null || values.kind(column) == ValueKind.UNCHANGED_TOAST) {
        missing = TOAST;
        return null;
      }
    }
    return values;
  }

  int column(int slot) {
    return slots.index(slot);
  }
}
