package org.pgdeltastream.filter;

import static java.nio.charset.StandardCharsets.UTF_8;

/**
 * SQL's LIKE on UTF-8: {@code %} is any text, {@code _} one character, a backslash takes the next
 * one as it is. Source: manual, "Pattern Matching".
 */
final class LikePattern {
  private static final int ANY = -1;
  private static final int ONE = -2;

  private final int[] parts; // bytes, and the two above
  private final boolean ignoresCase; // of ASCII

  LikePattern(String pattern, boolean ignoresCase) {
    byte[] bytes = pattern.getBytes(UTF_8);
    int[] read = new int[bytes.length];
    int count = 0;
    for (int i = 0; i < bytes.length; i++) {
      switch (bytes[i]) {
        case '%' -> read[count] = ANY;
        case '_' -> read[count] = ONE;
        case '\\' -> {
          i++;
          read[count] = lower(bytes[i], ignoresCase);
        }
        default -> read[count] = lower(bytes[i], ignoresCase);
      }
      count++;
    }
    this.parts = java.util.Arrays.copyOf(read, count);
    this.ignoresCase = ignoresCase;
  }

  /** In linear time but for patterns with many {@code %}: the last one alone is tried again. */
  boolean matches(byte[] source, int start, int length) {
    int end = start + length;
    int at = start;
    int part = 0;
    int again = -1; // behind the last %
    int from = start; // where the rest begins that it takes next
    while (at < end) {
      int wanted = part < parts.length ? parts[part] : Integer.MIN_VALUE;
      if (wanted == ANY) {
        part++;
        again = part;
        from = at;
      } else if (wanted == ONE) {
        part++;
        at = next(source, at, end);
      } else if (wanted == lower(source[at], ignoresCase)) {
        part++;
        at++;
      } else if (again >= 0) {
        part = again;
        at = from = next(source, from, end);
      } else {
        return false;
      }
    }
    while (part < parts.length && parts[part] == ANY) {
      part++;
    }
    return part == parts.length;
  }

  /** Behind a character. */
  private static int next(byte[] source, int at, int end) {
    int next = at + 1;
    while (next < end && (source[next] & 0xC0) == 0x80) {
      next++;
    }
    return next;
  }

  private static int lower(byte letter, boolean ignoresCase) {
    boolean upper = ignoresCase && letter >= 'A' && letter <= 'Z';
    return (upper ? letter + ('a' - 'A') : letter) & 0xFF;
  }
}
