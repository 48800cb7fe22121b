package org.pgdeltastream.journal.shared;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.pgdeltastream.change.HeapShare;
import org.pgdeltastream.change.MalformedMessageException;

/**
 * The messages of pgoutput in records; a large one may go through several parts. For one thread.
 */
public final class RecordMessages implements Closeable {
  private static final byte[] NOTHING = {};

  /** Is given each message, which may be overwritten after the call. */
  public interface Target {
    void message(byte[] bytes, int start, int end, long position) throws IOException;
  }

  private final HeapShare heap;
  private byte[] begun = NOTHING; // a message's header, or the message
  private int filled;
  private int wanted; // of the message; -1: of its header
  private long position;

  /**
   * Nothing was begun.
   *
   * @param heap for messages that are larger than a record
   */
  public RecordMessages(HeapShare heap) {
    this.heap = heap;
    forget();
  }

  /** The message that has begun goes on elsewhere, or never. */
  public void forget() {
    begun = NOTHING;
    filled = 0;
    wanted = -1;
    heap.holdAnyway(0);
  }

  /** Takes a record's body. */
  public void read(byte[] body, Target target) throws IOException {
    int from = filled > 0 || wanted >= 0 ? goOn(body, target) : 0;
    while (body.length - from >= RecordCutter.HEADER) {
      ByteBuffer header = ByteBuffer.wrap(body, from, RecordCutter.HEADER);
      int length = checked(header.getInt());
      long at = header.getLong();
      int start = from + RecordCutter.HEADER;
      if (body.length - start < length) {
        begin(length, at);
        from = start;
        break;
      }
      target.message(body, start, start + length, at);
      from = start + length;
    }
    if (from < body.length && wanted < 0) {
      begun = new byte[RecordCutter.HEADER];
    }
    take(body, from);
  }

  private static int checked(int length) throws MalformedMessageException {
    if (length <= 0) {
      throw new MalformedMessageException("A message of " + length + " bytes in the log");
    }
    return length;
  }

  private void begin(int length, long at) throws IOException {
    heap.awaitHold(length);
    begun = new byte[length];
    filled = 0;
    wanted = length;
    position = at;
  }

  /** Returns where the next message begins. */
  private int goOn(byte[] body, Target target) throws IOException {
    int from = 0;
    if (wanted < 0) {
      from = take(body, 0);
      if (filled < RecordCutter.HEADER) {
        return from;
      }
      ByteBuffer header = ByteBuffer.wrap(begun);
      begin(checked(header.getInt()), header.getLong());
    }
    from = take(body, from);
    if (filled == wanted) {
      byte[] whole = begun;
      target.message(whole, 0, whole.length, position);
      forget();
    }
    return from;
  }

  private int take(byte[] body, int from) {
    int count = Math.min(body.length - from, begun.length - filled);
    System.arraycopy(body, from, begun, filled, count);
    filled += count;
    return from + count;
  }

  @Override
  public void close() {
    begun = NOTHING;
    heap.close();
  }
}
