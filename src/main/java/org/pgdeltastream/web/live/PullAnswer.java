package org.pgdeltastream.web.live;

import static java.lang.System.Logger.Level.DEBUG;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import jakarta.servlet.AsyncContext;
import jakarta.servlet.AsyncEvent;
import jakarta.servlet.AsyncListener;
import jakarta.servlet.http.HttpServletResponse;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.change.Problem;
import org.pgdeltastream.change.ProblemException;
import org.pgdeltastream.delivery.CloseReason;
import org.pgdeltastream.feed.FeedSubscriber;
import org.pgdeltastream.feed.log.FeedPosition;
import org.pgdeltastream.slot.feed.FollowRequest;
import org.pgdeltastream.web.http.ErrorBody;
import org.pgdeltastream.web.http.Errors;
import org.pgdeltastream.web.socket.CloseCodes;

/**
 * The answer to a pull: whole transactions, as they come, until all there is was sent or the answer
 * is long enough. Where there is nothing it waits.
 */
final class PullAnswer extends AsyncOutput implements AsyncListener, FollowRequest.Client {
  private static final System.Logger LOG = System.getLogger(PullAnswer.class.getName());
  private static final byte[] NOTHING = {};

  /** Longer than a position may be ahead of this server. */
  private static final long UNREACHED_NANOS = Duration.ofSeconds(15).toNanos();

  private final AsyncContext context;
  private final HttpServletResponse response;
  private final boolean asLines;
  private final long limitBytes;
  private final long deadline;
  private final Function<PullAnswer, FeedSubscriber> beginning;
  private final AtomicBoolean begun = new AtomicBoolean();
  private final AtomicBoolean over = new AtomicBoolean();
  private final PulledLines lines = new PulledLines();
  private volatile @Nullable FeedPosition start;
  private volatile byte @Nullable [] refusal;
  private Lsn position = Lsn.NONE; // the writer's, as is what follows
  private long sent;
  private boolean headIsSent;
  private final ByteArrayOutputStream out = new ByteArrayOutputStream(); // for the container
  private volatile boolean isEnding; // all was written
  private boolean isCaughtUp;
  private boolean isEnough;
  private boolean inMessage;
  private boolean inTransaction;

  /**
   * Waits up to a deadline.
   *
   * @param asLines a message a line; else one JSON object
   * @param waitNanos how long it waits for something new
   * @param beginning begins to serve it, once the container lets it write
   */
  PullAnswer(
      AsyncContext context,
      boolean asLines,
      long limitBytes,
      long waitNanos,
      Function<PullAnswer, FeedSubscriber> beginning)
      throws IOException {
    super(context.getResponse().getOutputStream());
    this.context = context;
    this.response = (HttpServletResponse) context.getResponse();
    this.asLines = asLines;
    this.limitBytes = limitBytes;
    this.deadline = System.nanoTime() + waitNanos;
    this.beginning = beginning;
  }

  @Override
  public void onWritePossible() {
    if (begun.compareAndSet(false, true)) {
      try {
        FeedSubscriber served = beginning.apply(this);
        serves(served);
        served.ready();
      } catch (RuntimeException e) {
        answer(Errors.of(e));
      }
    } else if (isEnding) {
      cut();
    } else {
      super.onWritePossible();
    }
  }

  @Override
  public void begins(FeedSubscriber one, FeedPosition begins, FeedPosition oldest) {
    start = begins;
    position = begins.lsn();
  }

  @Override
  public void mustRefetch(
      FeedSubscriber one, String reason, FeedPosition oldest, FeedPosition newest) {
    refusal = FeedMessages.refetchError(reason, oldest, newest);
    one.end(CloseReason.POSITION_LOST, reason);
  }

  /** No more than whole transactions beyond the limit: the rest of the log is left. */
  @Override
  public boolean isReady() {
    return !isEnough && super.isReady();
  }

  @Override
  public void write(byte[] bytes, int start, int length) throws IOException {
    if (isEnough) {
      return;
    }
    sendHead();
    int at = start;
    int end = start + length;
    while (at < end && !isEnough) {
      at = take(bytes, at, end);
    }
    if (isEnough) {
      addEnd(false);
    }
    hand();
  }

  /** Takes the next line, or what is there of it; returns where that ends. */
  private int take(byte[] bytes, int at, int end) {
    int lineEnd = lines.endOf(bytes, at, end);
    if (!asLines && !inMessage && sent > 0) {
      out.write(',');
    }
    inMessage = lineEnd < 0;
    inTransaction = true;
    int stop = inMessage ? end : lineEnd;
    out.write(bytes, at, inMessage || asLines ? stop - at : stop - at - 1);
    sent += stop - at;
    Lsn reached = inMessage ? Lsn.NONE : lines.position();
    if (!reached.equals(Lsn.NONE)) {
      position = reached;
      inTransaction = false;
      isEnough = sent >= limitBytes;
    }
    return stop;
  }

  /** At once: a container takes no second piece before it has asked for it. */
  private void hand() throws IOException {
    super.write(out.toByteArray(), 0, out.size());
    out.reset();
    if (isEnough) {
      complete();
    }
  }

  /** Not before the container has taken it all: some would lose it. */
  private void complete() {
    isEnding = true; // before the question, whose no is followed by onWritePossible
    if (super.isReady()) {
      cut();
    }
  }

  private void sendHead() {
    if (!headIsSent) {
      headIsSent = true;
      response.setHeader("Cache-Control", "no-store");
      response.setContentType(asLines ? "application/x-ndjson" : "application/json");
      out.writeBytes(asLines ? NOTHING : "{\"messages\":[".getBytes(US_ASCII));
    }
  }

  @Override
  public void caughtUp(Lsn reached) throws IOException {
    if (inTransaction) {
      return; // a transaction of many messages, whose end is still to come
    }
    isCaughtUp = true;
    if (reached.isAfter(position)) {
      position = reached;
    }
    if (sent > 0 || isLate(0)) {
      finish();
    }
  }

  @Override
  public void check() throws IOException {
    if (isEnough || headIsSent) {
      return;
    }
    if (isCaughtUp && isLate(0)) {
      finish();
    } else if (start == null && isLate(UNREACHED_NANOS) && super.isReady()) {
      answer(problem(CloseReason.UPSTREAM_LOST, "PostgreSQL was not reached"));
    }
  }

  private boolean isLate(long more) {
    return System.nanoTime() - deadline - more >= 0;
  }

  private void finish() throws IOException {
    if (!isEnough && !inTransaction && !over.get() && super.isReady()) {
      sendHead();
      isEnough = true;
      addEnd(true);
      hand();
    }
  }

  private void addEnd(boolean live) {
    FeedPosition from = start;
    String text = from == null ? "" : new FeedPosition(from.stamp(), position).toString();
    String end = "\"position\":\"" + text + "\",\"live\":" + live + "}";
    out.writeBytes((asLines ? "{" + end + "\n" : "]," + end).getBytes(UTF_8));
  }

  @Override
  public void ping() {}

  @Override
  public boolean isAnswered() {
    return false;
  }

  @Override
  public boolean end(CloseReason reason, String detail) throws IOException {
    byte[] refused = refusal;
    if (headIsSent) {
      cut(); // in the middle: the client sees that the end is missing
    } else if (refused == null) {
      answer(problem(reason, detail));
    } else {
      refuse(refused);
      complete();
    }
    return over.get();
  }

  private void refuse(byte[] json) throws IOException {
    headIsSent = true;
    response.setStatus(HttpServletResponse.SC_GONE);
    response.setHeader("Cache-Control", "no-store");
    response.setContentType("application/json");
    super.write(json, 0, json.length);
  }

  private static ErrorBody problem(CloseReason reason, String detail) {
    if (reason == CloseReason.SLOT_NOT_FOUND) {
      return Errors.of(new ProblemException(Problem.FEED_NOT_FOUND, detail, "Make it again"));
    }
    boolean again = CloseCodes.code(reason) < 4500;
    return Errors.of(
        new ProblemException(
            again ? Problem.UPSTREAM_UNAVAILABLE : Problem.UPSTREAM_CONFIG,
            CloseCodes.text(reason, detail),
            again ? "Try again" : "See GET /v1/feeds"));
  }

  private void answer(ErrorBody error) {
    headIsSent = true;
    try {
      error.sendTo(response);
    } catch (IOException | RuntimeException e) {
      LOG.log(DEBUG, "A pull's client had gone: " + e);
    }
    complete();
  }

  @Override
  public void cut() {
    if (over.compareAndSet(false, true)) {
      try {
        context.complete();
      } catch (RuntimeException e) { // the container was quicker
        LOG.log(DEBUG, "A pull had ended: " + e);
      }
      gone();
    }
  }

  @Override
  public void onError(Throwable error) {
    super.onError(error);
    cut();
  }

  @Override
  public void onComplete(AsyncEvent event) {
    over.set(true);
    gone();
  }

  @Override
  public void onTimeout(AsyncEvent event) {
    cut();
  }

  @Override
  public void onError(AsyncEvent event) {
    cut();
  }

  @Override
  public void onStartAsync(AsyncEvent event) {}
}
