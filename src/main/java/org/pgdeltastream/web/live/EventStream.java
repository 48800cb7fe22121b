package org.pgdeltastream.web.live;

import static java.lang.System.Logger.Level.DEBUG;

import jakarta.servlet.AsyncContext;
import jakarta.servlet.AsyncListener;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicBoolean;
import org.pgdeltastream.delivery.CloseReason;
import org.pgdeltastream.feed.FeedSubscriber;
import org.pgdeltastream.feed.log.FeedPosition;
import org.pgdeltastream.feed.log.Framing;
import org.pgdeltastream.slot.feed.FollowRequest;

/**
 * A feed as server-sent events. A status other than 200 ends an EventSource for good, so all that
 * comes up once it has begun is an event.
 */
final class EventStream extends AsyncOutput implements FollowRequest.Client {
  private static final System.Logger LOG = System.getLogger(EventStream.class.getName());
  private static final byte[] COMMENT = ":\n\n".getBytes(StandardCharsets.US_ASCII);

  /** Begins to serve it, once the container lets it write. */
  interface Beginning {
    FeedSubscriber begin(EventStream stream);
  }

  private final AsyncContext context;
  private final String feed;
  private final Beginning beginning;
  private final AtomicBoolean begun = new AtomicBoolean();
  private final AtomicBoolean over = new AtomicBoolean();
  private volatile boolean isEnding; // all was written

  EventStream(AsyncContext context, String feed, Beginning beginning) throws IOException {
    super(context.getResponse().getOutputStream());
    this.context = context;
    this.feed = feed;
    this.beginning = beginning;
  }

  /** The headers of an event stream, against proxies and caches that would keep it. */
  static void head(HttpServletResponse response) {
    response.setContentType("text/event-stream");
    response.setCharacterEncoding("UTF-8");
    response.setHeader("Cache-Control", "no-store, no-transform");
    response.setHeader("X-Accel-Buffering", "no");
  }

  /** {@code retry: 3170}, a time for each client. */
  static byte[] retry() {
    return ("retry: " + FeedMessages.retryMillis() + "\n\n").getBytes(StandardCharsets.US_ASCII);
  }

  /** The last event. */
  static byte[] bye(CloseReason reason, String detail) {
    return Framing.EVENT_STREAM.notice("bye", FeedMessages.bye(reason, detail));
  }

  @Override
  public void onWritePossible() {
    if (begun.compareAndSet(false, true)) {
      try {
        FeedSubscriber served = beginning.begin(this);
        serves(served);
        served.ready();
      } catch (RuntimeException e) {
        LOG.log(DEBUG, "An event stream did not begin: " + e);
        cut();
      }
    } else if (isEnding) {
      cut();
      gone();
    } else {
      super.onWritePossible();
    }
  }

  @Override
  public void begins(FeedSubscriber one, FeedPosition start, FeedPosition oldest) {
    one.say(retry());
    String hello = FeedMessages.hello(feed, start, oldest);
    one.say(withId("hello", hello, start));
  }

  /** With the newest position as its id: the browser's next attempt is served. */
  @Override
  public void mustRefetch(
      FeedSubscriber one, String reason, FeedPosition oldest, FeedPosition newest) {
    one.say(retry());
    one.say(withId("must-refetch", FeedMessages.mustRefetch(reason, oldest, newest), newest));
    one.end(CloseReason.POSITION_LOST, "position not in the feed: " + reason);
  }

  private static byte[] withId(String event, String json, FeedPosition position) {
    return ("event: " + event + "\nid: " + position + "\ndata: " + json + "\n\n")
        .getBytes(StandardCharsets.UTF_8);
  }

  /** A comment, which keeps proxies from closing the connection. */
  @Override
  public void ping() throws IOException {
    write(COMMENT, 0, COMMENT.length);
    if (isReady()) {
      flush();
    }
  }

  @Override
  public boolean isAnswered() {
    return false;
  }

  /** Not completed before the container has taken it all: some would lose it. */
  @Override
  public boolean end(CloseReason reason, String detail) throws IOException {
    byte[] bye = bye(reason, detail);
    write(bye, 0, bye.length);
    isEnding = true; // before the question, whose no is followed by onWritePossible
    boolean ended = isReady();
    if (ended) {
      cut();
    }
    return ended;
  }

  @Override
  public void cut() {
    if (over.compareAndSet(false, true)) {
      try {
        context.complete();
      } catch (RuntimeException e) { // the container was quicker
        LOG.log(DEBUG, "An event stream had ended: " + e);
      }
    }
  }

  @Override
  public void onError(Throwable error) {
    super.onError(error);
    cut();
  }

  /** To be told by the container how the request ends. */
  AsyncListener listener() {
    return new AsyncEnd(this::completed, this::broken);
  }

  private void completed() {
    over.set(true);
    gone();
  }

  private void broken() {
    gone();
    cut();
  }
}
