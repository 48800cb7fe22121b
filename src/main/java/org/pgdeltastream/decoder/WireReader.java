package org.pgdeltastream.decoder;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.change.MalformedMessageException;

/**
 * Reads protocol fields in order; reused. Running out of bytes is a malformed message, never a
 * crash.
 */
final class WireReader {
  private static final VarHandle INT16 =
      MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.BIG_ENDIAN);
  private static final VarHandle INT32 =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);
  private static final VarHandle INT64 =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

  private byte[] bytes = new byte[0];
  private int start;
  private int limit;
  private int position;

  /** From now on it reads these. */
  WireReader reset(byte[] source, int from, int to) {
    bytes = source;
    start = from;
    limit = to;
    position = from;
    return this;
  }

  byte[] bytes() {
    return bytes;
  }

  byte int8() {
    return bytes[skip(Byte.BYTES)];
  }

  int uint16() {
    return (short) INT16.get(bytes, skip(Short.BYTES)) & 0xFFFF;
  }

  int int32() {
    return (int) INT32.get(bytes, skip(Integer.BYTES));
  }

  long int64() {
    return (long) INT64.get(bytes, skip(Long.BYTES));
  }

  Lsn lsn() {
    return new Lsn(int64());
  }

  /** Text that ends with a zero byte. */
  String string() {
    int end = position;
    while (end < limit && bytes[end] != 0) {
      end++;
    }
    if (end >= limit) {
      throw malformed("Text does not end");
    }
    String text = text(end - position, StandardCharsets.UTF_8);
    skip(Byte.BYTES);
    return text;
  }

  String text(int length, Charset encoding) {
    return new String(bytes, skip(length), length, encoding);
  }

  /** Skips so many bytes and returns where they began. */
  int skip(int count) {
    int from = position;
    if (count < 0 || count > limit - from) {
      throw malformed("Need " + count + " bytes, have " + (limit - from));
    }
    position = from + count;
    return from;
  }

  /** Each element takes at least one byte, so that a wrong count runs out of bytes first. */
  <T> List<T> repeat(int count, Function<WireReader, T> element) {
    if (count < 0 || count > limit - position) {
      throw malformed("Cannot hold " + count + " elements");
    }
    List<T> elements = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      elements.add(element.apply(this));
    }
    return elements;
  }

  void end() {
    if (position != limit) {
      throw malformed((limit - position) + " bytes too many");
    }
  }

  /** A failure of the field just read, which had so many bytes. */
  MalformedMessageException malformed(String what, int fieldSize) {
    return new MalformedMessageException(what + " at byte " + (position - fieldSize - start));
  }

  private MalformedMessageException malformed(String what) {
    return malformed(what, 0);
  }
}
