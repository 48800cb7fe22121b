package org.pgdeltastream.feed;

import static java.lang.System.Logger.Level.ERROR;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * What is to be done between two transactions of a router, one after the other. Nobody who adds to
 * it waits: the router may be waiting for PostgreSQL's catalog.
 */
public final class RouterCalls {
  private static final System.Logger LOG = System.getLogger(RouterCalls.class.getName());

  private final Router router;
  private final Executor threads;
  private final Queue<Runnable> calls = new ConcurrentLinkedQueue<>();
  private final AtomicBoolean running = new AtomicBoolean();

  public RouterCalls(Router router, Executor threads) {
    this.router = router;
    this.threads = threads;
  }

  /** Soon, and between two transactions. */
  public void add(Runnable call) {
    calls.add(() -> run(call));
    if (running.compareAndSet(false, true)) {
      try {
        threads.execute(this::run);
      } catch (RejectedExecutionException | OutOfMemoryError e) { // then this thread waits
        run();
      }
    }
  }

  private void run() {
    do {
      try {
        for (Runnable call = calls.poll(); call != null; call = calls.poll()) {
          router.between(call);
        }
      } finally {
        running.set(false);
      }
    } while (!calls.isEmpty() && running.compareAndSet(false, true));
  }

  /** Perhaps in the router's thread: neither that nor the others may fail with it. */
  private static void run(Runnable call) {
    try {
      call.run();
    } catch (Throwable e) { // an Error too
      LOG.log(ERROR, "A call of a feed's router failed", e);
    }
  }
}
