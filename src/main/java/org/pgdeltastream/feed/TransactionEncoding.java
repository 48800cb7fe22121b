package org.pgdeltastream.feed;

import java.io.IOException;
import org.pgdeltastream.change.Begin;
import org.pgdeltastream.change.Catalog;
import org.pgdeltastream.change.Commit;
import org.pgdeltastream.change.LogicalMessage;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.change.OldTupleKind;
import org.pgdeltastream.change.Relation;
import org.pgdeltastream.change.Tuple;
import org.pgdeltastream.change.option.ChangeOptions;
import org.pgdeltastream.encoder.ChangeText;
import org.pgdeltastream.encoder.Head;
import org.pgdeltastream.encoder.JsonBuffer;

/** A message is a transaction: each view puts the changes into an envelope of its own. */
final class TransactionEncoding extends Encoding {
  private static final Begin NONE = new Begin(Lsn.NONE, 0, 0);
  private static final View[] NOBODY = {};

  private final ChangeText changes;
  private final Head head;
  private final Head noHead;
  private final Envelopes envelopes;
  private final JsonBuffer text = new JsonBuffer(full -> hand());
  private Begin begin = NONE;
  private View[] to = NOBODY;

  TransactionEncoding(ChangeOptions options, Catalog catalog, Envelopes envelopes) {
    this.changes = new ChangeText(options, catalog);
    this.head = new Head(options, catalog);
    this.noHead = new Head(ChangeOptions.usual(), catalog);
    this.envelopes = envelopes;
  }

  @Override
  void forgetRelations() {
    changes.forgetRelations();
  }

  @Override
  void begin(Begin next) {
    begin = next;
    changes.begin(next);
  }

  private void start(View[] wanting, Head said) throws IOException {
    to = wanting;
    text.reset();
    for (View view : wanting) {
      view.startChange(envelopes, said, begin);
    }
  }

  private void startChange(View[] wanting) throws IOException {
    touch(wanting);
    start(wanting, head);
  }

  /** A long change leaves in pieces. */
  private void hand() throws IOException {
    for (View view : to) {
      view.change(text.bytes(), text.start(), text.length());
    }
    text.reset();
  }

  private void endChange() throws IOException {
    hand();
    for (View view : to) {
      view.endChange();
    }
  }

  @Override
  void insert(View[] wanting, Relation relation, Tuple newTuple, boolean moved) throws IOException {
    startChange(wanting);
    changes.insert(text, relation, newTuple, moved);
    endChange();
  }

  @Override
  void update(
      View[] wanting, Relation relation, OldTupleKind oldKind, Tuple oldTuple, Tuple newTuple)
      throws IOException {
    startChange(wanting);
    changes.update(text, relation, oldKind, oldTuple, newTuple);
    endChange();
  }

  @Override
  void delete(
      View[] wanting, Relation relation, OldTupleKind oldKind, Tuple oldTuple, boolean moved)
      throws IOException {
    startChange(wanting);
    changes.delete(text, relation, oldKind, oldTuple, moved);
    endChange();
  }

  @Override
  void truncate(View[] wanting, Relation relation) throws IOException {
    startChange(wanting);
    changes.truncate(text, relation);
    endChange();
  }

  @Override
  void message(View[] wanting, LogicalMessage message) throws IOException {
    startChange(wanting);
    changes.message(text, message);
    endChange();
  }

  @Override
  void alone(View[] wanting, LogicalMessage message) throws IOException {
    start(wanting, noHead);
    changes.message(text, message);
    endChange();
    for (View view : wanting) {
      view.endMessage(Lsn.NONE);
    }
  }

  @Override
  void commit(Commit commit) throws IOException {
    for (View view : touched) {
      view.endMessage(commit.endLsn());
    }
    touched.clear();
  }
}
