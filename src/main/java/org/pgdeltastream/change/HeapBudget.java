package org.pgdeltastream.change;

import java.util.concurrent.atomic.AtomicLong;

/**
 * The heap that pages and large messages may take together. Hands out bytes and takes them back;
 * never waits. For any thread.
 */
public final class HeapBudget {
  /** What is less than this is free: it is not worth the counting. */
  public static final int STEP = 64 * 1024;

  private final long size;
  private final AtomicLong free;

  public HeapBudget(long size) {
    this.size = size;
    this.free = new AtomicLong(size);
  }

  /** One that never ends. */
  public static HeapBudget unlimited() {
    return new HeapBudget(Long.MAX_VALUE / 2);
  }

  public long size() {
    return size;
  }

  /** What nobody holds; negative where more is held than there should be. */
  public long free() {
    return free.get();
  }

  /** A holder of heap, of nothing yet. */
  public HeapShare share() {
    return new HeapShare(this);
  }

  boolean tryTake(long bytes) {
    long before = free.get();
    while (bytes <= before) {
      if (free.compareAndSet(before, before - bytes)) {
        return true;
      }
      before = free.get();
    }
    return false;
  }

  /** What is in memory already counts whether there was room for it or not. */
  void take(long bytes) {
    free.addAndGet(-bytes);
  }

  void give(long bytes) {
    free.addAndGet(bytes);
  }
}
