package org.pgdeltastream.feed.log;

import org.jspecify.annotations.Nullable;
import org.pgdeltastream.change.Lsn;

/**
 * The newest finished bytes of a view, in one framing. One thread appends and publishes; any number
 * of {@link Cursor}s read what is published, without a lock. Bytes that were published are never
 * overwritten.
 */
public final class FrameLog {
  private static final int FIRST_CHUNK = 1024;
  private static final int LEAST_CHUNK = 256;
  private static final int CHUNKS = 5; // at least so many

  /** Odd, so that it hardly ever just fills a buffer of the container's. */
  static final int CHUNK = 16 * 1024 - 1;

  private static final int LEAST_FULL = 64 * 1024;

  private int most;
  private final boolean isLive;
  private Chunk last;
  private volatile Chunk first;
  private int used; // of the last chunk
  private int generation;
  private long messageEnd;
  private Chunk boundaryChunk; // what is before the boundary is not rolled back
  private long boundary;
  private final Marks marks;
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
    this.most = most;
    this.isLive = isLive;
    this.last = new Chunk(0, Math.min(FIRST_CHUNK, chunkSize()), 0);
    this.first = last;
    this.boundaryChunk = last;
    this.marks = new Marks(start);
    this.lastMark = new Mark(start, 0);
    this.published = new Published(0, 0, lastMark, false, 0);
  }

  public void append(byte[] bytes, int start, int length) {
    int at = start;
    int left = length;
    while (left > 0) {
      if (used == last.limit) {
        addChunk();
      }
      int count = Math.min(left, last.limit - used);
      System.arraycopy(bytes, at, last.bytes, used, count);
      used += count;
      at += count;
      left -= count;
    }
  }

  private void addChunk() {
    int size = Math.min(chunkSize(), last.bytes.length * 4);
    Chunk added = new Chunk(last.base + last.limit, size, generation);
    last.next = added;
    last = added;
    used = 0;
    if (isLive) { // a large message must not be held whole
      trim(added.base + size - most);
    }
  }

  private int chunkSize() {
    return Math.min(CHUNK, Math.max(LEAST_CHUNK, most / CHUNKS));
  }

  /**
   * A word on progress comes next, of no more than so many bytes: it is read as a whole or not at
   * all, since no scan of the journal repeats it.
   */
  public void beginProgress(int length) {
    if (last.limit - used < length) {
      last.limit = used;
      addChunk();
    }
    progress = written();
  }

  /** Whether a word on progress may stand behind that place. */
  public boolean hasProgressAfter(long position) {
    return progress >= position;
  }

  /** A message ends here. */
  public void endMessage() {
    messageEnd = written();
  }

  /** What ends at this position ends here, or had nothing for the view; it stays. */
  public void mark(Lsn position) {
    boundaryChunk = last;
    boundary = written();
    marks.add(position, boundary);
  }

  private long written() {
    return last.base + used;
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
    long end = written();
    Mark mark = marks.before(end);
    if (mark != null) {
      lastMark = mark;
    }
    published = new Published(end, messageEnd, lastMark, seals, generation);
    if (end > before) { // else some are yet to read what was new
      trim(isLive ? end - kept() : Math.min(end - kept(), before));
    }
  }

  /** Keeps no more than this from now on. */
  public void limit(int bytes) {
    most = bytes;
    if (isLive) {
      trim(published.end() - kept());
    }
  }

  /** With the rest of the newest piece it is no more than the limit. */
  private int kept() {
    return most - chunkSize();
  }

  /** So much was appended that it is to be published and read before there is more. */
  public boolean isFull() {
    return written() - published.end() > Math.max(most, LEAST_FULL);
  }

  /** Drops whole chunks before this, never the newest. */
  public void trim(long position) {
    Chunk oldest = first;
    Chunk kept = oldest;
    while (kept.next != null && kept.base + kept.limit <= position) {
      kept = kept.next;
    }
    if (kept != oldest) {
      marks.dropBefore(kept.base);
      first = kept;
    }
  }

  /** Drops what came after the last transaction; {@link Cursor#isCut} tells who has read it. */
  public void rollBack() {
    if (written() == boundary) {
      return;
    }
    for (Chunk late = boundaryChunk.next; late != null; late = late.next) {
      late.limit = -1;
    }
    boundaryChunk.limit = (int) (boundary - boundaryChunk.base);
    last = boundaryChunk;
    used = last.limit;
    messageEnd = boundary;
    generation++;
    boolean isDropped = first != last && first.base >= last.base;
    addChunk();
    if (isDropped) {
      first = last;
    }
    publish();
  }

  /** Whoever reads it is served in another way. */
  public void forget() {
    Published old = published;
    first = new Chunk(Long.MAX_VALUE, 0, generation);
    published = // is noticed
        new Published(old.end(), old.messageEnd(), old.mark(), old.isSealed(), generation);
  }

  /** Nothing more comes; all that ends up to this position was here. */
  public void seal(Lsn position) {
    mark(position);
    publish(true);
  }

  /** Held in memory. */
  public long bytes() {
    return Math.max(0, last.base + last.bytes.length - first.base);
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
    Chunk oldest = first;
    return start < 0 || at > published.end() || at < oldest.base ? null : Cursor.at(oldest, at);
  }

  /** The last mark up to the cursor; null if that is dropped. */
  public @Nullable Mark markBefore(Cursor cursor) {
    return marks.before(cursor.position());
  }

  /** Its bytes were dropped: the client must be served in another way. */
  public boolean isPast(Cursor cursor) {
    return cursor.chunk.base < first.base;
  }
}
