package org.pgdeltastream.web.http;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import org.pgdeltastream.change.Numbers;
import org.pgdeltastream.change.Problem;
import org.pgdeltastream.change.ProblemException;
import org.pgdeltastream.change.Shown;
import org.pgdeltastream.change.SlotName;

/** Reads texts of clients, and refuses malformed ones. */
public final class Input {
  private Input() {}

  public static ProblemException bad(String message) {
    return new ProblemException(Problem.BAD_REQUEST, message, "");
  }

  public static ProblemException bad(String message, Throwable cause) {
    return new ProblemException(Problem.BAD_REQUEST, message, "", cause);
  }

  public static SlotName slotName(String text) {
    try {
      return new SlotName(text);
    } catch (IllegalArgumentException e) {
      throw bad("Not a slot name (1 to 63 of a-z, 0-9 and _): " + shown(text), e);
    }
  }

  /** What {@code values=} says, by the word that streams take. */
  public static Numbers numbers(String text) {
    if (!text.equals("string")) {
      throw bad("values is " + shown(text) + ", not string");
    }
    return Numbers.AS_TEXT;
  }

  static String utf8(byte[] bytes, String what) {
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException e) {
      throw bad(what + " is not UTF-8", e);
    }
  }

  /** A client's word as an answer may repeat it. */
  public static String shown(String text) {
    return "'" + Shown.of(text) + "'";
  }
}
