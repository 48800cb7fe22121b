package org.pgdeltastream.web.live;

import jakarta.servlet.AsyncEvent;
import jakarta.servlet.AsyncListener;

/**
 * How an asynchronous request ends.
 *
 * @param completed runs when it was completed
 * @param broken runs when it failed, or took too long
 */
record AsyncEnd(Runnable completed, Runnable broken) implements AsyncListener {
  @Override
  public void onComplete(AsyncEvent event) {
    completed.run();
  }

  @Override
  public void onTimeout(AsyncEvent event) {
    broken.run();
  }

  @Override
  public void onError(AsyncEvent event) {
    broken.run();
  }

  @Override
  public void onStartAsync(AsyncEvent event) {}
}
