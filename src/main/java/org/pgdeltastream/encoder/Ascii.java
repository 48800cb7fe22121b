package org.pgdeltastream.encoder;

import java.nio.charset.StandardCharsets;

/** The fixed parts of the JSON, as bytes. */
public final class Ascii {
  private Ascii() {}

  public static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}
