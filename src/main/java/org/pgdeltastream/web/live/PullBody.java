package org.pgdeltastream.web.live;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import jakarta.servlet.http.HttpServletResponse;
import java.io.ByteArrayOutputStream;
import org.jspecify.annotations.Nullable;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.feed.log.FeedPosition;

/**
 * The body of the answer to a pull: messages, a line each or joined by commas, then where they end.
 * It is enough at the end of the first transaction beyond the limit. For one thread.
 */
final class PullBody {
  private static final byte[] NOTHING = {};

  private final boolean asLines;
  private final long limitBytes;
  private final PulledLines lines = new PulledLines();
  private final ByteArrayOutputStream out = new ByteArrayOutputStream(); // for the container
  private Lsn position = Lsn.NONE;
  private long sent;
  private boolean isEnough;
  private boolean inMessage;
  private boolean inTransaction;

  /**
   * An empty one.
   *
   * @param asLines a message a line; else one JSON object
   */
  PullBody(boolean asLines, long limitBytes) {
    this.asLines = asLines;
    this.limitBytes = limitBytes;
  }

  /** Nothing more belongs in it. */
  boolean isEnough() {
    return isEnough;
  }

  /** The end of a transaction is still to come. */
  boolean inTransaction() {
    return inTransaction;
  }

  boolean hasMessages() {
    return sent > 0;
  }

  /** Where the client stands before the first message. */
  void startAt(Lsn start) {
    position = start;
  }

  /** There is nothing for the client up to there. */
  void reach(Lsn reached) {
    if (reached.isAfter(position)) {
      position = reached;
    }
  }

  /** Its headers, and what stands before the first message. */
  void begin(HttpServletResponse response) {
    response.setHeader("Cache-Control", "no-store");
    response.setContentType(asLines ? "application/x-ndjson" : "application/json");
    out.writeBytes(asLines ? NOTHING : "{\"messages\":[".getBytes(US_ASCII));
  }

  /** Adds messages, or parts of them, until it is enough. */
  void add(byte[] bytes, int start, int end) {
    int at = start;
    while (at < end && !isEnough) {
      at = addLine(bytes, at, end);
    }
  }

  /** Takes the next line, or what is there of it; returns where that ends. */
  private int addLine(byte[] bytes, int at, int end) {
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

  /**
   * What stands behind the last message.
   *
   * @param start where the client began, if that is known
   * @param live whether this was all there is
   */
  void end(@Nullable FeedPosition start, boolean live) {
    isEnough = true;
    String text = start == null ? "" : new FeedPosition(start.stamp(), position).toString();
    String end = "\"position\":\"" + text + "\",\"live\":" + live + "}";
    out.writeBytes((asLines ? "{" + end + "\n" : "]," + end).getBytes(UTF_8));
  }

  /** What was added since the last call. */
  byte[] take() {
    byte[] added = out.toByteArray();
    out.reset();
    return added;
  }
}
