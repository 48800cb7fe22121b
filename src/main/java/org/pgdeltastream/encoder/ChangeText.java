package org.pgdeltastream.encoder;

import java.io.IOException;
import org.pgdeltastream.change.Begin;
import org.pgdeltastream.change.Catalog;
import org.pgdeltastream.change.LogicalMessage;
import org.pgdeltastream.change.OldTupleKind;
import org.pgdeltastream.change.Relation;
import org.pgdeltastream.change.Tuple;
import org.pgdeltastream.change.option.ChangeOptions;
import org.pgdeltastream.change.option.Detail;

/**
 * Writes single changes in wal2json's format version 1, without what stands around them: the same
 * text serves every message that has the change. Makes no object per value.
 */
public final class ChangeText {
  private static final byte[] OLD_KEYS = Ascii.bytes("\"oldkeys\":{");
  private static final byte[] TRANSACTIONAL =
      Ascii.bytes("{\"kind\":\"message\",\"transactional\":true,\"prefix\":");
  private static final byte[] NOT_TRANSACTIONAL =
      Ascii.bytes("{\"kind\":\"message\",\"transactional\":false,\"prefix\":");
  private static final byte[] MOVED = Ascii.bytes(",\"moved\":true");
  private static final byte[] CONTENT = Ascii.bytes(",\"content\":");

  private final RelationTexts<RelationText> relations;
  private final boolean unchangedToast;

  public ChangeText(ChangeOptions options, Catalog catalog) {
    this.relations = new RelationTexts<>(catalog, options, RelationText::new);
    this.unchangedToast = options.has(Detail.UNCHANGED_TOAST);
  }

  /** PostgreSQL describes all relations again. */
  public void forgetRelations() {
    relations.clear();
  }

  /** A transaction begins. */
  public void begin(Begin begin) {
    relations.begin(begin);
  }

  /**
   * A row that is new, or new to the client.
   *
   * @param moved an UPDATE moved it into what the client has selected
   */
  public void insert(JsonBuffer out, Relation relation, Tuple newTuple, boolean moved)
      throws IOException {
    RelationText text = relations.of(relation);
    out.append(text.insert());
    text.newRow().append(out, newTuple);
    if (text.primaryKey().length > 0) {
      out.append(',');
      out.append(text.primaryKey());
    }
    end(out, moved);
  }

  /** The old tuple has no values if {@code oldKind} is NONE. */
  public void update(
      JsonBuffer out, Relation relation, OldTupleKind oldKind, Tuple oldTuple, Tuple newTuple)
      throws IOException {
    RelationText text = relations.of(relation);
    out.append(text.update());
    text.newRow().append(out, newTuple);
    out.append(',');
    // Without an old tuple the key has not changed.
    oldKeys(out, text, oldKind, oldKind == OldTupleKind.NONE ? newTuple : oldTuple);
    if (unchangedToast) {
      text.newRow().appendUnchanged(out, newTuple);
    }
    out.append('}');
  }

  /**
   * A row that is gone, or gone for the client.
   *
   * @param moved an UPDATE moved it out of what the client has selected
   */
  public void delete(
      JsonBuffer out, Relation relation, OldTupleKind oldKind, Tuple oldTuple, boolean moved)
      throws IOException {
    RelationText text = relations.of(relation);
    out.append(text.delete());
    oldKeys(out, text, oldKind, oldTuple);
    end(out, moved);
  }

  private static void end(JsonBuffer out, boolean moved) throws IOException {
    if (moved) {
      out.append(MOVED);
    }
    out.append('}');
  }

  private static void oldKeys(JsonBuffer out, RelationText text, OldTupleKind oldKind, Tuple tuple)
      throws IOException {
    if (text.primaryKey().length > 0) {
      out.append(text.primaryKey());
      out.append(',');
    }
    out.append(OLD_KEYS);
    text.oldKeys(oldKind).append(out, tuple);
    out.append('}');
  }

  public void truncate(JsonBuffer out, Relation relation) throws IOException {
    out.append(relations.of(relation).truncate());
  }

  public void message(JsonBuffer out, LogicalMessage message) throws IOException {
    out.append(message.transactional() ? TRANSACTIONAL : NOT_TRANSACTIONAL);
    out.appendQuoted(message.prefix());
    out.append(CONTENT);
    out.appendQuoted(message.content());
    out.append('}');
  }
}
