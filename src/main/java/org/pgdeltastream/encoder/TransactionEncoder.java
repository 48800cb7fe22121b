package org.pgdeltastream.encoder;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.pgdeltastream.change.Begin;
import org.pgdeltastream.change.Catalog;
import org.pgdeltastream.change.ChangeListener;
import org.pgdeltastream.change.Commit;
import org.pgdeltastream.change.LogicalMessage;
import org.pgdeltastream.change.MessageOutput;
import org.pgdeltastream.change.OldTupleKind;
import org.pgdeltastream.change.Relation;
import org.pgdeltastream.change.TruncateOptions;
import org.pgdeltastream.change.Tuple;
import org.pgdeltastream.change.option.ChangeOptions;

/**
 * Writes a transaction as one message in wal2json's format version 1: the {@link ChangeText} of its
 * changes in an {@link Envelope}. Runs in the thread that decodes; makes no object per value.
 */
public final class TransactionEncoder implements ChangeListener {
  private final ChangeText changes;
  private final Head head;
  private final Envelope envelope;
  private final JsonBuffer out;

  /** Messages of their own that came inside a transaction; PostgreSQL sends them before it. */
  private final List<LogicalMessage> held = new ArrayList<>();

  private boolean inTransaction;

  public TransactionEncoder(ChangeOptions options, Catalog catalog, MessageOutput output) {
    this.changes = new ChangeText(options, catalog);
    this.head = new Head(options, catalog);
    this.envelope = new Envelope(output);
    this.out = envelope.text();
  }

  @Override
  public void begin(Begin begin) throws IOException {
    changes.begin(begin);
    envelope.announce(begin);
    envelope.start(head, begin);
    inTransaction = true;
  }

  @Override
  public void insert(Relation relation, Tuple newTuple) throws IOException {
    envelope.startChange();
    changes.insert(out, relation, newTuple, false);
    envelope.endChange();
  }

  @Override
  public void update(Relation relation, OldTupleKind oldKind, Tuple oldTuple, Tuple newTuple)
      throws IOException {
    envelope.startChange();
    changes.update(out, relation, oldKind, oldTuple, newTuple);
    envelope.endChange();
  }

  @Override
  public void delete(Relation relation, OldTupleKind oldKind, Tuple oldTuple) throws IOException {
    envelope.startChange();
    changes.delete(out, relation, oldKind, oldTuple, false);
    envelope.endChange();
  }

  @Override
  public void truncate(List<Relation> truncated, TruncateOptions options) throws IOException {
    for (Relation relation : truncated) {
      envelope.startChange();
      changes.truncate(out, relation);
      envelope.endChange();
    }
  }

  @Override
  public void message(LogicalMessage message) throws IOException {
    if (message.transactional()) {
      change(message);
    } else if (inTransaction) {
      held.add(message);
    } else {
      alone(message);
    }
  }

  @Override
  public void commit(Commit commit) throws IOException {
    inTransaction = false;
    envelope.end(commit.endLsn());
    for (LogicalMessage message : held) {
      alone(message);
    }
    held.clear();
  }

  private void alone(LogicalMessage message) throws IOException {
    envelope.start();
    change(message);
    envelope.endWithoutPosition();
  }

  private void change(LogicalMessage message) throws IOException {
    envelope.startChange();
    changes.message(out, message);
    envelope.endChange();
  }
}
