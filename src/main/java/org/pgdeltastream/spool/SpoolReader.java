package org.pgdeltastream.spool;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;
import org.pgdeltastream.feed.log.Framing;
import org.pgdeltastream.spool.Spool.Kind;

/** One reader's place in a {@link Spool}, whose messages it frames. For one thread at a time. */
public final class SpoolReader {
  /** With their framing less than a container's buffer, which would be filled, and emptied. */
  private static final int MOST_BYTES = 14 * 1024;

  private final Spool spool;
  private final Framing framing;
  private long at;
  private int left; // of the piece
  private boolean isLast; // the piece is, of its message
  private Kind kind = Kind.ROWS;

  public SpoolReader(Spool spool, Framing framing) {
    this.spool = spool;
    this.framing = framing;
  }

  /** The next framed bytes; null at the end. */
  public byte @Nullable [] read() throws IOException {
    byte[] some = new byte[MOST_BYTES];
    int count = spool.read(at, some, MOST_BYTES);
    if (count < 0) {
      return null;
    }
    ByteArrayOutputStream out = new ByteArrayOutputStream(MOST_BYTES + 1024);
    int from = 0;
    while (left > 0 ? from < count : count - from >= Spool.HEADER) {
      if (left == 0) {
        begin(ByteBuffer.wrap(some, from, Spool.HEADER).getInt(), out);
        from += Spool.HEADER;
      }
      int part = Math.min(left, count - from);
      if (isShown()) {
        out.write(some, from, part);
      }
      from += part;
      left -= part;
      if (left == 0 && isFramed()) {
        out.writeBytes(framing.after(isLast));
      }
    }
    at += from;
    return out.toByteArray();
  }

  private void begin(int head, ByteArrayOutputStream out) {
    kind = Kind.of(head);
    left = head & Spool.LENGTH;
    isLast = (head & Spool.LAST) != 0;
    boolean isFirst = (head & Spool.FIRST) != 0;
    if (isFramed()) {
      out.writeBytes(framing.before(event(), isFirst, isLast, left));
    }
  }

  private boolean isFramed() {
    return kind != Kind.EVENT_ID && kind != Kind.LINE_MARK;
  }

  private boolean isShown() {
    return switch (kind) {
      case CHANGE, ROWS, END -> true;
      case EVENT_ID -> framing == Framing.EVENT_STREAM;
      case LINE_MARK -> framing == Framing.LINES;
    };
  }

  private String event() {
    return switch (kind) {
      case ROWS -> "snapshot";
      case END -> "snapshot-end";
      case CHANGE, EVENT_ID, LINE_MARK -> "";
    };
  }

  /** Whether a message goes on behind what was read. */
  public boolean isInside() {
    return left > 0 || !isLast || kind == Kind.EVENT_ID;
  }
}
