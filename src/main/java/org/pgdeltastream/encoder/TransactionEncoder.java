package org.pgdeltastream.encoder;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.pgdeltastream.change.Begin;
import org.pgdeltastream.change.Catalog;
import org.pgdeltastream.change.ChangeListener;
import org.pgdeltastream.change.Commit;
import org.pgdeltastream.change.LogicalMessage;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.change.MessageOutput;
import org.pgdeltastream.change.OldTupleKind;
import org.pgdeltastream.change.Relation;
import org.pgdeltastream.change.TruncateOptions;
import org.pgdeltastream.change.Tuple;

/**
 * Writes a transaction as one message in wal2json's format version 1. Runs in the thread that
 * decodes; makes no object per value.
 */
public final class TransactionEncoder implements ChangeListener {
  private static final byte[] OLD_KEYS = Ascii.bytes("\"oldkeys\":{");
  private static final byte[] END_OLD_KEYS = Ascii.bytes("}}");
  private static final byte[] TRANSACTIONAL =
      Ascii.bytes("{\"kind\":\"message\",\"transactional\":true,\"prefix\":");
  private static final byte[] NOT_TRANSACTIONAL =
      Ascii.bytes("{\"kind\":\"message\",\"transactional\":false,\"prefix\":");
  private static final byte[] CONTENT = Ascii.bytes(",\"content\":");

  private final RelationTexts relations;
  private final MessageWriter writer;
  private final JsonBuffer out;

  /** Messages of their own that came inside a transaction; PostgreSQL sends them before it. */
  private final List<LogicalMessage> held = new ArrayList<>();

  private boolean inTransaction;

  public TransactionEncoder(Catalog catalog, MessageOutput output) {
    this.relations = new RelationTexts(catalog);
    this.writer = new MessageWriter(output);
    this.out = writer.text();
  }

  @Override
  public void begin(Begin begin) throws IOException {
    writer.begin(new Lsn(begin.commitLsn().value() + 1)); // the end comes after the commit's start
    inTransaction = true;
  }

  @Override
  public void insert(Relation relation, Tuple newTuple) throws IOException {
    RelationText text = relations.of(relation);
    writer.startChange();
    out.append(text.insert());
    text.newRow().append(out, newTuple);
    out.append('}');
    writer.endChange();
  }

  @Override
  public void update(Relation relation, OldTupleKind oldKind, Tuple oldTuple, Tuple newTuple)
      throws IOException {
    RelationText text = relations.of(relation);
    writer.startChange();
    out.append(text.update());
    text.newRow().append(out, newTuple);
    out.append(',');
    // Without an old tuple the key has not changed.
    oldKeys(text.oldKeys(oldKind), oldKind == OldTupleKind.NONE ? newTuple : oldTuple);
    writer.endChange();
  }

  @Override
  public void delete(Relation relation, OldTupleKind oldKind, Tuple oldTuple) throws IOException {
    RelationText text = relations.of(relation);
    writer.startChange();
    out.append(text.delete());
    oldKeys(text.oldKeys(oldKind), oldTuple);
    writer.endChange();
  }

  /** Adds the old key's columns and ends the change. */
  private void oldKeys(ColumnList keys, Tuple tuple) throws IOException {
    out.append(OLD_KEYS);
    keys.append(out, tuple);
    out.append(END_OLD_KEYS);
  }

  @Override
  public void truncate(List<Relation> truncated, TruncateOptions options) throws IOException {
    for (Relation relation : truncated) {
      writer.startChange();
      out.append(relations.of(relation).truncate());
      writer.endChange();
    }
  }

  @Override
  public void message(LogicalMessage message) throws IOException {
    if (message.transactional()) {
      change(message, TRANSACTIONAL);
    } else if (inTransaction) {
      held.add(message);
    } else {
      alone(message);
    }
  }

  @Override
  public void commit(Commit commit) throws IOException {
    inTransaction = false;
    writer.end(commit.endLsn());
    for (LogicalMessage message : held) {
      alone(message);
    }
    held.clear();
  }

  private void alone(LogicalMessage message) throws IOException {
    writer.start();
    change(message, NOT_TRANSACTIONAL);
    writer.endWithoutPosition();
  }

  private void change(LogicalMessage message, byte[] opening) throws IOException {
    writer.startChange();
    out.append(opening);
    out.appendQuoted(message.prefix());
    out.append(CONTENT);
    out.appendQuoted(message.content());
    out.append('}');
    writer.endChange();
  }
}
