package org.pgdeltastream.decoder;

import java.io.IOException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.List;
import org.pgdeltastream.change.Begin;
import org.pgdeltastream.change.ChangeListener;
import org.pgdeltastream.change.ChangeTally;
import org.pgdeltastream.change.Commit;
import org.pgdeltastream.change.HeapBudget;
import org.pgdeltastream.change.HeapShare;
import org.pgdeltastream.change.LogicalMessage;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.change.MalformedMessageException;
import org.pgdeltastream.change.OldTupleKind;
import org.pgdeltastream.change.Relation;
import org.pgdeltastream.change.TruncateOptions;
import org.pgdeltastream.change.Tuple;

/**
 * Decodes pgoutput, protocol version 1. It reads a message to its end before it calls the listener.
 * Servers before 15 also send transactions without a change: the listener does not get those.
 */
public final class PgOutputDecoder implements WalDecoder {
  private enum State {
    BETWEEN,
    /** The server has begun a transaction; the listener was not called yet. */
    BEGUN,
    CHANGING
  }

  private static final VarHandle INT64 =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);
  private static final int LARGE = HeapBudget.STEP;
  private static final int RELATIONS = 4; // the budget divided by this is enough for them
  private static final int COPIES = 5; // of a logical message's text, while decoding
  private static final byte[] NOTHING = {};
  private static final int BEGIN_COMMIT_TIME = 9; // after the type and the final LSN

  private final ChangeListener listener;
  private final ServerEncoding encoding;
  private final HeapShare heap;
  private final ChangeTally tally;
  private final WireReader in = new WireReader();
  private final Relations relations = new Relations();
  private final Tuple oldTuple = new Tuple();
  private final Tuple newTuple = new Tuple();
  private State state = State.BETWEEN;
  private Begin begin = new Begin(Lsn.NONE, 0, 0);

  public PgOutputDecoder(ChangeListener listener) {
    this(listener, ServerEncoding.OF_MOST, HeapBudget.unlimited().share());
  }

  /**
   * Of a database.
   *
   * @param encoding of the content of its logical messages; PostgreSQL converts all the rest
   * @param heap for relations and large logical messages
   */
  public PgOutputDecoder(ChangeListener listener, ServerEncoding encoding, HeapShare heap) {
    this(listener, encoding, heap, ChangeTally.NONE);
  }

  /**
   * The same.
   *
   * @param tally told of heartbeats
   */
  public PgOutputDecoder(
      ChangeListener listener, ServerEncoding encoding, HeapShare heap, ChangeTally tally) {
    this.listener = listener;
    this.encoding = encoding;
    this.heap = heap;
    this.tally = tally;
  }

  @Override
  public boolean isFull() {
    return relations.bytes() > heap.budget() / RELATIONS;
  }

  @Override
  public boolean betweenMessages() {
    return state == State.BETWEEN;
  }

  @Override
  public long committedAt(byte[] message, int start, int end) {
    boolean begins = end > start + BEGIN_COMMIT_TIME + 8 && message[start] == 'B';
    return begins ? (long) INT64.get(message, start + BEGIN_COMMIT_TIME) : CommitTime.UNKNOWN;
  }

  @Override
  public void decode(byte[] message, int start, int end) throws IOException {
    in.reset(message, start, end);
    byte type = in.int8();
    switch (type) {
      case 'I' -> insert(in);
      case 'U' -> update(in);
      case 'D' -> delete(in);
      case 'B' -> begin(in);
      case 'C' -> commit(in);
      case 'R' -> relation(in);
      case 'T' -> truncate(in);
      case 'M' -> message(in, end - start);
      case 'O' -> origin(in);
      case 'Y' -> relations.add(PgOutputParser.type(in));
      default -> throw new MalformedMessageException("Unknown message type " + type + " at byte 0");
    }
    if (end - start >= LARGE) {
      letGo();
    }
  }

  /** Drops its references to a large message, so that the memory is freed. */
  private void letGo() {
    in.reset(NOTHING, 0, 0);
    oldTuple.reset(NOTHING);
    newTuple.reset(NOTHING);
  }

  private void relation(WireReader in) throws IOException {
    relations.add(PgOutputParser.relation(in));
    if (heap.isHopeless(relations.bytes())) {
      heap.hold(relations.bytes());
    }
    heap.holdAnyway(relations.bytes()); // they are in memory already
  }

  private void begin(WireReader in) {
    Begin next = PgOutputParser.begin(in);
    if (state != State.BETWEEN) {
      throw new MalformedMessageException("Begin inside a transaction at byte 0");
    }
    begin = next;
    state = State.BEGUN;
  }

  /** Where the transaction was first made; it comes before the changes. */
  private void origin(WireReader in) {
    String name = PgOutputParser.origin(in);
    if (state == State.BETWEEN) {
      throw new MalformedMessageException("Origin outside a transaction at byte 0");
    }
    begin = begin.from(name);
  }

  private void insert(WireReader in) throws IOException {
    Relation relation = relations.next(in);
    PgOutputParser.newTupleMark(in);
    PgOutputParser.tuple(in, relation, newTuple);
    in.end();
    beforeChange();
    listener.insert(relation, newTuple);
  }

  private void update(WireReader in) throws IOException {
    Relation relation = relations.next(in);
    OldTupleKind oldKind = PgOutputParser.oldTupleKind(in);
    if (oldKind == OldTupleKind.NONE) {
      oldTuple.reset(in.bytes());
    } else {
      PgOutputParser.tuple(in, relation, oldTuple);
      PgOutputParser.newTupleMark(in);
    }
    PgOutputParser.tuple(in, relation, newTuple);
    in.end();
    beforeChange();
    listener.update(relation, oldKind, oldTuple, newTuple);
  }

  private void delete(WireReader in) throws IOException {
    Relation relation = relations.next(in);
    OldTupleKind oldKind = PgOutputParser.oldTupleKind(in);
    if (oldKind == OldTupleKind.NONE) {
      throw in.malformed("Delete without an old tuple", Byte.BYTES);
    }
    PgOutputParser.tuple(in, relation, oldTuple);
    in.end();
    beforeChange();
    listener.delete(relation, oldKind, oldTuple);
  }

  private void truncate(WireReader in) throws IOException {
    int count = in.int32();
    TruncateOptions options = PgOutputParser.truncateOptions(in);
    List<Relation> truncated = in.repeat(count, relations::next);
    in.end();
    beforeChange();
    listener.truncate(truncated, options);
  }

  /** Only a transactional message is part of the transaction around it. */
  private void message(WireReader in, int length) throws IOException {
    if (length >= LARGE) {
      heap.awaitHold(relations.bytes() + (long) COPIES * length);
    }
    LogicalMessage message = PgOutputParser.message(in, encoding.charset());
    if (message.transactional()) {
      beforeChange();
    } else if (message.isHeartbeat()) {
      tally.heartbeat(message.content());
    }
    listener.message(message);
    heap.holdAnyway(relations.bytes());
  }

  private void commit(WireReader in) throws IOException {
    Commit commit = PgOutputParser.commit(in);
    if (state == State.BETWEEN) {
      throw new MalformedMessageException("Commit outside a transaction at byte 0");
    }
    if (state == State.CHANGING) {
      listener.commit(commit);
    }
    state = State.BETWEEN;
  }

  private void beforeChange() throws IOException {
    if (state == State.CHANGING) {
      return;
    }
    if (state == State.BETWEEN) {
      throw new MalformedMessageException("Change outside a transaction at byte 0");
    }
    listener.begin(begin);
    state = State.CHANGING;
  }
}
