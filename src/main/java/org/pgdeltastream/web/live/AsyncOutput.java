package org.pgdeltastream.web.live;

import static java.lang.System.Logger.Level.DEBUG;

import jakarta.servlet.ServletOutputStream;
import jakarta.servlet.WriteListener;
import java.io.IOException;
import org.jspecify.annotations.Nullable;
import org.pgdeltastream.feed.FeedSubscriber;
import org.pgdeltastream.feed.Outlet;

/** A container's output that never blocks; its threads say when it takes bytes again. */
abstract class AsyncOutput implements Outlet, WriteListener {
  private static final System.Logger LOG = System.getLogger(AsyncOutput.class.getName());

  private final ServletOutputStream output;
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
    return output.isReady();
  }

  @Override
  public void write(byte[] bytes, int start, int length) throws IOException {
    output.write(bytes, start, length);
  }

  @Override
  public void flush() throws IOException {
    output.flush();
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

  final void gone() {
    isGone = true;
    FeedSubscriber served = subscriber;
    if (served != null) {
      served.gone();
    }
  }
}
