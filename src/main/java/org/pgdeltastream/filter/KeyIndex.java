package org.pgdeltastream.filter;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.pgdeltastream.change.Relation;
import org.pgdeltastream.change.Tuple;
import org.pgdeltastream.change.ValueKind;

/** Filters by the values that one column must have. */
final class KeyIndex<V> {
  private final int slot;
  private final Map<Bytes, List<Entry<V>>> byValue = new HashMap<>();
  private final Set<Entry<V>> all = new LinkedHashSet<>();
  private final Bytes wanted = new Bytes(); // no object for each change

  KeyIndex(int slot) {
    this.slot = slot;
  }

  int slot() {
    return slot;
  }

  boolean isEmpty() {
    return all.isEmpty();
  }

  void add(Entry<V> entry) {
    all.add(entry);
    for (Constant constant : constants(entry)) {
      byValue.computeIfAbsent(bytes(constant), any -> new ArrayList<>(1)).add(entry);
    }
  }

  void remove(Entry<V> entry) {
    all.remove(entry);
    for (Constant constant : constants(entry)) {
      byValue.computeIfPresent(
          bytes(constant),
          (any, entries) -> {
            entries.remove(entry);
            return entries.isEmpty() ? null : entries;
          });
    }
  }

  /** How many filters these values find. */
  int load(RowFilter.Key key) {
    int sum = 0;
    for (Constant constant : constants(key)) {
      sum += byValue.getOrDefault(bytes(constant), List.of()).size();
    }
    return sum;
  }

  private static Bytes bytes(Constant constant) {
    return new Bytes().of(constant.bytes(), 0, constant.bytes().length);
  }

  private List<Constant> constants(Entry<V> entry) {
    RowFilter.Key key = entry.key();
    return key == null ? List.of() : constants(key);
  }

  private static List<Constant> constants(RowFilter.Key key) {
    return key.values().stream().map(value -> new Constant(key.column().values(), value)).toList();
  }

  /** Those that may select the row; all where its value is not known. */
  Collection<Entry<V>> find(Row row) {
    Tuple holder = row.holder(slot);
    if (holder == null) {
      return all;
    }
    int column = row.column(slot);
    if (holder.kind(column) == ValueKind.NULL) {
      return List.of();
    }
    List<Entry<V>> found =
        byValue.get(wanted.of(holder.bytes(), holder.start(column), holder.length(column)));
    return found == null ? List.of() : found;
  }

  /** Bytes as a key; those of the map are never changed. */
  private static final class Bytes {
    private byte[] source = {};
    private int start;
    private int end;
    private int hash;

    Bytes of(byte[] bytes, int from, int length) {
      source = bytes;
      start = from;
      end = from + length;
      int sum = 1;
      for (int i = from; i < end; i++) {
        sum = 31 * sum + bytes[i];
      }
      hash = sum;
      return this;
    }

    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof Bytes bytes
          && Arrays.equals(source, start, end, bytes.source, bytes.start, bytes.end);
    }

    @Override
    public int hashCode() {
      return hash;
    }
  }

  /** A filter, and what finds it. */
  static final class Entry<V> {
    private final V view;
    private final Predicate predicate;
    private final RowFilter.@Nullable Key key;
    private final RowFilter filter;
    private @Nullable Relation checked;
    private boolean showsKeys;
    private long lookedAt;

    Entry(V view, RowFilter filter, RowFilter.@Nullable Key key, Slots slots) {
      this.view = view;
      this.filter = filter;
      this.predicate = filter.predicate(slots);
      this.key = key;
    }

    V view() {
      return view;
    }

    Predicate predicate() {
      return predicate;
    }

    RowFilter.@Nullable Key key() {
      return key;
    }

    /** Whether it may be shown which row it was. */
    @SuppressWarnings("ReferenceEquality") // the same description, not an equal one
    boolean showsKeys(Relation relation) {
      if (checked != relation) {
        checked = relation;
        showsKeys = filter.showsKeys(relation);
      }
      return showsKeys;
    }

    /** Whether it was not looked at for this change yet. */
    boolean isFirst(long change) {
      boolean first = lookedAt != change;
      lookedAt = change;
      return first;
    }
  }
}
