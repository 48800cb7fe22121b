package org.pgdeltastream.feed.log;

/** Where a subscriber is. One thread at a time uses it. */
public final class Cursor {
  Chunk chunk;
  int offset;

  Cursor(Chunk chunk, int offset) {
    this.chunk = chunk;
    this.offset = offset;
  }

  /** So far behind an earlier chunk's base. */
  static Cursor at(Chunk from, long position) {
    Chunk chunk = from;
    while (chunk.next != null && position > chunk.base + chunk.limit) {
      chunk = chunk.next;
    }
    return new Cursor(chunk, (int) (position - chunk.base));
  }

  public long position() {
    return chunk.base + offset;
  }

  public byte[] bytes() {
    return chunk.bytes;
  }

  public int offset() {
    return offset;
  }

  public void advance(int count) {
    offset += count;
  }

  /** How many bytes can be read from the array; moves to the next array if need be. */
  public int available(FrameLog.Published published) {
    while (offset == chunk.limit) {
      Chunk next = chunk.next;
      if (next == null
          || next.base >= published.end()
          || next.generation > published.generation()) {
        return 0; // not before there is something: what is there may be rolled back
      }
      chunk = next;
      offset = 0;
    }
    return (int) Math.min(published.end() - position(), chunk.limit - offset);
  }

  /** It has read what was rolled back. */
  public boolean isCut() {
    return offset > chunk.limit;
  }
}
