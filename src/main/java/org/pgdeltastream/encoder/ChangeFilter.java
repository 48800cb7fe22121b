package org.pgdeltastream.encoder;

import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.pgdeltastream.change.Action;
import org.pgdeltastream.change.Begin;
import org.pgdeltastream.change.Catalog;
import org.pgdeltastream.change.ChangeListener;
import org.pgdeltastream.change.ChangeTally;
import org.pgdeltastream.change.Commit;
import org.pgdeltastream.change.LogicalMessage;
import org.pgdeltastream.change.OldTupleKind;
import org.pgdeltastream.change.Relation;
import org.pgdeltastream.change.TruncateOptions;
import org.pgdeltastream.change.Tuple;
import org.pgdeltastream.change.option.ChangeOptions;

/**
 * Passes on what the client wants. A transaction without wanted changes is not passed on; the
 * position still moves, because an idle slot's empty transactions report it.
 */
public final class ChangeFilter implements ChangeListener {
  private final ChangeOptions options;
  private final OriginNumbers origins;
  private final ChangeListener next;
  private final ChangeTally tally;
  private @Nullable Begin held;
  private boolean foreign;
  private boolean begun;
  private @Nullable Relation last;
  private boolean lastIsWanted;

  public ChangeFilter(
      ChangeOptions options, Catalog catalog, ChangeListener next, ChangeTally tally) {
    this.options = options;
    this.origins = new OriginNumbers(catalog);
    this.next = next;
    this.tally = tally;
  }

  @Override
  public void begin(Begin begin) {
    held = begin;
    begun = false;
    foreign =
        !options.originNumbers().isEmpty()
            && options.originNumbers().contains(origins.number(begin));
  }

  @Override
  public void insert(Relation relation, Tuple newTuple) throws IOException {
    if (wants(Action.INSERT, relation)) {
      beginOnce();
      next.insert(relation, newTuple);
    }
  }

  @Override
  public void update(Relation relation, OldTupleKind oldKind, Tuple oldTuple, Tuple newTuple)
      throws IOException {
    if (wants(Action.UPDATE, relation)) {
      beginOnce();
      next.update(relation, oldKind, oldTuple, newTuple);
    }
  }

  @Override
  public void delete(Relation relation, OldTupleKind oldKind, Tuple oldTuple) throws IOException {
    if (wants(Action.DELETE, relation)) {
      beginOnce();
      next.delete(relation, oldKind, oldTuple);
    }
  }

  @Override
  public void truncate(List<Relation> relations, TruncateOptions how) throws IOException {
    List<Relation> wanted =
        relations.stream().filter(relation -> wants(Action.TRUNCATE, relation)).toList();
    if (!wanted.isEmpty()) {
      beginOnce();
      next.truncate(wanted, how);
    }
  }

  @Override
  public void message(LogicalMessage message) throws IOException {
    if (!options.wants(message) || (message.transactional() && foreign)) {
      if (!message.isHeartbeat()) {
        tally.filtered();
      }
      return;
    }
    if (message.transactional()) {
      beginOnce();
    }
    tally.message();
    next.message(message);
  }

  @Override
  public void commit(Commit commit) throws IOException {
    held = null;
    if (begun) {
      begun = false;
      next.commit(commit);
    }
  }

  private void beginOnce() throws IOException {
    Begin begin = held;
    if (begin != null) {
      held = null;
      begun = true;
      next.begin(begin);
    }
  }

  private boolean wants(Action action, Relation relation) {
    boolean wanted = isWanted(action, relation);
    if (wanted) {
      tally.change(action);
    } else {
      tally.filtered();
    }
    return wanted;
  }

  @SuppressWarnings("ReferenceEquality") // the same description, not an equal one
  private boolean isWanted(Action action, Relation relation) {
    if (foreign || !options.actions().contains(action)) {
      return false;
    }
    if (relation != last) {
      last = relation;
      lastIsWanted = options.wants(relation.name());
    }
    return lastIsWanted;
  }
}
