package org.pgdeltastream.web.live;

import static java.lang.System.Logger.Level.DEBUG;

import jakarta.servlet.AsyncContext;
import jakarta.servlet.AsyncEvent;
import jakarta.servlet.AsyncListener;
import jakarta.servlet.http.HttpServletRequest;
import java.io.IOException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import org.pgdeltastream.feed.FeedSubscriber;
import org.pgdeltastream.slot.feed.FollowRequest;

/**
 * An answer to an HTTP request that goes on after the call. It is completed once, and not before
 * the container has taken it all: some would lose the rest.
 */
abstract class AsyncAnswer extends AsyncOutput implements FollowRequest.Client, AsyncListener {
  private static final System.Logger LOG = System.getLogger(AsyncAnswer.class.getName());

  private final AsyncContext context;
  private final Function<AsyncAnswer, FeedSubscriber> beginning;
  private final AtomicBoolean begun = new AtomicBoolean();
  private final AtomicBoolean over = new AtomicBoolean();
  private volatile boolean isEnding; // all was written

  /**
   * Nothing is written before {@link #begin}.
   *
   * @param beginning begins to serve it, once the container lets it write
   */
  AsyncAnswer(AsyncContext context, Function<AsyncAnswer, FeedSubscriber> beginning)
      throws IOException {
    super(context.getResponse().getOutputStream());
    this.context = context;
    this.beginning = beginning;
  }

  /** Nobody but the feed ends it. */
  static AsyncContext context(HttpServletRequest request) {
    AsyncContext context = request.startAsync();
    context.setTimeout(0);
    return context;
  }

  /** Lets the container call. */
  final void begin() throws IOException {
    context.addListener(this);
    context.getResponse().getOutputStream().setWriteListener(this);
  }

  @Override
  public final void onWritePossible() {
    if (begun.compareAndSet(false, true)) {
      try {
        FeedSubscriber served = beginning.apply(this);
        serves(served);
        served.ready();
      } catch (RuntimeException e) {
        notBegun(e);
      }
    } else if (isEnding) {
      cut();
    } else {
      super.onWritePossible();
    }
  }

  /** It cannot be served. */
  abstract void notBegun(RuntimeException e);

  /** All was written. */
  final void complete() {
    isEnding = true; // before the question, whose no is followed by onWritePossible
    if (super.isReady()) {
      cut();
    }
  }

  final boolean isOver() {
    return over.get();
  }

  @Override
  public final boolean isAnswered() {
    return false;
  }

  @Override
  public final void cut() {
    if (over.compareAndSet(false, true)) {
      try {
        context.complete();
      } catch (RuntimeException e) { // the container was quicker
        LOG.log(DEBUG, "An answer had ended: " + e);
      }
      gone();
    }
  }

  @Override
  public final void onError(Throwable error) {
    super.onError(error);
    cut();
  }

  @Override
  public final void onComplete(AsyncEvent event) {
    over.set(true);
    gone();
  }

  @Override
  public final void onTimeout(AsyncEvent event) {
    gone();
    cut();
  }

  @Override
  public final void onError(AsyncEvent event) {
    gone();
    cut();
  }

  @Override
  public final void onStartAsync(AsyncEvent event) {}
}
