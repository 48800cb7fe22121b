package org.pgdeltastream.feed.log;

import java.nio.charset.StandardCharsets;
import org.pgdeltastream.change.Lsn;

/** Writes messages into a {@link FrameLog}, so that a client can tell them apart. */
public abstract class FramedLog {
  private static final byte[] HEX = "0123456789ABCDEF".getBytes(StandardCharsets.US_ASCII);
  private static final int HALF_DIGITS = 8;

  /** The most that stands around a word on progress, or a position alone. */
  static final int MOST_AROUND = 64;

  private final FrameLog log;
  private final byte[] text = new byte[2 * HALF_DIGITS + 1];
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

  /** As {@link Lsn#toString} has it. */
  final void append(Lsn position) {
    int at = hex((int) position.value(), text.length);
    text[--at] = '/';
    at = hex((int) (position.value() >>> 32), at);
    log.append(text, at, text.length - at);
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

  abstract void write(boolean first, boolean last, byte[] bytes, int start, int length);

  /** What follows a message. */
  void endMessage(Lsn end) {}

  /** Says a position beside messages, where that can be said. */
  void position(Lsn position) {}

  /** The message that ended there was not a transaction's. */
  public final void mark(Lsn position) {
    position(position);
    log.endMessage();
    log.mark(position);
  }

  /** Tells clients how far they are where nothing concerned them, with this message if need be. */
  public void progress(byte[] json, Lsn position) {
    log.beginProgress(json.length + MOST_AROUND);
    last(json, 0, json.length, position);
  }

  /** What positions are of, from now on. */
  public void stamp(FeedPosition.Stamp stamp) {}
}
