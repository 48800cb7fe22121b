package org.pgdeltastream.feed.log;

import org.pgdeltastream.change.Lsn;

/** Writes messages into a {@link FrameLog}, so that a client can tell them apart. */
public abstract class FramedLog {
  private final FrameLog log;
  private boolean open;

  FramedLog(FrameLog log) {
    this.log = log;
  }

  public FrameLog log() {
    return log;
  }

  /** A piece of a message; more follows. */
  public final void part(byte[] bytes, int start, int length) {
    write(!open, false, bytes, start, length);
    open = true;
  }

  /** The end of a message, and of a transaction where {@code end} is not NONE. */
  public final void last(byte[] bytes, int start, int length, Lsn end) {
    write(!open, true, bytes, start, length);
    open = false;
    endMessage(end);
    log.endMessage();
    if (!end.equals(Lsn.NONE)) {
      log.mark(end);
    }
  }

  /** The log was rolled back to the end of a message. */
  public final void rolledBack() {
    open = false;
  }

  abstract void write(boolean first, boolean last, byte[] bytes, int start, int length);

  /** What follows a message. */
  void endMessage(Lsn end) {}

  /** Tells clients how far they are where nothing concerned them, with this message if need be. */
  public void progress(byte[] json, Lsn position) {
    last(json, 0, json.length, position);
  }

  /** What positions are of, from now on. */
  public void stamp(FeedPosition.Stamp stamp) {}
}
