package org.pgdeltastream.slot;

import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.Semaphore;

/**
 * A few of the readers' threads, for decoding ahead. The readers' executor has room for all streams
 * and little more: many clients that come far behind at once must not take it from other streams.
 */
final class AheadThreads implements Executor {
  static final int MOST = 4;

  private final Executor readers;
  private final Semaphore free = new Semaphore(MOST);

  AheadThreads(Executor readers) {
    this.readers = readers;
  }

  /**
   * Runs it at once.
   *
   * @throws RejectedExecutionException if there is no thread for it
   */
  @Override
  public void execute(Runnable task) {
    if (!free.tryAcquire()) {
      throw new RejectedExecutionException(MOST + " tasks are decoding ahead already");
    }
    try {
      readers.execute(() -> runAndFree(task));
    } catch (RuntimeException e) {
      free.release();
      throw e;
    }
  }

  private void runAndFree(Runnable task) {
    try {
      task.run();
    } finally {
      free.release();
    }
  }
}
