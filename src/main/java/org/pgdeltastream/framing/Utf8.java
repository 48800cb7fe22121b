package org.pgdeltastream.framing;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import org.pgdeltastream.framing.FrameException.Violation;

/** Bytes that must be UTF-8. */
final class Utf8 {
  private Utf8() {}

  static String text(byte[] bytes, int start, int length) throws FrameException {
    try { // a new decoder reports what new String(…) would replace
      ByteBuffer source = ByteBuffer.wrap(bytes, start, length);
      return StandardCharsets.UTF_8.newDecoder().decode(source).toString();
    } catch (CharacterCodingException e) {
      throw new FrameException(Violation.TEXT, "not UTF-8");
    }
  }
}
