package org.pgdeltastream.feed;

import java.io.IOException;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.pgdeltastream.change.Action;
import org.pgdeltastream.change.Begin;
import org.pgdeltastream.change.Commit;
import org.pgdeltastream.change.LogicalMessage;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.change.OldTupleKind;
import org.pgdeltastream.change.Relation;
import org.pgdeltastream.change.TableName;
import org.pgdeltastream.change.Tuple;
import org.pgdeltastream.filter.FilterIndex;
import org.pgdeltastream.filter.FilterIndex.Matches;
import org.pgdeltastream.filter.TableFilters;

/**
 * One way to write changes, and the views that want them so: each change is written once, and only
 * if a view wants it. Where views select rows, an update may be an insert or a delete for them.
 */
abstract class Encoding {
  private static final View[] NOBODY = {};

  private final List<View> views = new ArrayList<>();
  private final Map<Action, Map<TableName, View[]>> wanting = new EnumMap<>(Action.class);
  private final TableFilters<View> filters = new TableFilters<>();
  private final Tuple whole = new Tuple(); // a row that moved, with its large values
  private final Map<View, String> lost = new HashMap<>(); // of the open transaction

  /** The views that the open transaction concerns. */
  final List<View> touched = new ArrayList<>();

  final void add(View view) {
    views.add(view);
    wanting.clear();
    filters.add(view, view.options().rows());
  }

  final void remove(View view) {
    views.remove(view);
    wanting.clear();
    filters.remove(view, view.options().rows());
  }

  final boolean isEmpty() {
    return views.isEmpty();
  }

  /** Who wants such a change, whatever the row. */
  private View[] wanting(Action action, TableName table) {
    return wanting
        .computeIfAbsent(action, any -> new HashMap<>())
        .computeIfAbsent(table, any -> who(action, table));
  }

  private View[] who(Action action, TableName table) {
    View[] found =
        views.stream()
            .filter(view -> view.changes().wants(action, table))
            .filter(view -> action == Action.TRUNCATE || !view.options().rows().containsKey(table))
            .toArray(View[]::new);
    return found.length == 0 ? NOBODY : found;
  }

  /** Those that want it whatever the row, and those of these that want such changes. */
  private View[] wanting(Action action, TableName table, List<View> selected) {
    View[] all = wanting(action, table);
    return selected.isEmpty()
        ? all
        : Stream.concat(Stream.of(all), Stream.of(among(selected, action, table)))
            .toArray(View[]::new);
  }

  private static View[] among(List<View> selected, Action action, TableName table) {
    return selected.stream()
        .filter(view -> view.changes().wants(action, table))
        .toArray(View[]::new);
  }

  /** An inserted row, to who wants it. */
  final void inserted(Relation relation, Tuple row) throws IOException {
    Matches<View> found = filters.inserted(relation, row);
    lose(Action.INSERT, relation, found);
    View[] to = wanting(Action.INSERT, relation.name(), found.in());
    if (to.length > 0) {
      insert(to, relation, row, false);
    }
  }

  /** A deleted row, to who wants it. */
  final void deleted(Relation relation, OldTupleKind kind, Tuple row) throws IOException {
    Matches<View> found = filters.deleted(relation, kind, row);
    lose(Action.DELETE, relation, found);
    View[] to = wanting(Action.DELETE, relation.name(), found.out());
    if (to.length > 0) {
      delete(to, relation, kind, row, false);
    }
  }

  /** An updated row, to who wants it; it may have moved into what a view selects, or out. */
  final void updated(Relation relation, OldTupleKind kind, Tuple before, Tuple after)
      throws IOException {
    Matches<View> found = filters.updated(relation, kind, before, after);
    lose(Action.UPDATE, relation, found);
    TableName table = relation.name();
    movedIn(among(found.in(), Action.UPDATE, table), relation, kind, before, after);
    View[] out = among(found.out(), Action.UPDATE, table);
    if (out.length > 0) {
      delete(out, relation, kind, before, true);
    }
    View[] to = wanting(Action.UPDATE, table, found.same());
    if (to.length > 0) {
      update(to, relation, kind, before, after);
    }
  }

  private void movedIn(View[] in, Relation relation, OldTupleKind kind, Tuple before, Tuple after)
      throws IOException {
    if (in.length == 0) {
      return;
    }
    boolean isWhole = !after.hasUnchangedToast();
    if (!isWhole && kind != OldTupleKind.FULL) { // nothing has the large values
      List.of(in).forEach(view -> lost.put(view, FilterIndex.TOAST));
      return;
    }
    if (!isWhole) {
      whole.merge(after, before);
    }
    insert(in, relation, isWhole ? after : whole, true);
  }

  /** What the log does not say cannot be passed over. */
  private void lose(Action action, Relation relation, Matches<View> found) {
    for (Map.Entry<View, String> one : found.unsure().entrySet()) {
      if (one.getKey().changes().wants(action, relation.name())) {
        lost.put(one.getKey(), one.getValue());
      }
    }
  }

  /** A truncated table, to who wants it. */
  final void truncated(Relation relation) throws IOException {
    View[] to = wanting(Action.TRUNCATE, relation.name());
    if (to.length > 0) {
      truncate(to, relation);
    }
  }

  /**
   * Drops the open transaction, which ends, from the views that it cannot be told. Who follows them
   * is placed again.
   *
   * @return which, and why
   */
  final Map<View, String> dropLost() {
    if (lost.isEmpty()) {
      return Map.of();
    }
    Map<View, String> all = Map.copyOf(lost);
    lost.clear();
    touched.removeAll(all.keySet());
    for (View view : all.keySet()) {
      view.rollBack();
      view.forgetLogs();
    }
    return all;
  }

  private View[] wanting(LogicalMessage message) {
    return views.stream().filter(view -> view.changes().wants(message)).toArray(View[]::new);
  }

  /** A message of the open transaction, to who wants it. */
  final void inside(LogicalMessage message) throws IOException {
    View[] to = wanting(message);
    if (to.length > 0) {
      message(to, message);
    }
  }

  /** A message of its own, to who wants it; who has it is at that position. */
  final void alone(LogicalMessage message, Lsn position) throws IOException {
    View[] to = wanting(message);
    if (to.length > 0) {
      alone(to, message);
    }
    for (View view : to) {
      view.mark(position);
    }
  }

  /** A change is on its way to these views. */
  final void touch(View[] to) {
    for (View view : to) {
      if (view.touch()) {
        touched.add(view);
      }
    }
  }

  /** The open transaction will not end, and PostgreSQL describes all relations again. */
  final void rollBack() {
    touched.clear();
    lost.clear();
    wanting.clear();
    forgetRelations();
  }

  abstract void forgetRelations();

  /** Where the next piece of the plugin's output stands in the WAL. */
  void position(long lsn) {}

  abstract void begin(Begin begin) throws IOException;

  /** {@code moved}: an update moved the row into what the views select. */
  abstract void insert(View[] to, Relation relation, Tuple newTuple, boolean moved)
      throws IOException;

  abstract void update(
      View[] to, Relation relation, OldTupleKind oldKind, Tuple oldTuple, Tuple newTuple)
      throws IOException;

  /** {@code moved}: an update moved the row out of what the views select. */
  abstract void delete(
      View[] to, Relation relation, OldTupleKind oldKind, Tuple oldTuple, boolean moved)
      throws IOException;

  abstract void truncate(View[] to, Relation relation) throws IOException;

  /** A message of the open transaction. */
  abstract void message(View[] to, LogicalMessage message) throws IOException;

  /** A message of its own. */
  abstract void alone(View[] to, LogicalMessage message) throws IOException;

  abstract void commit(Commit commit) throws IOException;
}
