package org.pgdeltastream.web.live;

import static java.lang.System.Logger.Level.DEBUG;

import jakarta.servlet.ServletOutputStream;
import jakarta.servlet.WriteListener;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.pgdeltastream.feed.FeedSubscriber;
import org.pgdeltastream.feed.Outlet;

/** A container's output that never blocks; its threads say when it takes bytes again. */
abstract class AsyncOutput implements Outlet, WriteListener {
  private static final System.Logger LOG = System.getLogger(AsyncOutput.class.getName());

  private static final long MOST_MILLIS = 1000;

  private final ServletOutputStream output;
  private final ReentrantLock using = new ReentrantLock();
  private volatile @Nullable FeedSubscriber subscriber;
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
    using.lock();
    try {
      return !isGone && output.isReady();
    } finally {
      using.unlock();
    }
  }

  @Override
  public void write(byte[] bytes, int start, int length) throws IOException {
    using.lock();
    try {
      if (!isGone) {
        output.write(bytes, start, length);
      }
    } finally {
      using.unlock();
    }
  }

  @Override
  public void flush() throws IOException {
    using.lock();
    try {
      if (!isGone) {
        output.flush();
      }
    } finally {
      using.unlock();
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
    try {
      if (using.tryLock(MOST_MILLIS, TimeUnit.MILLISECONDS)) {
        using.unlock();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
