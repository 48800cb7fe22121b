package org.pgdeltastream.feed.log;

import org.jspecify.annotations.Nullable;

/** Some of the bytes. All before {@code next} are full, but for those that a rollback cut. */
final class Chunk {
  final long base;
  final int generation; // of its log
  final byte[] bytes;
  int limit;
  volatile @Nullable Chunk next;

  Chunk(long base, int size, int generation) {
    this.base = base;
    this.generation = generation;
    this.bytes = new byte[size];
    this.limit = size;
  }
}
