package org.pgdeltastream.feed.log;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.pgdeltastream.framing.FrameHeader;

/** How messages are told apart on their way to a client. */
public enum Framing {
  /** Text frames of a server, which are the same for every client (RFC 6455, section 5). */
  WEBSOCKET,
  /** Server-sent events (HTML standard, section 9.2). */
  EVENT_STREAM,
  /** A line each, for a container that frames them itself. */
  TEXTS,
  /** A line each, and one for each position: {@code #0/16B3748}; says nothing of an idle feed. */
  LINES;

  private static final byte[] NOTHING = {};
  private static final byte[] LINE_END = {'\n'};
  private static final byte[] EVENT_END = {'\n', '\n'};

  /**
   * A message of ours, beside the changes.
   *
   * @param event its name in an event stream
   * @param json a whole message
   */
  public byte[] notice(String event, String json) {
    byte[] text = json.getBytes(StandardCharsets.UTF_8);
    return switch (this) {
      case WEBSOCKET -> {
        byte[] frame = new byte[FrameHeader.MOST_BYTES + text.length];
        int length = FrameHeader.text(frame, true, true, text.length);
        System.arraycopy(text, 0, frame, length, text.length);
        yield Arrays.copyOf(frame, length + text.length);
      }
      case EVENT_STREAM ->
          ("event: " + event + "\ndata: " + json + "\n\n").getBytes(StandardCharsets.UTF_8);
      case TEXTS, LINES -> (json + "\n").getBytes(StandardCharsets.UTF_8);
    };
  }

  /**
   * What stands before a piece of a message of ours.
   *
   * @param event its name in an event stream; empty for none
   * @param length of the piece
   */
  public byte[] before(String event, boolean first, boolean last, int length) {
    return switch (this) {
      case WEBSOCKET -> {
        byte[] header = new byte[FrameHeader.MOST_BYTES];
        yield Arrays.copyOf(header, FrameHeader.text(header, first, last, length));
      }
      case EVENT_STREAM -> {
        String name = event.isEmpty() ? "" : "event: " + event + "\n";
        yield (first ? name + "data: " : "").getBytes(StandardCharsets.US_ASCII);
      }
      case TEXTS, LINES -> NOTHING;
    };
  }

  /** What stands behind a piece. */
  public byte[] after(boolean last) {
    return switch (this) {
      case WEBSOCKET -> NOTHING;
      case EVENT_STREAM -> last ? EVENT_END : NOTHING;
      case TEXTS, LINES -> last ? LINE_END : NOTHING;
    };
  }

  /** Writes messages into a log. */
  public FramedLog into(FrameLog log) {
    return switch (this) {
      case WEBSOCKET -> new FrameLogOutput(log);
      case EVENT_STREAM -> new EventLogOutput(log);
      case TEXTS -> new LineLogOutput(log);
      case LINES -> new PulledLogOutput(log);
    };
  }
}
