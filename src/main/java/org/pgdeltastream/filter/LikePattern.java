package org.pgdeltastream.filter;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.Arrays;

/**
 * SQL's LIKE on UTF-8: {@code %} is any text, {@code _} one character, a backslash takes the next
 * one as it is. Source: manual, "Pattern Matching".
 *
 * <p>Each byte of a value is looked at once, whatever the pattern. The pattern's bytes but {@code
 * %} are its places; a bit for each says whether what was read so far matches up to it.
 */
final class LikePattern {
  private final byte[] kinds = new byte[256]; // of bytes; 0: those that the pattern does not have
  private long[] low = new long[1]; // by kind: the places that take it, the first 64
  private long[] high = new long[1]; // and the others
  private long lowOnes; // the places of _
  private long highOnes;
  private long lowAny; // the places before %
  private long highAny;
  private boolean beginsWithAny;
  private final boolean endsWithAny;
  private int count; // of places

  /** Of at most 128 bytes. */
  LikePattern(String pattern, boolean ignoresCase) {
    byte[] bytes = pattern.getBytes(UTF_8);
    for (int i = 0; i < bytes.length; i++) {
      switch (bytes[i]) {
        case '%' -> any();
        case '_' -> {
          lowOnes |= low(count);
          highOnes |= high(count);
          count++;
        }
        case '\\' -> literal(bytes[++i], ignoresCase);
        default -> literal(bytes[i], ignoresCase);
      }
    }
    endsWithAny = isEnd(lowAny, highAny);
  }

  private static long low(int place) {
    return place < Long.SIZE ? 1L << place : 0;
  }

  private static long high(int place) {
    return place < Long.SIZE ? 0 : 1L << place;
  }

  private void any() {
    if (count == 0) {
      beginsWithAny = true;
    } else {
      lowAny |= low(count - 1);
      highAny |= high(count - 1);
    }
  }

  private void literal(byte letter, boolean ignoresCase) {
    if (kinds[letter & 0xFF] == 0) {
      kinds[letter & 0xFF] = (byte) low.length;
      if (ignoresCase && Character.isLetter(letter)) { // of ASCII
        kinds[letter ^ 0x20] = (byte) low.length;
      }
      low = Arrays.copyOf(low, low.length + 1);
      high = Arrays.copyOf(high, high.length + 1);
    }
    int kind = kinds[letter & 0xFF] & 0xFF;
    low[kind] |= low(count);
    high[kind] |= high(count);
    count++;
  }

  boolean matches(byte[] source, int start, int length) {
    if (count == 0) {
      return beginsWithAny || length == 0;
    }
    long first = 1;
    long lowNow = 0;
    long highNow = 0;
    for (int i = start; i < start + length; i++) {
      int kind = kinds[source[i] & 0xFF] & 0xFF;
      boolean begins = (source[i] & 0xC0) != 0x80; // a character
      long lowTakes = begins ? low[kind] | lowOnes : low[kind];
      if ((lowNow | highNow | (lowTakes & first)) == 0) { // nothing matches so far
        if (!beginsWithAny) {
          return false;
        }
        continue;
      }
      long highTakes = begins ? high[kind] | highOnes : high[kind];
      long lowStays = begins ? lowAny : lowAny | lowOnes;
      long highStays = begins ? highAny : highAny | highOnes;
      highNow = ((highNow << 1 | lowNow >>> 63) & highTakes) | (highNow & highStays);
      lowNow = ((lowNow << 1 | first) & lowTakes) | (lowNow & lowStays);
      first = beginsWithAny ? 1 : 0;
      if (endsWithAny && isEnd(lowNow, highNow)) {
        return true;
      }
    }
    return isEnd(lowNow, highNow);
  }

  private boolean isEnd(long lowNow, long highNow) {
    return ((lowNow & low(count - 1)) | (highNow & high(count - 1))) != 0;
  }
}
