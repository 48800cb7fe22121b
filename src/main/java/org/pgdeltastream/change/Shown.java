package org.pgdeltastream.change;

/**
 * Makes outside text safe for messages and log lines: bounded, and of printable ASCII alone, so
 * that nobody can forge a line, control a terminal or make letters resemble others.
 */
public final class Shown {
  private static final int MOST = 80;

  private Shown() {}

  /** The text itself where it is harmless and short; else escaped as in Java, and cut. */
  public static String of(String text) {
    StringBuilder shown = new StringBuilder();
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      String letter = c >= ' ' && c < 0x7F ? String.valueOf(c) : "\\u%04x".formatted((int) c);
      if (shown.length() + letter.length() > MOST) {
        return shown.append("...").toString();
      }
      shown.append(letter);
    }
    return shown.toString();
  }
}
