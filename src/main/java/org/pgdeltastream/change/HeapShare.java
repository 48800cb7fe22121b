package org.pgdeltastream.change;

import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/**
 * What one holder has of a {@link HeapBudget}, in large steps. One thread holds; any may close, and
 * then nothing is counted any more.
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

  /** From now on it holds this many bytes in all; false, and as before, where there is no room. */
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

  /** What all holders may have together. */
  public long budget() {
    return budget.size();
  }

  /** There will never be room for that many. */
  public boolean isHopeless(long bytes) {
    return bytes > budget.size();
  }

  /**
   * The same for those who cannot go on without.
   *
   * @throws HeapUsedUpException where there is no room
   */
  public void hold(long bytes) throws HeapUsedUpException {
    if (!tryHold(bytes)) {
      throw new HeapUsedUpException(bytes, budget.size());
    }
  }

  /**
   * The same for those who can wait for others to give back, for 20 s.
   *
   * @throws HeapUsedUpException where there is no room for so long, or never will be
   */
  public void awaitHold(long bytes) throws HeapUsedUpException {
    boolean room = tryHold(bytes);
    for (int pause = 0; !room && waits && pause < MOST_PAUSES && !isHopeless(bytes); pause++) {
      LockSupport.parkNanos(PAUSE_NANOS);
      room = tryHold(bytes);
    }
    if (!room) {
      throw new HeapUsedUpException(bytes, budget.size());
    }
  }

  /** From now on {@link #awaitHold} does not wait. For any thread. */
  public void stopWaiting() {
    waits = false;
  }

  /** The same for what is in memory already: others feel that there is less room. */
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

  /** What is more was taken before; what is less is given back. */
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
