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
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.change.Problem;
import org.pgdeltastream.change.ProblemException;
import org.pgdeltastream.delivery.CloseReason;
import org.pgdeltastream.feed.FeedPosition;
import org.pgdeltastream.feed.FeedSubscriber;
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

  private final AsyncContext context;
  private final HttpServletResponse response;
  private final boolean asLines;
  private final long limitBytes;
  private final long deadline;
  private final Function<PullAnswer, FeedSubscriber> beginning;
  private final AtomicBoolean begun = new AtomicBoolean();
  private final AtomicBoolean over = new AtomicBoolean();
  private final PulledLines lines = new PulledLines();
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private volatile @Nullable FeedPosition start;
  private volatile byte @Nullable [] refusal;
  private Lsn position = Lsn.NONE; // the writer's, as is what follows
  private long sent;
  private boolean headIsSent;
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
      int lineEnd = lines.endOf(bytes, at, end);
      if (!asLines && !inMessage && sent > 0) {
        out.write(',');
      }
      inMessage = lineEnd < 0;
      inTransaction = true;
      int stop = lineEnd < 0 ? end : lineEnd;
      int shown = lineEnd < 0 || asLines ? stop - at : stop - at - 1;
      out.write(bytes, at, shown);
      sent += stop - at;
      at = stop;
      Lsn reached = lineEnd < 0 ? Lsn.NONE : lines.position();
      if (!reached.equals(Lsn.NONE)) {
        position = reached;
        inTransaction = false;
        isEnough = sent >= limitBytes;
      }
    }
    if (isEnough) {
      finish(false);
    } else {
      writeOut();
    }
  }

  /** At once: a container may take no second write before it was asked again. */
  private void writeOut() throws IOException {
    byte[] bytes = out.toByteArray();
    out.reset();
    super.write(bytes, 0, bytes.length);
  }

  private void sendHead() throws IOException {
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
    if (reached.isAfter(position)) {
      position = reached;
    }
    if (sent > 0 || System.nanoTime() - deadline >= 0) {
      finish(true);
    }
  }

  @Override
  public void check() throws IOException {
    if (start != null && sent == 0 && System.nanoTime() - deadline >= 0) {
      finish(true);
    }
  }

  private void finish(boolean live) throws IOException {
    FeedPosition from = start;
    if (from == null || over.get()) {
      return;
    }
    sendHead();
    String text = new FeedPosition(from.stamp(), position).toString();
    String end =
        asLines
            ? "{\"position\":\"" + text + "\",\"live\":" + live + "}\n"
            : "],\"position\":\"" + text + "\",\"live\":" + live + "}";
    out.writeBytes(end.getBytes(UTF_8));
    isEnough = true;
    writeOut();
    cut();
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
    if (!headIsSent) {
      headIsSent = true;
      if (refused == null) {
        answer(problem(reason, detail));
      } else {
        refuse(refused);
      }
    } else if (!inTransaction) {
      finish(false); // what it has is whole
    }
    cut();
    return true;
  }

  private void refuse(byte[] json) throws IOException {
    response.setStatus(HttpServletResponse.SC_GONE);
    response.setHeader("Cache-Control", "no-store");
    response.setContentType("application/json");
    super.write(json, 0, json.length);
  }

  private static ErrorBody problem(CloseReason reason, String detail) {
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
    cut();
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
