package org.pgdeltastream.framing;

import java.nio.charset.StandardCharsets;
import org.pgdeltastream.framing.FrameException.Violation;

/** The payload of a close frame: nothing, or a code and a reason. Source: RFC 6455, 5.5.1, 7.4. */
final class CloseFrame {
  private static final int CODE_BYTES = 2;

  private CloseFrame() {}

  static byte[] of(int code, String reason) {
    byte[] text = reason.getBytes(StandardCharsets.UTF_8);
    byte[] payload = new byte[CODE_BYTES + text.length];
    payload[0] = (byte) (code >> 8);
    payload[1] = (byte) code;
    System.arraycopy(text, 0, payload, CODE_BYTES, text.length);
    return payload;
  }

  /** Checks a client's payload; returns the answer's. */
  static byte[] answer(byte[] payload, int length) throws FrameException {
    if (length == 0) {
      return new byte[0];
    }
    if (length < CODE_BYTES) {
      throw new FrameException(Violation.PROTOCOL, "half a close code");
    }
    int code = ((payload[0] & 0xFF) << 8) | (payload[1] & 0xFF);
    if (!maySay(code)) {
      throw new FrameException(Violation.PROTOCOL, "close code " + code);
    }
    Utf8.text(payload, CODE_BYTES, length - CODE_BYTES);
    return of(code, "");
  }

  /** Codes that an endpoint may send: 1004 to 1006 and 1015 are reserved. */
  private static boolean maySay(int code) {
    return (code >= 1000 && code <= 1003)
        || (code >= 1007 && code <= 1014)
        || (code >= 3000 && code <= 4999);
  }
}
