package org.pgdeltastream.filter;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.pgdeltastream.change.OldTupleKind;
import org.pgdeltastream.change.Relation;
import org.pgdeltastream.change.TableName;
import org.pgdeltastream.change.Tuple;
import org.pgdeltastream.filter.FilterIndex.Matches;

/**
 * The filters on any number of tables. Not for two threads.
 *
 * @param <V> whose filters they are
 */
public final class TableFilters<V> {
  private final Map<TableName, FilterIndex<V>> indexes = new HashMap<>();
  private final Matches<V> nobody = new Matches<>(List.of(), List.of(), List.of(), Map.of());

  public void add(V view, Map<TableName, RowFilter> rows) {
    rows.forEach(
        (table, filter) ->
            indexes.computeIfAbsent(table, any -> new FilterIndex<>()).add(view, filter));
  }

  public void remove(V view, Map<TableName, RowFilter> rows) {
    for (TableName table : rows.keySet()) {
      indexes.computeIfPresent(
          table,
          (any, index) -> {
            index.remove(view);
            return index.isEmpty() ? null : index;
          });
    }
  }

  /** Whose selection a new row is in. Valid until the next call, as is what the others return. */
  public Matches<V> inserted(Relation relation, Tuple newTuple) {
    FilterIndex<V> index = indexes.get(relation.name());
    return index == null ? nobody : index.inserted(relation, newTuple);
  }

  /** Whose selection a row was in. */
  public Matches<V> deleted(Relation relation, OldTupleKind kind, Tuple oldTuple) {
    FilterIndex<V> index = indexes.get(relation.name());
    return index == null ? nobody : index.deleted(relation, kind, oldTuple);
  }

  /** Whose selection a row was in, is in, or both. */
  public Matches<V> updated(Relation relation, OldTupleKind kind, Tuple before, Tuple after) {
    FilterIndex<V> index = indexes.get(relation.name());
    return index == null ? nobody : index.updated(relation, kind, before, after);
  }
}
