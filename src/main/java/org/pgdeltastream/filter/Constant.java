package org.pgdeltastream.filter;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.math.BigDecimal;
import org.jspecify.annotations.Nullable;

/**
 * A value that columns are compared with, in the spelling that PostgreSQL has for it, and as its
 * class compares it.
 */
final class Constant {
  private static final int NOT_A_NUMBER = 2; // above the infinities, 1 and -1
  private static final byte[] NAN = "NaN".getBytes(UTF_8);

  private final ValueClass values;
  private final byte[] bytes;
  private long number;
  private double real;
  private @Nullable BigDecimal decimal; // null: special

  /** Reads a value that PostgreSQL has written. */
  Constant(ValueClass values, String text) {
    this.values = values;
    byte[] all = text.getBytes(UTF_8);
    this.bytes = values == ValueClass.CHARACTER ? trimmed(all) : all;
    switch (values) {
      case INTEGER -> number = integer(bytes, 0, bytes.length);
      case DATE -> number = TimeText.days(bytes, 0, bytes.length);
      case TIMESTAMP -> number = TimeText.micros(bytes, 0, bytes.length);
      case REAL -> real = Float.parseFloat(text);
      case DOUBLE -> real = Double.parseDouble(text);
      case NUMERIC -> {
        number = special(bytes, 0, bytes.length);
        decimal = number == 0 ? new BigDecimal(text) : null;
      }
      default -> {}
    }
  }

  byte[] bytes() {
    return bytes;
  }

  /** The order of a value of the same class and this: negative, zero or positive. */
  int orderOf(byte[] source, int start, int length) {
    return switch (values) {
      case INTEGER -> Long.compare(integer(source, start, length), number);
      case DATE -> Long.compare(TimeText.days(source, start, length), number);
      case TIMESTAMP -> Long.compare(TimeText.micros(source, start, length), number);
      case REAL -> order(Float.parseFloat(text(source, start, length)), real);
      case DOUBLE -> order(Double.parseDouble(text(source, start, length)), real);
      case NUMERIC -> numeric(source, start, length);
      case CHARACTER -> bytes(source, start, untilBlanks(source, start, length));
      default -> bytes(source, start, length);
    };
  }

  private int bytes(byte[] source, int start, int length) {
    return java.util.Arrays.compareUnsigned(source, start, start + length, bytes, 0, bytes.length);
  }

  /** As PostgreSQL has it: zeros are equal, and NaN is equal to itself and above all. */
  private static int order(double one, double other) {
    return one == other ? 0 : Double.compare(one, other);
  }

  private int numeric(byte[] source, int start, int length) {
    int special = special(source, start, length);
    BigDecimal here = decimal;
    if (special != 0 || here == null) {
      return Long.compare(special, here == null ? number : 0);
    }
    return new BigDecimal(text(source, start, length)).compareTo(here);
  }

  private static int special(byte[] source, int start, int length) {
    int first = source[start];
    if (first == NAN[0]) {
      return NOT_A_NUMBER;
    }
    if (first == 'I') {
      return 1;
    }
    return length > 1 && first == '-' && source[start + 1] == 'I' ? -1 : 0;
  }

  private static long integer(byte[] source, int start, int length) {
    boolean negative = source[start] == '-';
    long number = 0;
    for (int i = start + (negative ? 1 : 0); i < start + length; i++) {
      number = number * 10 - (source[i] - '0'); // below zero there is one more
    }
    return negative ? number : -number;
  }

  private static String text(byte[] source, int start, int length) {
    return new String(source, start, length, UTF_8);
  }

  private static int untilBlanks(byte[] source, int start, int length) {
    int end = length;
    while (end > 0 && source[start + end - 1] == ' ') {
      end--;
    }
    return end;
  }

  private static byte[] trimmed(byte[] all) {
    return java.util.Arrays.copyOf(all, untilBlanks(all, 0, all.length));
  }
}
