package org.pgdeltastream.feed.log;

import java.nio.charset.StandardCharsets;
import org.pgdeltastream.change.Lsn;

/**
 * Messages as server-sent events; the one that ends a transaction has its position as {@code id}.
 */
final class EventLogOutput extends FramedLog {
  private static final byte[] DATA = "data: ".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] HEX = "0123456789ABCDEF".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] END = {'\n', '\n'};
  private static final int HALF_DIGITS = 8;

  private byte[] id = {};
  private final byte[] text = new byte[2 * HALF_DIGITS + 1];

  EventLogOutput(FrameLog log) {
    super(log);
  }

  @Override
  public void stamp(FeedPosition.Stamp stamp) {
    id = ("id: " + stamp + ".").getBytes(StandardCharsets.US_ASCII);
  }

  @Override
  void write(boolean first, boolean last, byte[] bytes, int start, int length) {
    if (first) {
      log().append(DATA, 0, DATA.length);
    }
    log().append(bytes, start, length);
  }

  @Override
  void endMessage(Lsn end) {
    log().append(END, 0, 1);
    if (end.equals(Lsn.NONE)) {
      log().append(END, 0, 1);
    } else {
      id(end);
    }
  }

  /** An id alone: a browser remembers it and says nothing. */
  @Override
  public void progress(byte[] json, Lsn position) {
    id(position);
    log().endMessage();
    log().mark(position);
  }

  private void id(Lsn position) {
    log().append(id, 0, id.length);
    int at = hex((int) position.value(), text.length);
    text[--at] = '/';
    at = hex((int) (position.value() >>> 32), at);
    log().append(text, at, text.length - at);
    log().append(END, 0, END.length);
  }

  /** Upper case, no leading zeros, up to there; returns where it begins. */
  private int hex(int value, int end) {
    int at = end;
    int rest = value;
    do {
      text[--at] = HEX[rest & 0xF];
      rest >>>= 4;
    } while (rest != 0);
    return at;
  }
}
