package org.pgdeltastream.framing;

/** A server's control frames, whole. Source: RFC 6455, section 5.5. */
public final class ControlFrame {
  private ControlFrame() {}

  public static byte[] ping() {
    return of(Opcode.PING, new byte[0]);
  }

  /** Answers a ping. */
  public static byte[] pong(byte[] payload) {
    return of(Opcode.PONG, payload);
  }

  /** Closes; the reason has at most 123 bytes. */
  public static byte[] close(int code, String reason) {
    return of(Opcode.CLOSE, CloseFrame.of(code, reason));
  }

  /** Answers a close with the reader's payload. */
  public static byte[] closeWith(byte[] payload) {
    return of(Opcode.CLOSE, payload);
  }

  private static byte[] of(int opcode, byte[] payload) {
    byte[] frame = new byte[2 + payload.length];
    FrameHeader.write(frame, 0, opcode, true, payload.length);
    System.arraycopy(payload, 0, frame, 2, payload.length);
    return frame;
  }
}
