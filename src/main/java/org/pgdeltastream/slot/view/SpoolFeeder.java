package org.pgdeltastream.slot.view;

import static java.lang.System.Logger.Level.WARNING;

import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.pgdeltastream.delivery.CloseReason;

/** Reads snapshots' files for all subscribers of a feed, a piece for each in turn. One thread. */
final class SpoolFeeder implements Runnable {
  private static final System.Logger LOG = System.getLogger(SpoolFeeder.class.getName());
  private static final long IDLE_MILLIS = 200;

  private final Executor threads;
  private final LinkedBlockingQueue<SpoolRows> asked = new LinkedBlockingQueue<>();
  private final AtomicBoolean running = new AtomicBoolean();

  SpoolFeeder(Executor threads) {
    this.threads = threads;
  }

  /** Soon, and once: a subscriber asks again when it has taken what was read. */
  void read(SpoolRows one) {
    asked.add(one);
    begin();
  }

  private void begin() {
    if (running.compareAndSet(false, true)) {
      try {
        threads.execute(this);
      } catch (RejectedExecutionException | OutOfMemoryError e) { // or no thread
        running.set(false);
        for (SpoolRows one = asked.poll(); one != null; one = asked.poll()) {
          one.subscriber().end(CloseReason.LIMIT, "no thread for a snapshot");
        }
      }
    }
  }

  @Override
  public void run() {
    try {
      SpoolRows one = asked.poll(IDLE_MILLIS, TimeUnit.MILLISECONDS);
      while (one != null) {
        readOn(one);
        one = asked.poll(IDLE_MILLIS, TimeUnit.MILLISECONDS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      running.set(false);
    }
    if (!asked.isEmpty()) {
      begin();
    }
  }

  private static void readOn(SpoolRows one) {
    if (one.subscriber().isOver()) {
      return;
    }
    try {
      one.readOn();
    } catch (Throwable e) { // an Error too: others want their pieces
      LOG.log(WARNING, "A snapshot's file cannot be read", e);
      one.subscriber().end(CloseReason.SLOW_SUBSCRIBER, "its snapshot cannot be read any more");
    }
  }
}
