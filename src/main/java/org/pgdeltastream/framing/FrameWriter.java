package org.pgdeltastream.framing;

import java.io.IOException;

/**
 * Writes a server's frames: a header, and the bytes behind it as they are. Gathers them into pieces
 * of a fixed size. Not thread-safe. Source: RFC 6455, sections 5.1 to 5.5.
 */
public final class FrameWriter {
  /** The size of the largest control frame. */
  public static final int MOST_CONTROL_BYTES = 2 + 125;

  private static final int LEAST_PART = 1024; // less is not worth a frame of its own

  /** Where the pieces go. */
  public interface Output {
    /** Writes a piece; does not keep the bytes. */
    void write(byte[] bytes, int length) throws IOException;
  }

  private final Output output;
  private final byte[] gathered;
  private int used;
  private boolean messageOpen;

  /**
   * A writer for one connection.
   *
   * @param pieceBytes how much it gathers: at least a control frame
   */
  public FrameWriter(int pieceBytes, Output output) {
    this.output = output;
    this.gathered = new byte[pieceBytes];
  }

  /**
   * Writes a piece of a text message; does not keep the bytes. Text that does not fit into a piece
   * becomes several frames, so that each piece ends with a frame, and a close can follow any of
   * them.
   */
  public void text(byte[] bytes, int start, int length, boolean last) throws IOException {
    int at = start;
    int end = start + length;
    while (end - at > free()) {
      int part = Utf8.whole(bytes, at, Math.max(0, free()));
      if (part >= LEAST_PART || used == 0) {
        frame(bytes, at, part, false);
        at += part;
      }
      drain();
    }
    frame(bytes, at, end - at, last);
  }

  private int free() {
    return gathered.length - used - FrameHeader.MOST_BYTES;
  }

  private void frame(byte[] bytes, int start, int length, boolean last) throws IOException {
    int opcode = messageOpen ? Opcode.CONTINUATION : Opcode.TEXT;
    used = FrameHeader.write(gathered, used, opcode, last, length);
    messageOpen = !last;
    System.arraycopy(bytes, start, gathered, used, length);
    used += length;
  }

  public void ping() throws IOException {
    control(Opcode.PING, new byte[0]);
  }

  /** Answers a ping. */
  public void pong(byte[] payload) throws IOException {
    control(Opcode.PONG, payload);
  }

  /** The payload of a close frame; the reason has at most 123 bytes. */
  public static byte[] closePayload(int code, String reason) {
    return CloseFrame.of(code, reason);
  }

  /** Writes a close frame, or answers one with the reader's payload. */
  public void close(byte[] payload) throws IOException {
    control(Opcode.CLOSE, payload);
  }

  /** A control frame fits without a drain. */
  public boolean hasRoomForControl() {
    return gathered.length - used >= MOST_CONTROL_BYTES;
  }

  /** Writes the gathered bytes. */
  public void drain() throws IOException {
    if (used > 0) {
      output.write(gathered, used);
      used = 0; // not where that failed: it may be possible later
    }
  }

  private void control(int opcode, byte[] payload) throws IOException {
    if (!hasRoomForControl()) {
      drain();
    }
    used = FrameHeader.write(gathered, used, opcode, true, payload.length);
    System.arraycopy(payload, 0, gathered, used, payload.length);
    used += payload.length;
  }
}
