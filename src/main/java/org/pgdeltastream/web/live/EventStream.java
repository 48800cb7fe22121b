package org.pgdeltastream.web.live;

import static java.lang.System.Logger.Level.DEBUG;

import jakarta.servlet.AsyncContext;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;
import java.util.function.Function;
import org.pgdeltastream.delivery.CloseReason;
import org.pgdeltastream.feed.FeedSubscriber;
import org.pgdeltastream.feed.log.FeedPosition;
import org.pgdeltastream.feed.log.Framing;

/**
 * A feed as server-sent events. A status other than 200 ends an EventSource for good, so all that
 * comes up once it has begun is an event.
 */
final class EventStream extends AsyncAnswer {
  private static final System.Logger LOG = System.getLogger(EventStream.class.getName());
  private static final byte[] COMMENT = ":\n\n".getBytes(StandardCharsets.US_ASCII);

  private final String feed;
  private volatile boolean hasBegun;

  EventStream(AsyncContext context, String feed, Function<AsyncAnswer, FeedSubscriber> beginning)
      throws IOException {
    super(context, beginning);
    this.feed = feed;
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
  void notBegun(RuntimeException e) {
    LOG.log(DEBUG, "An event stream did not begin: " + e);
    cut();
  }

  @Override
  public void begins(FeedSubscriber one, FeedPosition start, FeedPosition oldest) {
    hasBegun = true;
    one.say(retry());
    String hello = FeedMessages.hello(feed, start, oldest);
    one.say(withId("hello", hello, start.toString()));
  }

  /**
   * Without a position as an id: a browser that comes again before the rows have ended begins anew.
   * An empty id has it forget the one that cannot be served.
   */
  @Override
  public void beginsWithRows(FeedSubscriber one, Optional<String> refetch, FeedPosition oldest) {
    hasBegun = true;
    one.say(retry());
    one.say(Framing.EVENT_STREAM.notice("hello", FeedMessages.helloWithRows(feed, oldest)));
    refetch.ifPresent(
        reason -> one.say(withId("must-refetch", FeedMessages.mustRefetch(reason, oldest), "")));
  }

  /** With the newest position as its id: the browser's next attempt is served. */
  @Override
  public void mustRefetch(
      FeedSubscriber one, String reason, FeedPosition oldest, FeedPosition newest) {
    hasBegun = true;
    one.say(retry());
    one.say(
        withId(
            "must-refetch", FeedMessages.mustRefetch(reason, oldest, newest), newest.toString()));
    one.end(CloseReason.POSITION_LOST, FeedMessages.notThere(reason));
  }

  private static byte[] join(byte[] one, byte[] other) {
    byte[] both = Arrays.copyOf(one, one.length + other.length);
    System.arraycopy(other, 0, both, one.length, other.length);
    return both;
  }

  private static byte[] withId(String event, String json, String id) {
    return ("event: " + event + "\nid: " + id + "\ndata: " + json + "\n\n")
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
  public boolean end(CloseReason reason, String detail) throws IOException {
    byte[] bye = hasBegun ? bye(reason, detail) : join(retry(), bye(reason, detail));
    write(bye, 0, bye.length);
    complete();
    return isOver();
  }
}
