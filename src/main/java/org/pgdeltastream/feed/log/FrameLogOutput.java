package org.pgdeltastream.feed.log;

import org.pgdeltastream.framing.FrameHeader;

/** Messages as websocket text frames: one each, or several where a message comes in pieces. */
final class FrameLogOutput extends FramedLog {
  private final byte[] header = new byte[FrameHeader.MOST_BYTES];

  FrameLogOutput(FrameLog log) {
    super(log);
  }

  @Override
  void write(boolean first, boolean last, byte[] bytes, int start, int length) {
    log().append(header, 0, FrameHeader.text(header, first, last, length));
    log().append(bytes, start, length);
  }
}
