package org.pgdeltastream.feed.log;

import org.pgdeltastream.change.Lsn;

/** Messages as lines; JSON of ours has no line breaks. */
final class LineLogOutput extends FramedLog {
  private final boolean tellsProgress;

  LineLogOutput(FrameLog log, boolean tellsProgress) {
    super(log);
    this.tellsProgress = tellsProgress;
  }

  @Override
  void write(boolean first, boolean last, byte[] bytes, int start, int length) {
    log().append(bytes, start, length);
  }

  @Override
  void endMessage(Lsn end) {
    log().append(Framing.lineEnd(), 0, 1);
  }

  @Override
  public void progress(byte[] json, Lsn position) {
    if (tellsProgress) {
      super.progress(json, position);
    } else {
      log().mark(position);
    }
  }
}
