package org.pgdeltastream.change;

import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/**
 * What one holder has of a {@link HeapBudget}, in large steps. One thread holds; any may close, and
 * nothing is counted after that.
 */
public final class HeapShare implements AutoCloseable {
  private static final long CLOSED = -1;
  private static final long PAUSE_NANOS = 5_000_000;
  private static final int MOST_PAUSES = 4_000; // 20 s; the core asks no clock

  private final HeapBudget budget;
  private final AtomicLong held = new AtomicLong();
  private volatile boolean waits = true;

  HeapShare(HeapBudget budget) {
    this.budget = budget;
  }

  /** Holds this many bytes in all; false, and no change, where the budget does not allow it. */
  public boolean tryHold(long bytes) {
    long wanted = steps(bytes);
    long before = held.get();
    if (before == wanted || before == CLOSED) {
      return true;
    }
    if (wanted > before && !budget.tryTake(wanted - before)) {
      return false;
    }
    changed(before, wanted);
    return true;
  }

  /** The bytes that all holders may have together. */
  public long budget() {
    return budget.size();
  }

  /** The whole budget is smaller than this. */
  public boolean isHopeless(long bytes) {
    return bytes > budget.size();
  }

  /**
   * The same for callers that cannot continue without the memory.
   *
   * @throws HeapUsedUpException where the budget does not allow it
   */
  public void hold(long bytes) throws HeapUsedUpException {
    if (!tryHold(bytes)) {
      throw new HeapUsedUpException(bytes, budget.size());
    }
  }

  /**
   * The same, but waits up to 20 s for other holders to give memory back.
   *
   * @throws HeapUsedUpException where the budget does not allow it in this time, or never will
   */
  public void awaitHold(long bytes) throws HeapUsedUpException {
    boolean held = tryHold(bytes);
    for (int pause = 0; !held && waits && pause < MOST_PAUSES && !isHopeless(bytes); pause++) {
      LockSupport.parkNanos(PAUSE_NANOS);
      held = tryHold(bytes);
    }
    if (!held) {
      throw new HeapUsedUpException(bytes, budget.size());
    }
  }

  /** {@link #awaitHold} does not wait any more. For any thread. */
  public void stopWaiting() {
    waits = false;
  }

  /** The same for bytes that are in memory already: less is left for other holders. */
  public void holdAnyway(long bytes) {
    long wanted = steps(bytes);
    long before = held.get();
    if (before != wanted && before != CLOSED) {
      if (wanted > before) {
        budget.take(wanted - before);
      }
      changed(before, wanted);
    }
  }

  /** Gives everything back, for good. */
  @Override
  public void close() {
    long before = held.getAndSet(CLOSED);
    if (before != CLOSED) {
      budget.give(before);
    }
  }

  /** Takes the difference, or gives it back. */
  private void changed(long before, long wanted) {
    boolean open = held.compareAndSet(before, wanted);
    if (open ? wanted < before : wanted > before) {
      budget.give(Math.abs(before - wanted));
    }
  }

  private static long steps(long bytes) {
    return bytes / HeapBudget.STEP * HeapBudget.STEP;
  }
}
