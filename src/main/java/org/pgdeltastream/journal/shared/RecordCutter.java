package org.pgdeltastream.journal.shared;

import java.nio.ByteBuffer;
import java.util.Arrays;
import org.pgdeltastream.change.HeapShare;
import org.pgdeltastream.change.Lsn;

/**
 * Makes records of pgoutput's messages: of as many transactions as come at once, or of a part of a
 * large one. Each can be decoded without those before it, but for the parts of a transaction. For
 * one thread.
 */
public final class RecordCutter {
  /** A record's body has no more bytes, but for one message's header. */
  static final int MOST = 512 * 1024;

  /** What stands before each message: its length, and its position in the WAL. */
  static final int HEADER = Integer.BYTES + Long.BYTES;

  private static final int BEGIN_COMMIT = 1; // the commit record's LSN
  private static final int COMMIT_END = 1 + 1 + Long.BYTES; // flags and commit LSN before it
  private static final int MESSAGE_FLAGS = 1;
  private static final int MESSAGE_LSN = 1 + 1;

  /** Where the records go. */
  public interface Target {
    void append(RecordHeader header, byte[] body) throws LogException;
  }

  private final Target target;
  private final Described described;
  private final RecordHeader like;
  private byte[] body = new byte[16 * 1024];
  private int filled;
  private int begins; // of the open transaction in the body
  private boolean isInside; // a transaction
  private boolean skips; // one that the log has
  private boolean isEmpty; // the open transaction, up to now
  private boolean isRedescribed; // in the open transaction: its changes are of different tables
  private Lsn commit = Lsn.NONE; // of the open transaction
  private int parts; // of the open transaction that were cut off
  private Lsn prev;
  private Lsn end;

  /**
   * Begins a term.
   *
   * @param like its term, incarnation and timeline are those of all records
   * @param start what ends up to here is in the log
   * @param heap for what PostgreSQL described
   */
  public RecordCutter(RecordHeader like, Lsn start, HeapShare heap, Target target) {
    this.like = like;
    this.prev = start;
    this.end = start;
    this.target = target;
    this.described = new Described(heap);
  }

  public boolean betweenTransactions() {
    return !isInside;
  }

  /** Bytes of what PostgreSQL described. */
  public long described() {
    return described.bytes();
  }

  /** Takes one message. */
  public void add(byte[] message, int start, int stop, long position) throws LogException {
    if (stop == start) {
      return;
    }
    byte type = message[start];
    if (Described.isDescription(type)) {
      described.note(message, start, stop, position);
      isRedescribed |= isInside;
    } else if (type == 'B') {
      begin(message, start, stop, position);
    } else if (type == 'C') {
      commit(message, start, stop, position);
    } else if (type == 'M' && !isInside && message[start + MESSAGE_FLAGS] == 0) {
      alone(message, start, stop, position);
    } else if (!skips) {
      isEmpty = false;
      put(message, start, stop, position);
    }
  }

  private static Lsn lsn(byte[] message, int at) {
    return new Lsn(ByteBuffer.wrap(message, at, Long.BYTES).getLong());
  }

  private void begin(byte[] message, int start, int stop, long position) throws LogException {
    commit = lsn(message, start + BEGIN_COMMIT);
    skips = end.isAfter(commit);
    isInside = true;
    isEmpty = true;
    isRedescribed = false;
    begins = filled;
    if (!skips) {
      put(message, start, stop, position);
    }
  }

  private void commit(byte[] message, int start, int stop, long position) throws LogException {
    if (isEmpty && !skips && parts == 0) {
      filled = begins;
    } else if (!skips) {
      put(message, start, stop, position);
    }
    ended(skips ? end : lsn(message, start + COMMIT_END));
  }

  private void ended(Lsn at) throws LogException {
    isInside = false;
    skips = false;
    end = at;
    if (parts > 0) {
      cut(RecordKind.LAST, end);
      parts = 0;
      prev = end;
    }
  }

  /** A message outside a transaction ends at its LSN, and counts as one. */
  private void alone(byte[] message, int start, int stop, long position) throws LogException {
    Lsn at = lsn(message, start + MESSAGE_LSN);
    if (at.isAfter(end)) {
      commit = new Lsn(at.value() - 1);
      isInside = true;
      begins = filled;
      put(message, start, stop, position);
      ended(at);
    }
  }

  private void put(byte[] message, int start, int stop, long position) throws LogException {
    if (filled == 0 && parts == 0) {
      described.startRecord();
    }
    described.describe(message, start, stop, this::copy);
    copy(message, start, stop, position);
  }

  private void copy(byte[] message, int start, int stop, long position) throws LogException {
    makeRoom(HEADER);
    ByteBuffer.wrap(body, filled, HEADER).putInt(stop - start).putLong(position);
    filled += HEADER;
    for (int from = start; from < stop; ) {
      if (filled >= MOST) {
        cutPart();
      }
      int count = Math.min(stop - from, MOST - filled);
      makeRoom(count);
      System.arraycopy(message, from, body, filled, count);
      filled += count;
      from += count;
    }
    if (filled >= MOST) {
      cutPart();
    }
  }

  private void makeRoom(int count) {
    if (filled + count > body.length) {
      body = Arrays.copyOf(body, Math.max(filled + count, Math.min(MOST, 2 * body.length)));
    }
  }

  private void cutPart() throws LogException {
    cut(parts == 0 ? RecordKind.FIRST : RecordKind.MIDDLE, commit);
    parts++;
    begins = 0;
  }

  private void cut(RecordKind kind, Lsn to) throws LogException {
    byte[] record = Arrays.copyOf(body, filled);
    filled = 0;
    target.append(header(kind, kind.continues() ? parts : 0, to), record);
  }

  private RecordHeader header(RecordKind kind, int part, Lsn to) {
    return new RecordHeader(kind, part, prev, to, like.term(), like.incarnation(), like.timeline());
  }

  /** Nothing more is here at the moment: cuts off what is whole. */
  public void flush() throws LogException {
    if (isInside && parts == 0 && begins > 0 && !isRedescribed) {
      byte[] open = Arrays.copyOfRange(body, begins, filled);
      filled = begins;
      cutWhole();
      begins = 0;
      putAgain(open);
    } else if (!isInside && filled > 0) {
      cutWhole();
    }
  }

  private void cutWhole() throws LogException {
    cut(RecordKind.WHOLE, end);
    prev = end;
  }

  /** In another record, which lacks what the former one has described. */
  private void putAgain(byte[] messages) throws LogException {
    ByteBuffer in = ByteBuffer.wrap(messages);
    while (in.hasRemaining()) {
      int length = in.getInt();
      long position = in.getLong();
      int start = in.position();
      in.position(start + length);
      if (!Described.isDescription(messages[start])) {
        put(messages, start, start + length, position);
      }
    }
  }

  /** Whether the log could be told that nothing happened up to here, or only what it leaves out. */
  public boolean isBehind(Lsn position) {
    return !isInside && filled == 0 && end.max(position).isAfter(prev);
  }

  /** Writes that nothing happened up to here, or only what nobody is to see. */
  public void movedTo(Lsn position) throws LogException {
    flush();
    end = end.max(position);
    if (!isInside && end.isAfter(prev)) {
      target.append(header(RecordKind.POSITION, 0, end), new byte[0]);
      prev = end;
    }
  }
}
