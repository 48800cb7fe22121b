package org.pgdeltastream.feed.log;

import org.jspecify.annotations.Nullable;

/**
 * The newest bytes of a {@link FrameLog}, oldest first. One thread appends and drops; others read
 * what the log has published, without a lock.
 */
final class Chunks {
  private static final int FIRST_CHUNK = 1024;
  private static final int LEAST_CHUNK = 256;
  private static final int PARTS = 5; // at least so many chunks

  /** Odd, so that it hardly ever just fills a buffer of the container's. */
  private static final int LARGEST_CHUNK = 16 * 1024 - 1;

  private final boolean isLive;
  private int most;
  private int generation;
  private Chunk last;
  private int used; // of the last chunk
  private volatile Chunk first;

  /**
   * Begins empty.
   *
   * @param isLive drops the oldest while it grows: a large message must not be held whole
   */
  Chunks(int most, boolean isLive) {
    this.most = most;
    this.isLive = isLive;
    this.last = new Chunk(0, Math.min(FIRST_CHUNK, chunkSize()), 0);
    this.first = last;
  }

  private int chunkSize() {
    return Math.min(LARGEST_CHUNK, Math.max(LEAST_CHUNK, most / PARTS));
  }

  /** Keeps no more than this from now on. */
  void limit(int bytes) {
    most = bytes;
  }

  int most() {
    return most;
  }

  /** What is kept of full chunks: with the rest of the newest it is no more than the limit. */
  int kept() {
    return most - chunkSize();
  }

  Chunk first() {
    return first;
  }

  Chunk last() {
    return last;
  }

  /** One more after each roll-back. */
  int generation() {
    return generation;
  }

  /** Where the next byte stands. */
  long written() {
    return last.base + used;
  }

  /** Held in memory. */
  long bytes() {
    return Math.max(0, last.base + last.bytes.length - first.base);
  }

  /** Whether older ones were dropped for it. */
  boolean append(byte[] bytes, int start, int length) {
    Chunk oldest = first;
    int at = start;
    int left = length;
    while (left > 0) {
      if (used == last.limit) {
        add();
      }
      int count = Math.min(left, last.limit - used);
      System.arraycopy(bytes, at, last.bytes, used, count);
      used += count;
      at += count;
      left -= count;
    }
    return oldest.base < first.base;
  }

  /** So many bytes that come next stand in one chunk. */
  void keepTogether(int length) {
    if (last.limit - used < length) {
      last.limit = used;
      add();
    }
  }

  private void add() {
    int size = Math.min(chunkSize(), last.bytes.length * 4);
    Chunk added = new Chunk(last.base + last.limit, size, generation);
    last.next = added;
    last = added;
    used = 0;
    if (isLive) {
      dropBefore(added.base + size - most);
    }
  }

  /** Drops whole chunks before this, never the newest; whether there were any. */
  boolean dropBefore(long position) {
    Chunk kept = first;
    Chunk dropped = kept;
    for (Chunk next = kept.next; next != null && kept.base + kept.limit <= position; ) {
      kept = next;
      next = kept.next;
    }
    long oldest = dropped.base;
    first = kept; // before: who finds no next one finds that its own was dropped
    for (Chunk next = dropped.next; next != null && dropped.base < kept.base; ) {
      dropped.next = null; // who still has it is not to hold all that follows
      dropped = next;
      next = dropped.next;
    }
    return oldest < kept.base;
  }

  /** All that is behind this place of a chunk that is held is undone. */
  void cut(Chunk chunk, long position) {
    generation++;
    for (Chunk late = chunk.next; late != null; late = late.next) {
      late.limit = -1;
    }
    chunk.limit = (int) (position - chunk.base);
    last = chunk;
    used = last.limit;
    add();
  }

  /** All is undone, up to this place that is dropped already. */
  void beginAgain(long position) {
    generation++;
    for (@Nullable Chunk late = first; late != null; late = late.next) {
      late.limit = -1;
    }
    last = new Chunk(position, Math.min(FIRST_CHUNK, chunkSize()), generation);
    used = 0;
    first = last;
  }

  /** It was dropped, with those before it. */
  boolean isDropped(Chunk chunk) {
    Chunk oldest = first;
    return chunk.base < oldest.base || chunk.generation < oldest.generation;
  }

  /** There is nothing to be read any more. */
  void forget() {
    first = new Chunk(Long.MAX_VALUE, 0, generation);
  }
}
