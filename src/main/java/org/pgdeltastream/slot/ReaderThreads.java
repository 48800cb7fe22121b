package org.pgdeltastream.slot;

import java.util.concurrent.Executor;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * The readers' threads where the container defines no executor for them: one thread of the
 * container's for each stream, none waiting in a queue.
 */
final class ReaderThreads implements Executor, AutoCloseable {
  private final ThreadPoolExecutor pool;

  ReaderThreads(ThreadFactory threads, int most) {
    pool = new ThreadPoolExecutor(0, most, 10, TimeUnit.SECONDS, new SynchronousQueue<>(), threads);
  }

  @Override
  public void execute(Runnable task) {
    pool.execute(task);
  }

  @Override
  public void close() {
    pool.shutdown();
  }
}
