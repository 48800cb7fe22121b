package org.pgdeltastream.decoder;

import java.io.IOException;
import java.util.Arrays;

/**
 * Puts quotes around the numbers among wal2json's values, for versions that cannot do it themselves
 * (before 2.6). Reads a message in any pieces; keeps nothing of them.
 */
final class NumberQuoter {
  private static final byte[][] VALUE_KEYS = {
    Wal2JsonDecoder.ascii("\"columnvalues\":["),
    Wal2JsonDecoder.ascii("\"keyvalues\":["),
    Wal2JsonDecoder.ascii("\"value\":"),
  };
  private static final int ARRAY_KEYS = 2;

  private static final int BLOCK = 8 * 1024;
  private static final int LONGEST_CHARACTER = 4;

  /** Takes a block's text, which ends where a character ends. */
  interface Blocks {
    void take(byte[] text, int start, int length) throws IOException;
  }

  private final byte[] block = new byte[BLOCK + 2 * LONGEST_CHARACTER];
  private final byte[] tail = new byte[VALUE_KEYS[0].length];
  private boolean inString;
  private boolean escaped;
  private boolean inArray;
  private boolean afterValueKey;
  private boolean inNumber;

  /**
   * Passes on the same bytes with quotes, all but the last, which are then in {@link #block}; the
   * numbers of a message end inside it.
   *
   * @return how many bytes those are
   */
  int quote(byte[] message, int start, int end, Blocks blocks) throws IOException {
    int length = 0;
    for (int i = start; i < end; i++) {
      byte value = message[i];
      boolean begins = (value & 0xC0) != 0x80;
      if (length >= BLOCK && (begins || length >= BLOCK + LONGEST_CHARACTER)) {
        blocks.take(block, 0, length);
        length = 0;
      }
      if (inNumber && !isInNumber(value)) {
        block[length++] = '"';
        inNumber = false;
        afterValueKey = false;
      } else if (!inNumber && !inString && (inArray || afterValueKey) && startsNumber(value)) {
        block[length++] = '"';
        inNumber = true;
      }
      block[length++] = value;
      track(value);
    }
    return length;
  }

  /** Where {@link #quote} left the last of its bytes. */
  byte[] block() {
    return block;
  }

  private void track(byte value) {
    if (inString) {
      if (escaped) {
        escaped = false;
      } else if (value == '\\') {
        escaped = true;
      } else if (value == '"') {
        inString = false;
      }
    } else if (value == '"') {
      inString = true;
    }
    boolean key = remember(value);
    if (!inString && !key && !inNumber) {
      inArray = inArray && value != ']';
      afterValueKey = false;
    }
  }

  /** Whether a key has ended here whose values follow. */
  private boolean remember(byte value) {
    System.arraycopy(tail, 1, tail, 0, tail.length - 1);
    tail[tail.length - 1] = value;
    if (inString || (value != '[' && value != ':')) {
      return false;
    }
    for (int i = 0; i < VALUE_KEYS.length; i++) {
      if (endsWith(VALUE_KEYS[i])) {
        inArray = i < ARRAY_KEYS;
        afterValueKey = i >= ARRAY_KEYS;
        return true;
      }
    }
    return false;
  }

  private boolean endsWith(byte[] key) {
    return Arrays.equals(tail, tail.length - key.length, tail.length, key, 0, key.length);
  }

  private static boolean startsNumber(byte value) {
    return value == '-' || (value >= '0' && value <= '9');
  }

  private static boolean isInNumber(byte value) {
    return startsNumber(value) || value == '.' || value == '+' || value == 'e' || value == 'E';
  }
}
