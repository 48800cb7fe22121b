package org.pgdeltastream.framing;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import org.pgdeltastream.framing.FrameException.Violation;

/** Bytes that are UTF-8, or must be. */
public final class Utf8 {
  private static final int LONGEST = 4; // bytes of a character

  private Utf8() {}

  /** As many of so many bytes, behind which more come, as end with a whole character. */
  public static int whole(byte[] bytes, int start, int length) {
    int whole = length;
    while (whole > Math.max(0, length - LONGEST) && (bytes[start + whole] & 0xC0) == 0x80) {
      whole--;
    }
    return whole;
  }

  static String text(byte[] bytes, int start, int length) throws FrameException {
    try { // a new decoder reports what new String(…) would replace
      ByteBuffer source = ByteBuffer.wrap(bytes, start, length);
      return StandardCharsets.UTF_8.newDecoder().decode(source).toString();
    } catch (CharacterCodingException e) {
      throw new FrameException(Violation.TEXT, "not UTF-8");
    }
  }
}
