package org.pgdeltastream.feed;

import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import org.pgdeltastream.change.Begin;
import org.pgdeltastream.change.Catalog;
import org.pgdeltastream.change.Commit;
import org.pgdeltastream.change.LogicalMessage;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.change.MessageOutput;
import org.pgdeltastream.change.OldTupleKind;
import org.pgdeltastream.change.Relation;
import org.pgdeltastream.change.TruncateOptions;
import org.pgdeltastream.change.Tuple;
import org.pgdeltastream.change.option.ChangeOptions;
import org.pgdeltastream.encoder.ActionEncoder;

/** A message is a change, or the begin or end of a transaction: the same for all views. */
final class ActionEncoding extends Encoding implements MessageOutput {
  private static final View[] NOBODY = {};
  private static final byte[] NOTHING = {};
  private static final TruncateOptions PLAIN = new TruncateOptions(false, false);

  private final ActionEncoder encoder;
  private View[] to = NOBODY;
  private byte[] opening = NOTHING; // what a transaction's begin says
  private boolean opens;

  ActionEncoding(ChangeOptions options, Catalog catalog) {
    this.encoder = new ActionEncoder(options, catalog, this);
  }

  @Override
  void position(long lsn) {
    encoder.position(lsn);
  }

  @Override
  void forgetRelations() {
    encoder.forgetRelations();
  }

  @Override
  void begin(Begin begin) throws IOException {
    opening = NOTHING;
    opens = true;
    encoder.begin(begin);
    opens = false;
  }

  private void start(View[] wanting) {
    for (View view : wanting) {
      if (view.touch()) {
        touched.add(view);
        if (opening.length > 0) {
          view.last(opening, 0, opening.length, Lsn.NONE);
        }
      }
    }
    to = wanting;
  }

  @Override
  void insert(View[] wanting, Relation relation, Tuple newTuple, boolean moved) throws IOException {
    start(wanting);
    encoder.insert(relation, newTuple, moved);
  }

  @Override
  void update(
      View[] wanting, Relation relation, OldTupleKind oldKind, Tuple oldTuple, Tuple newTuple)
      throws IOException {
    start(wanting);
    encoder.update(relation, oldKind, oldTuple, newTuple);
  }

  @Override
  void delete(
      View[] wanting, Relation relation, OldTupleKind oldKind, Tuple oldTuple, boolean moved)
      throws IOException {
    start(wanting);
    encoder.delete(relation, oldKind, oldTuple, moved);
  }

  @Override
  void truncate(View[] wanting, Relation relation) throws IOException {
    start(wanting);
    encoder.truncate(List.of(relation), PLAIN);
  }

  @Override
  void message(View[] wanting, LogicalMessage message) throws IOException {
    start(wanting);
    encoder.message(message);
  }

  @Override
  void alone(View[] wanting, LogicalMessage message) throws IOException {
    to = wanting;
    encoder.message(message);
  }

  @Override
  void commit(Commit commit) throws IOException {
    if (!touched.isEmpty()) {
      to = touched.toArray(NOBODY);
      encoder.commit(commit);
      for (View view : touched) {
        view.endMessage(commit.endLsn());
      }
      touched.clear();
    }
  }

  @Override
  public void begin(Lsn earliestEnd) {}

  @Override
  public void part(byte[] bytes, int start, int length) {
    for (View view : to) {
      view.part(bytes, start, length);
    }
  }

  @Override
  public void last(byte[] bytes, int start, int length, Lsn endLsn) {
    if (opens) {
      opening = Arrays.copyOfRange(bytes, start, start + length);
      return;
    }
    for (View view : to) {
      view.last(bytes, start, length, endLsn);
    }
  }
}
