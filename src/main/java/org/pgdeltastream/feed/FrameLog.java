package org.pgdeltastream.feed;

import org.jspecify.annotations.Nullable;
import org.pgdeltastream.change.Lsn;

/**
 * The newest finished bytes of a view, in one framing. One thread appends and publishes; any number
 * of {@link Cursor}s read what is published, without a lock. Bytes that were published are never
 * overwritten.
 */
public final class FrameLog {
  private static final int FIRST_CHUNK = 1024;

  /** Odd, so that it hardly ever just fills a buffer of the container's. */
  static final int CHUNK = 16 * 1024 - 1;

  private final int most;
  private final boolean isLive;
  private Chunk last = new Chunk(0, FIRST_CHUNK);
  private volatile Chunk first = last;
  private int used; // of the last chunk
  private Chunk boundaryChunk = last; // where the last whole message ended
  private long boundary;
  private @Nullable Chunk openChunk; // where the open transaction begins, while one is
  private long open;
  private volatile Published published;
  private volatile boolean sealed;
  private final Marks marks;

  /**
   * What can be read.
   *
   * @param messageEnd where the last whole message ends
   * @param position the last position up to which all stands before {@code mark}
   */
  record Published(long end, long messageEnd, Lsn position, long mark) {
    boolean endsWithMessage() {
      return messageEnd == end;
    }
  }

  /** Some of the bytes. All before {@code next} are full, but for those that a rollback cut. */
  private static final class Chunk {
    final long base;
    final byte[] bytes;
    int limit;
    @Nullable Chunk next;

    Chunk(long base, int size) {
      this.base = base;
      this.bytes = new byte[size];
      this.limit = size;
    }
  }

  /** Where a subscriber is. One thread at a time uses it. */
  public static final class Cursor {
    private Chunk chunk;
    private int offset;

    private Cursor(Chunk chunk, int offset) {
      this.chunk = chunk;
      this.offset = offset;
    }

    long position() {
      return chunk.base + offset;
    }

    byte[] bytes() {
      return chunk.bytes;
    }

    int offset() {
      return offset;
    }

    void advance(int count) {
      offset += count;
    }
  }

  /**
   * Begins empty.
   *
   * @param most how many bytes to keep
   * @param isLive whether it has what comes from now on; else what was before, up to its seal
   * @param start its first transaction ends after this
   */
  FrameLog(int most, boolean isLive, Lsn start) {
    this.most = most;
    this.isLive = isLive;
    this.marks = new Marks(start);
    this.published = new Published(0, 0, start, 0);
  }

  void append(byte[] bytes, int start, int length) {
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
    int size = Math.min(Math.min(CHUNK, Math.max(FIRST_CHUNK, most / 4)), last.bytes.length * 4);
    Chunk added = new Chunk(last.base + last.limit, size);
    last.next = added;
    last = added;
    used = 0;
  }

  /** A transaction begins here: in some formats it has many messages. */
  void beginTransaction() {
    openChunk = last;
    open = written();
  }

  /** It has ended, and will not be rolled back. */
  void endTransaction() {
    openChunk = null;
  }

  /** A message ends here. */
  void endMessage() {
    boundaryChunk = last;
    boundary = written();
  }

  /** A transaction that ends at this position ends here, or one that had nothing for the view. */
  void mark(Lsn position) {
    marks.add(position, written());
  }

  private long written() {
    return last.base + used;
  }

  /** Makes all that was appended readable, and drops what is beyond the bound. */
  void publish() {
    long end = written();
    published = new Published(end, boundary, marks.before(end), marks.endBefore(end));
    trim(end - most);
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

  /**
   * Drops what came after the last whole transaction or message; whoever has read it is told {@link
   * #isCut}.
   */
  void rollBack() {
    Chunk start = openChunk;
    if (start != null) {
      boundaryChunk = start;
      boundary = open;
      openChunk = null;
    }
    for (Chunk late = boundaryChunk.next; late != null; late = late.next) {
      late.limit = -1;
    }
    boundaryChunk.limit = (int) (boundary - boundaryChunk.base);
    last = boundaryChunk;
    used = last.limit;
    addChunk();
    if (first.base > boundaryChunk.base) { // the dropped bytes had taken all the space
      first = boundaryChunk;
    }
    publish();
  }

  /** Nothing more comes; all that ends up to this position was here. */
  void seal(Lsn position) {
    mark(position);
    publish();
    sealed = true;
  }

  boolean isLive() {
    return isLive;
  }

  boolean isSealed() {
    return sealed;
  }

  Published published() {
    return published;
  }

  /** It has everything that ends after this position. */
  public boolean covers(Lsn position) {
    return marks.covers(position);
  }

  /** A cursor behind all that ends at or before this position, and so many bytes more. */
  public @Nullable Cursor cursorAfter(Lsn position, long more) {
    if (!marks.covers(position)) {
      return null;
    }
    long at = marks.after(position) + more;
    if (at > published.end()) {
      return null;
    }
    Cursor cursor = new Cursor(first, 0);
    while (at > cursor.chunk.base + cursor.chunk.limit && cursor.chunk.next != null) {
      cursor.chunk = cursor.chunk.next;
    }
    cursor.offset = (int) (at - cursor.chunk.base);
    return cursor.offset < 0 ? null : cursor;
  }

  /** What this cursor's client has: the last position passed. */
  Lsn positionOf(Cursor cursor) {
    return marks.before(cursor.position());
  }

  /** Where {@link #positionOf} stands in the log. */
  long markBefore(Cursor cursor) {
    return marks.endBefore(cursor.position());
  }

  /** How many bytes can be read from the cursor's array; moves it to the next array if need be. */
  static int available(Cursor cursor, Published published) {
    long readable = published.end();
    Chunk chunk = cursor.chunk;
    if (cursor.offset == chunk.limit && chunk.next != null && chunk.next.base <= readable) {
      chunk = chunk.next;
      cursor.chunk = chunk;
      cursor.offset = 0;
    }
    return (int) Math.min(readable - cursor.position(), chunk.limit - cursor.offset);
  }

  /** Its bytes were dropped: the client must be served in another way. */
  boolean isPast(Cursor cursor) {
    return cursor.chunk.base < first.base;
  }

  /** It has read what was rolled back. */
  static boolean isCut(Cursor cursor) {
    return cursor.offset > cursor.chunk.limit;
  }
}
