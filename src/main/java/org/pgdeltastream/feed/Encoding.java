package org.pgdeltastream.feed;

import java.io.IOException;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.pgdeltastream.change.Action;
import org.pgdeltastream.change.Begin;
import org.pgdeltastream.change.Commit;
import org.pgdeltastream.change.LogicalMessage;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.change.OldTupleKind;
import org.pgdeltastream.change.Relation;
import org.pgdeltastream.change.TableName;
import org.pgdeltastream.change.Tuple;

/**
 * One way to write changes, and the views that want them so: each change is written once, and only
 * if a view wants it.
 */
abstract class Encoding {
  private static final View[] NOBODY = {};

  private final List<View> views = new ArrayList<>();
  private final Map<Action, Map<TableName, View[]>> wanting = new EnumMap<>(Action.class);

  /** The views that the open transaction concerns. */
  final List<View> touched = new ArrayList<>();

  final void add(View view) {
    views.add(view);
    wanting.clear();
  }

  final void remove(View view) {
    views.remove(view);
    wanting.clear();
  }

  final boolean isEmpty() {
    return views.isEmpty();
  }

  /** Who wants such a change. */
  final View[] wanting(Action action, TableName table) {
    return wanting
        .computeIfAbsent(action, any -> new HashMap<>())
        .computeIfAbsent(table, any -> who(action, table));
  }

  private View[] who(Action action, TableName table) {
    View[] found =
        views.stream()
            .filter(view -> view.changes().actions().contains(action))
            .filter(view -> view.changes().wants(table))
            .toArray(View[]::new);
    return found.length == 0 ? NOBODY : found;
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
    wanting.clear();
    forgetRelations();
  }

  abstract void forgetRelations();

  /** Where the next piece of the plugin's output stands in the WAL. */
  void position(long lsn) {}

  abstract void begin(Begin begin) throws IOException;

  abstract void insert(View[] to, Relation relation, Tuple newTuple) throws IOException;

  abstract void update(
      View[] to, Relation relation, OldTupleKind oldKind, Tuple oldTuple, Tuple newTuple)
      throws IOException;

  abstract void delete(View[] to, Relation relation, OldTupleKind oldKind, Tuple oldTuple)
      throws IOException;

  abstract void truncate(View[] to, Relation relation) throws IOException;

  /** A message of the open transaction. */
  abstract void message(View[] to, LogicalMessage message) throws IOException;

  /** A message of its own. */
  abstract void alone(View[] to, LogicalMessage message) throws IOException;

  abstract void commit(Commit commit) throws IOException;
}
