package org.pgdeltastream.feed.log;

/** Where a subscriber is. One thread at a time uses it. */
public final class Cursor {
  Chunk chunk;
  int offset;

  Cursor(Chunk chunk, int offset) {
    this.chunk = chunk;
    this.offset = offset;
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
}
