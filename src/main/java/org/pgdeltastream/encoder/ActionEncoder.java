package org.pgdeltastream.encoder;

import java.io.IOException;
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
import org.pgdeltastream.change.option.ChangeOptions;
import org.pgdeltastream.change.option.Detail;

/**
 * Writes each change as a message of its own in wal2json's format version 2, and one at the begin
 * and one at the end of a transaction. Runs in the thread that decodes.
 */
public final class ActionEncoder implements ChangeListener {
  private static final byte[] MOVED = Ascii.bytes(",\"moved\":true");
  private static final String LSN = ",\"lsn\":\"";

  private final MessageOutput output;
  private final JsonBuffer out = new JsonBuffer(full -> drain());
  private final RelationTexts<ActionText> relations;
  private final Head head;
  private final boolean transactions;
  private final boolean positions;
  private final boolean unchangedToast;
  private byte[] insert = {};
  private byte[] update = {};
  private byte[] delete = {};
  private byte[] truncate = {};

  /** Transaction number, time and origin, where the client asked for them, a comma before each. */
  private String about = "";

  private long position;

  public ActionEncoder(ChangeOptions options, Catalog catalog, MessageOutput output) {
    this.output = output;
    this.relations = new RelationTexts<>(catalog, options, ActionText::new);
    this.head = new Head(options, catalog);
    this.transactions = options.has(Detail.TRANSACTION);
    this.positions = options.has(Detail.LSN);
    this.unchangedToast = options.has(Detail.UNCHANGED_TOAST);
    openings();
  }

  /** PostgreSQL describes all relations again. */
  public void forgetRelations() {
    relations.clear();
  }

  /** The position of the next change in the WAL. */
  public void position(long lsn) {
    position = lsn;
  }

  @Override
  public void begin(Begin begin) throws IOException {
    relations.begin(begin);
    output.begin(new Lsn(begin.commitLsn().value() + 1)); // the end comes after the commit's start
    if (!head.isEmpty()) {
      about = withCommaBefore(head.xid(begin) + head.timeAndOrigin(begin));
      openings();
    }
    if (transactions) {
      start(opening('B'));
      appendPosition(begin.commitLsn());
      end(Lsn.NONE);
    }
  }

  @Override
  public void insert(Relation relation, Tuple newTuple) throws IOException {
    insert(relation, newTuple, false);
  }

  /**
   * A row that is new, or new to the client.
   *
   * @param moved an UPDATE moved it into what the client has selected
   */
  public void insert(Relation relation, Tuple newTuple, boolean moved) throws IOException {
    ActionText text = relations.of(relation);
    startChange(insert, text);
    text.appendColumns(out, newTuple);
    out.append(text.primaryKey());
    moved(moved);
    end(Lsn.NONE);
  }

  @Override
  public void update(Relation relation, OldTupleKind oldKind, Tuple oldTuple, Tuple newTuple)
      throws IOException {
    ActionText text = relations.of(relation);
    startChange(update, text);
    text.appendColumns(out, newTuple);
    // Without an old tuple the key has not changed.
    text.appendIdentity(out, oldKind, oldKind == OldTupleKind.NONE ? newTuple : oldTuple);
    out.append(text.primaryKey());
    if (unchangedToast) {
      text.appendUnchanged(out, newTuple);
    }
    end(Lsn.NONE);
  }

  @Override
  public void delete(Relation relation, OldTupleKind oldKind, Tuple oldTuple) throws IOException {
    delete(relation, oldKind, oldTuple, false);
  }

  /**
   * A row that is gone, or gone for the client.
   *
   * @param moved an UPDATE moved it out of what the client has selected
   */
  public void delete(Relation relation, OldTupleKind oldKind, Tuple oldTuple, boolean moved)
      throws IOException {
    ActionText text = relations.of(relation);
    startChange(delete, text);
    text.appendIdentity(out, oldKind, oldTuple);
    out.append(text.primaryKey());
    moved(moved);
    end(Lsn.NONE);
  }

  private void moved(boolean moved) throws IOException {
    if (moved) {
      out.append(MOVED);
    }
  }

  @Override
  public void truncate(List<Relation> truncated, TruncateOptions options) throws IOException {
    for (Relation relation : truncated) {
      startChange(truncate, relations.of(relation));
      end(Lsn.NONE);
    }
  }

  @Override
  public void message(LogicalMessage message) throws IOException {
    String known = message.transactional() ? about : withCommaBefore(head.nulls());
    start(Ascii.bytes("{\"action\":\"M\"" + known));
    appendPosition(message.lsn());
    out.append(Ascii.bytes(",\"transactional\":" + message.transactional() + ",\"prefix\":"));
    out.appendQuoted(message.prefix());
    out.append(Ascii.bytes(",\"content\":"));
    out.appendQuoted(message.content());
    end(Lsn.NONE);
  }

  /** Sent in any case, since only it can be acknowledged. */
  @Override
  public void commit(Commit commit) throws IOException {
    start(opening('C'));
    appendPosition(commit.commitLsn());
    if (!commit.endLsn().equals(Lsn.NONE)) { // NONE: it is no place to go on from
      out.append(Ascii.bytes(",\"nextlsn\":\"" + commit.endLsn() + "\""));
    }
    end(commit.endLsn());
  }

  private void openings() {
    insert = opening('I');
    update = opening('U');
    delete = opening('D');
    truncate = opening('T');
  }

  private byte[] opening(char action) {
    return Ascii.bytes("{\"action\":\"" + action + "\"" + about);
  }

  private static String withCommaBefore(String withCommaAfter) {
    return withCommaAfter.isEmpty()
        ? ""
        : "," + withCommaAfter.substring(0, withCommaAfter.length() - 1);
  }

  private void startChange(byte[] opening, ActionText text) throws IOException {
    start(opening);
    if (positions) {
      appendPosition(new Lsn(position));
    }
    out.append(text.table());
  }

  private void start(byte[] opening) throws IOException {
    out.reset();
    out.append(opening);
  }

  private void appendPosition(Lsn lsn) throws IOException {
    if (positions) {
      out.append(Ascii.bytes(LSN + lsn + "\""));
    }
  }

  private void end(Lsn endLsn) throws IOException {
    out.append(new byte[] {'}'}); // checks the bound, unlike a single character
    output.last(out.bytes(), out.start(), out.length(), endLsn);
  }

  private void drain() throws IOException {
    while (out.length() > JsonBuffer.BOUND) {
      int cut = out.characterBoundary();
      output.part(out.bytes(), out.start(), cut);
      out.drop(cut);
    }
  }
}
