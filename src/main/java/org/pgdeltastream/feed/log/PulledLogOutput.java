package org.pgdeltastream.feed.log;

import org.pgdeltastream.change.Lsn;

/**
 * Messages as lines, and where a client stands that has all up to there: {@code #0/16B3748}, in a
 * line of its own. Says nothing of an idle feed.
 */
final class PulledLogOutput extends LineLogOutput {
  private static final byte[] POSITION = {'#'};

  PulledLogOutput(FrameLog log) {
    super(log);
  }

  @Override
  void endMessage(Lsn end) {
    super.endMessage(end);
    if (!end.equals(Lsn.NONE)) {
      position(end);
    }
  }

  @Override
  void position(Lsn position) {
    log().append(POSITION, 0, 1);
    append(position);
    super.endMessage(position);
  }

  @Override
  public void progress(byte[] json, Lsn position) {
    log().mark(position);
  }
}
