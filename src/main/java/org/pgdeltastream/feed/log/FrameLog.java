package org.pgdeltastream.feed.log;

import org.jspecify.annotations.Nullable;
import org.pgdeltastream.change.Lsn;

/**
 * The newest finished bytes of a view, in one framing. One thread appends and publishes; any number
 * of {@link Cursor}s read what is published, without a lock. Bytes that were published are never
 * overwritten.
 */
public final class FrameLog {
  private static final int LEAST_FULL = 64 * 1024;

  private final boolean isLive;
  private final Chunks chunks;
  private final Marks marks;
  private long messageEnd;
  private @Nullable Chunk boundaryChunk; // null: dropped, so that it does not hold what follows
  private long boundary; // what is before it is not rolled back
  private Lsn boundaryPosition;
  private Mark lastMark; // of what is published
  private volatile long progress = -1; // where the last word on it begins
  private volatile Published published;

  /**
   * What can be read.
   *
   * @param messageEnd where the last whole message ends
   * @param mark the last one
   * @param isSealed nothing more comes
   * @param generation one more after each roll-back
   */
  public record Published(long end, long messageEnd, Mark mark, boolean isSealed, int generation) {
    public boolean endsWithMessage() {
      return messageEnd == end;
    }
  }

  /**
   * Begins empty.
   *
   * @param most how many bytes to keep
   * @param isLive whether it has what comes from now on; else what was before, up to its seal
   * @param start its first transaction ends after this
   */
  public FrameLog(int most, boolean isLive, Lsn start) {
    this.isLive = isLive;
    this.chunks = new Chunks(most, isLive);
    this.boundaryChunk = chunks.last();
    this.boundaryPosition = start;
    this.marks = new Marks(start);
    this.lastMark = new Mark(start, 0);
    this.published = new Published(0, 0, lastMark, false, 0);
  }

  public void append(byte[] bytes, int start, int length) {
    if (chunks.append(bytes, start, length)) {
      dropMarks();
    }
  }

  /**
   * A word on progress comes next, of no more than so many bytes: it is read as a whole or not at
   * all, since no scan of the journal repeats it.
   */
  public void beginProgress(int length) {
    chunks.keepTogether(length);
    progress = chunks.written();
  }

  /** Whether a word on progress may stand behind that place. */
  public boolean hasProgressAfter(long position) {
    return progress >= position;
  }

  /** A message ends here. */
  public void endMessage() {
    messageEnd = chunks.written();
  }

  /** What ends at this position ends here, or had nothing for the view; it stays. */
  public void mark(Lsn position) {
    boundaryChunk = chunks.last();
    boundary = chunks.written();
    boundaryPosition = position;
    marks.add(position, boundary);
  }

  /**
   * Makes all that was appended readable, and drops what is beyond the bound. What was before waits
   * for those who have read all so far: from them it drops nothing new.
   */
  public void publish() {
    publish(false);
  }

  private void publish(boolean seals) {
    long before = published.end();
    long end = chunks.written();
    Mark mark = marks.before(end);
    if (mark != null) {
      lastMark = mark;
    }
    published = new Published(end, messageEnd, lastMark, seals, chunks.generation());
    if (end > before) { // else some are yet to read what was new
      trim(isLive ? end - chunks.kept() : Math.min(end - chunks.kept(), before));
    }
  }

  /** Keeps no more than this from now on. */
  public void limit(int bytes) {
    chunks.limit(bytes);
    if (isLive) {
      trim(published.end() - chunks.kept());
    }
  }

  /** So much was appended that it is to be published and read before there is more. */
  public boolean isFull() {
    return chunks.written() - published.end() > Math.max(chunks.most(), LEAST_FULL);
  }

  /** Drops what is before this, as far as that is whole chunks, but never the newest. */
  public void trim(long position) {
    if (chunks.dropBefore(position)) {
      dropMarks();
    }
  }

  private void dropMarks() {
    long base = chunks.first().base;
    marks.dropBefore(base);
    boundaryChunk = boundaryChunk == null || boundaryChunk.base < base ? null : boundaryChunk;
  }

  /** Drops what came after the last transaction; {@link Cursor#isCut} tells who has read it. */
  public void rollBack() {
    if (chunks.written() == boundary) {
      return;
    }
    Chunk kept = boundaryChunk;
    if (kept == null) { // who stood before is placed again, and finds its position here
      chunks.beginAgain(boundary);
      mark(boundaryPosition);
    } else {
      chunks.cut(kept, boundary);
    }
    messageEnd = boundary;
    publish();
  }

  /** Whoever reads it is served in another way. */
  public void forget() {
    Published old = published;
    chunks.forget();
    published = // is noticed
        new Published(old.end(), old.messageEnd(), old.mark(), old.isSealed(), old.generation());
  }

  /** Nothing more comes; all that ends up to this position was here. */
  public void seal(Lsn position) {
    mark(position);
    publish(true);
  }

  /** Held in memory. */
  public long bytes() {
    return chunks.bytes();
  }

  public boolean isLive() {
    return isLive;
  }

  public Published published() {
    return published;
  }

  /** A cursor behind all that ends at or before this position, and so many bytes more. */
  public @Nullable Cursor cursorAfter(Lsn position, long more) {
    long start = marks.after(position);
    long at = start + more;
    Chunk oldest = chunks.first();
    return start < 0 || at > published.end() || at < oldest.base ? null : Cursor.at(oldest, at);
  }

  /** The last mark up to the cursor; null if that is dropped. */
  public @Nullable Mark markBefore(Cursor cursor) {
    return marks.before(cursor.position());
  }

  /** Its bytes were dropped: the client must be served in another way. */
  public boolean isPast(Cursor cursor) {
    return chunks.isDropped(cursor.chunk);
  }
}
