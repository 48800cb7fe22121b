package org.pgdeltastream.web.live;

import static java.lang.System.Logger.Level.DEBUG;

import jakarta.servlet.AsyncContext;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.delivery.CloseReason;
import org.pgdeltastream.feed.FeedSubscriber;
import org.pgdeltastream.feed.log.FeedPosition;
import org.pgdeltastream.feed.log.Framing;
import org.pgdeltastream.web.http.ErrorBody;
import org.pgdeltastream.web.http.Errors;

/**
 * The answer to a pull: whole transactions, as they come, until all there is was sent or the answer
 * is long enough. Where there is nothing it waits.
 */
final class PullAnswer extends AsyncAnswer {
  private static final System.Logger LOG = System.getLogger(PullAnswer.class.getName());

  /** Longer than a position may be ahead of this server. */
  private static final long UNREACHED_NANOS = Duration.ofSeconds(15).toNanos();

  private final HttpServletRequest request;
  private final HttpServletResponse response;
  private final long deadline;
  private volatile @Nullable FeedPosition start;
  private volatile byte @Nullable [] refusal;
  private final PullBody body; // the writer's, as is what follows
  private boolean headIsSent;
  private boolean isCaughtUp;

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
      Function<AsyncAnswer, FeedSubscriber> beginning)
      throws IOException {
    super(context, beginning);
    this.request = (HttpServletRequest) context.getRequest();
    this.response = (HttpServletResponse) context.getResponse();
    this.body = new PullBody(asLines, limitBytes);
    this.deadline = System.nanoTime() + waitNanos;
  }

  @Override
  void notBegun(RuntimeException e) {
    answer(Errors.of(e));
  }

  @Override
  public void begins(FeedSubscriber one, FeedPosition begins, FeedPosition oldest) {
    start = begins;
    body.startAt(begins.lsn());
  }

  @Override
  public void beginsWithRows(FeedSubscriber one, Optional<String> refetch, FeedPosition oldest) {
    start = oldest; // for what it is of: the position comes behind the rows
    body.endWithRows();
    refetch.ifPresent(
        reason ->
            one.say(
                Framing.LINES.notice("must-refetch", FeedMessages.mustRefetch(reason, oldest))));
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
    return !body.isEnough() && super.isReady();
  }

  @Override
  public void write(byte[] bytes, int start, int length) throws IOException {
    if (body.isEnough()) {
      return;
    }
    sendHead();
    body.add(bytes, start, start + length);
    if (body.isEnough()) {
      body.end(this.start, false);
    }
    hand();
  }

  /** At once: a container takes no second piece before it has asked for it. */
  private void hand() throws IOException {
    byte[] piece = body.take();
    super.write(piece, 0, piece.length);
    if (body.isEnough()) {
      complete();
    }
  }

  private void sendHead() {
    if (!headIsSent) {
      headIsSent = true;
      body.begin(response);
    }
  }

  @Override
  public void caughtUp(Lsn reached) throws IOException {
    isCaughtUp = true;
    body.reach(reached);
    if (body.hasMessages() || isLate(0)) {
      finish();
    }
  }

  @Override
  public void check() throws IOException {
    if (body.isEnough() || headIsSent) {
      return;
    }
    if (isCaughtUp && isLate(0)) {
      finish();
    } else if (start == null && isLate(UNREACHED_NANOS) && super.isReady()) {
      answer(
          FeedMessages.pullError(
              CloseReason.UPSTREAM_LOST,
              "PostgreSQL was not reached, or commits a large transaction"));
    }
  }

  private boolean isLate(long more) {
    return System.nanoTime() - deadline - more >= 0;
  }

  private void finish() throws IOException {
    if (!body.isEnough() && !isOver() && super.isReady()) {
      sendHead();
      body.end(start, true);
      hand();
    }
  }

  @Override
  public void ping() {}

  @Override
  public boolean end(CloseReason reason, String detail) throws IOException {
    byte[] refused = refusal;
    if (headIsSent) {
      cut(); // in the middle: the client sees that the end is missing
    } else if (refused == null) {
      answer(FeedMessages.pullError(reason, detail));
    } else {
      refuse(refused);
      complete();
    }
    return isOver();
  }

  /** With a length: once all is written, no container changes the status. GlassFish's would. */
  private void refuse(byte[] json) throws IOException {
    headIsSent = true;
    response.setStatus(HttpServletResponse.SC_GONE);
    response.setHeader("Cache-Control", "no-store");
    response.setContentType("application/json");
    response.setContentLength(json.length);
    super.write(json, 0, json.length);
  }

  private void answer(ErrorBody error) {
    headIsSent = true;
    try {
      error.sendTo(request, response);
    } catch (IOException | RuntimeException e) {
      LOG.log(DEBUG, "A pull's client had gone: " + e);
    }
    complete();
  }
}
