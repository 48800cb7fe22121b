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
 * It is enough at the first position beyond the limit. For one thread.
 */
final class PullBody {
  private static final byte[] NOTHING = {};

  /** What a line is. */
  private enum Line {
    AHEAD,
    MESSAGE,
    POSITION
  }

  private final boolean asLines;
  private volatile long limitBytes;
  private ByteArrayOutputStream out = new ByteArrayOutputStream(); // for the container
  private final StringBuilder reached = new StringBuilder(); // what is there of a position's line
  private Lsn position = Lsn.NONE;
  private long sent;
  private boolean isEnough;
  private Line line = Line.AHEAD;

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

  boolean hasMessages() {
    return sent > 0;
  }

  /** Where the client stands before the first message. */
  void startAt(Lsn start) {
    position = start;
  }

  /** The first position ends it. */
  void endWithRows() {
    limitBytes = 0;
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

  /** Adds lines, or parts of them, until it is enough: {@code Framing.LINES}. */
  void add(byte[] bytes, int start, int end) {
    int at = start;
    while (at < end && !isEnough) {
      int stop = at;
      while (stop < end && bytes[stop] != '\n') {
        stop++;
      }
      add(bytes, at, stop, stop < end);
      at = stop + 1;
    }
  }

  private void add(byte[] bytes, int start, int end, boolean ends) {
    int from = start;
    if (line == Line.AHEAD && end > start) {
      line = bytes[start] == '#' ? Line.POSITION : Line.MESSAGE;
      if (line == Line.POSITION) {
        from++;
      } else if (!asLines && sent > 0) {
        out.write(',');
      }
    }
    if (line == Line.POSITION) {
      reached.append(new String(bytes, from, end - from, US_ASCII));
    } else {
      out.write(bytes, from, end - from);
      sent += end - from;
    }
    if (ends) {
      endLine();
    }
  }

  private void endLine() {
    if (line == Line.POSITION) {
      reach(Lsn.parse(reached.toString()));
      reached.setLength(0);
      isEnough = sent >= limitBytes;
    } else {
      sent++;
      if (asLines) {
        out.write('\n');
      }
    }
    line = Line.AHEAD;
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

  /** What was added since the last call; holds nothing of it. */
  byte[] take() {
    byte[] added = out.toByteArray();
    out = new ByteArrayOutputStream();
    return added;
  }
}
