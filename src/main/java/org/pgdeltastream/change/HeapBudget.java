package org.pgdeltastream.change;

import java.util.concurrent.atomic.AtomicLong;

/**
 * The heap that pages and large messages may take together. Counts bytes; never waits. For any
 * thread.
 */
public final class HeapBudget {
  /** Holders do not count less than this. */
  public static final int STEP = 64 * 1024;

  private final long size;
  private final AtomicLong free;

  public HeapBudget(long size) {
    this.size = size;
    this.free = new AtomicLong(size);
  }

  /** A budget without a limit. */
  public static HeapBudget unlimited() {
    return new HeapBudget(Long.MAX_VALUE / 2);
  }

  public long size() {
    return size;
  }

  /** The bytes that no holder has; negative where holders have more than the budget. */
  public long free() {
    return free.get();
  }

  /** A new holder, which has nothing yet. */
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

  /** Counts bytes that are in memory already, even beyond the budget. */
  void take(long bytes) {
    free.addAndGet(-bytes);
  }

  void give(long bytes) {
    free.addAndGet(bytes);
  }
}
