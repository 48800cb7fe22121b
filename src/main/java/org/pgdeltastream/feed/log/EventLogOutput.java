package org.pgdeltastream.feed.log;

import java.nio.charset.StandardCharsets;
import org.pgdeltastream.change.Lsn;

/**
 * Messages as server-sent events; the one that ends a transaction has its position as {@code id}.
 */
final class EventLogOutput extends FramedLog {
  private static final byte[] DATA = "data: ".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] END = {'\n', '\n'};

  private byte[] id = {};

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
      position(end);
    }
  }

  @Override
  public void progress(byte[] json, Lsn position) {
    log().beginProgress(MOST_AROUND);
    mark(position);
  }

  /** An id alone: a browser remembers it and says nothing. */
  @Override
  void position(Lsn position) {
    log().append(id, 0, id.length);
    append(position);
    log().append(END, 0, END.length);
  }
}
