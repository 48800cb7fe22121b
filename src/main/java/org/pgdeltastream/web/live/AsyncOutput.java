package org.pgdeltastream.web.live;

import static java.lang.System.Logger.Level.DEBUG;

import jakarta.servlet.ServletOutputStream;
import jakarta.servlet.WriteListener;
import java.io.IOException;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.pgdeltastream.feed.FeedSubscriber;
import org.pgdeltastream.feed.Outlet;

/**
 * A container's output that never blocks; its threads say when it takes bytes again. One thread
 * writes.
 */
abstract class AsyncOutput implements Outlet, WriteListener {
  private static final System.Logger LOG = System.getLogger(AsyncOutput.class.getName());

  private static final long MOST_NANOS = 1_000_000_000;
  private static final long CHECK_NANOS = 100_000;
  private static final long NOBODY = 0;

  private final ServletOutputStream output;
  private volatile @Nullable FeedSubscriber subscriber;
  private volatile long user; // a thread's id, or 0; no lock: it would be taken for each message
  private volatile boolean isGone;

  AsyncOutput(ServletOutputStream output) {
    this.output = output;
  }

  final void serves(FeedSubscriber served) {
    subscriber = served;
    if (isGone) {
      served.gone();
    }
  }

  final @Nullable FeedSubscriber subscriber() {
    return subscriber;
  }

  @Override
  public boolean isReady() {
    user = Thread.currentThread().getId(); // first: who says that it is gone waits for this
    try {
      return !isGone && output.isReady();
    } finally {
      user = NOBODY;
    }
  }

  @Override
  public void write(byte[] bytes, int start, int length) throws IOException {
    user = Thread.currentThread().getId(); // first: who says that it is gone waits for this
    try {
      if (!isGone) {
        output.write(bytes, start, length);
      }
    } finally {
      user = NOBODY;
    }
  }

  @Override
  public void flush() throws IOException {
    user = Thread.currentThread().getId(); // first: who says that it is gone waits for this
    try {
      if (!isGone) {
        output.flush();
      }
    } finally {
      user = NOBODY;
    }
  }

  @Override
  public void onWritePossible() {
    FeedSubscriber served = subscriber;
    if (served != null) {
      served.ready();
    }
  }

  @Override
  public void onError(Throwable error) {
    LOG.log(DEBUG, "A subscriber's connection failed: " + error);
    gone();
  }

  /** Nobody is in the output any more when this returns: the container may use it for others. */
  final void gone() {
    isGone = true;
    awaitUnused();
    FeedSubscriber served = subscriber;
    if (served != null) {
      served.gone();
    }
  }

  /** Not for ever: the container may hold what the writer waits for. */
  private void awaitUnused() {
    long end = System.nanoTime() + MOST_NANOS;
    long self = Thread.currentThread().getId();
    while (user != NOBODY && user != self && System.nanoTime() - end < 0) {
      LockSupport.parkNanos(CHECK_NANOS);
    }
  }
}
