package org.pgdeltastream.feed.log;

import org.pgdeltastream.change.Lsn;

/** Messages as lines; JSON of ours has no line breaks. */
class LineLogOutput extends FramedLog {
  private static final byte[] LINE_END = {'\n'};

  LineLogOutput(FrameLog log) {
    super(log);
  }

  @Override
  final void write(boolean first, boolean last, byte[] bytes, int start, int length) {
    log().append(bytes, start, length);
  }

  @Override
  void endMessage(Lsn end) {
    log().append(LINE_END, 0, 1);
  }
}
