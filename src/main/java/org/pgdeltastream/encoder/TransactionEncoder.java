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
import org.pgdeltastream.change.option.Detail;

/**
 * Writes a transaction as one message in wal2json's format version 1. Runs in the thread that
 * decodes; makes no object per value.
 */
public final class TransactionEncoder implements ChangeListener {
  private static final byte[] OLD_KEYS = Ascii.bytes("\"oldkeys\":{");
  private static final byte[] TRANSACTIONAL =
      Ascii.bytes("{\"kind\":\"message\",\"transactional\":true,\"prefix\":");
  private static final byte[] NOT_TRANSACTIONAL =
      Ascii.bytes("{\"kind\":\"message\",\"transactional\":false,\"prefix\":");
  private static final byte[] CONTENT = Ascii.bytes(",\"content\":");

  private final RelationTexts<RelationText> relations;
  private final Head head;
  private final boolean unchangedToast;
  private final MessageWriter writer;
  private final JsonBuffer out;

  /** Messages of their own that came inside a transaction; PostgreSQL sends them before it. */
  private final List<LogicalMessage> held = new ArrayList<>();

  private boolean inTransaction;

  public TransactionEncoder(ChangeOptions options, Catalog catalog, MessageOutput output) {
    this.relations = new RelationTexts<>(catalog, options, RelationText::new);
    this.head = new Head(options, catalog);
    this.unchangedToast = options.has(Detail.UNCHANGED_TOAST);
    this.writer = new MessageWriter(output);
    this.out = writer.text();
  }

  @Override
  public void begin(Begin begin) throws IOException {
    relations.begin(begin);
    writer.announce(begin);
    if (head.isEmpty()) {
      writer.start();
    } else {
      writer.start(Ascii.bytes("{" + head.xid(begin)), Ascii.bytes(head.timeAndOrigin(begin)));
    }
    inTransaction = true;
  }

  @Override
  public void insert(Relation relation, Tuple newTuple) throws IOException {
    RelationText text = relations.of(relation);
    writer.startChange();
    out.append(text.insert());
    text.newRow().append(out, newTuple);
    if (text.primaryKey().length > 0) {
      out.append(',');
      out.append(text.primaryKey());
    }
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
    oldKeys(text, oldKind, oldKind == OldTupleKind.NONE ? newTuple : oldTuple);
    if (unchangedToast) {
      text.newRow().appendUnchanged(out, newTuple);
    }
    out.append('}');
    writer.endChange();
  }

  @Override
  public void delete(Relation relation, OldTupleKind oldKind, Tuple oldTuple) throws IOException {
    RelationText text = relations.of(relation);
    writer.startChange();
    out.append(text.delete());
    oldKeys(text, oldKind, oldTuple);
    out.append('}');
    writer.endChange();
  }

  private void oldKeys(RelationText text, OldTupleKind oldKind, Tuple tuple) throws IOException {
    if (text.primaryKey().length > 0) {
      out.append(text.primaryKey());
      out.append(',');
    }
    out.append(OLD_KEYS);
    text.oldKeys(oldKind).append(out, tuple);
    out.append('}');
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
