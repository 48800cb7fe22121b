package org.pgdeltastream.encoder;

import java.io.IOException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * JSON text as UTF-8 bytes, with space in front for text that is known last. Above {@link #BOUND}
 * it asks its drain to take some away; it adds a long text in blocks and never holds it whole.
 */
public final class JsonBuffer {
  static final int BOUND = 64 * 1024;
  static final int HEAD_SPACE = 128;

  /** Takes text away from a full buffer, or leaves it there to grow. */
  public interface Drain {
    void drain(JsonBuffer full) throws IOException;
  }

  private static final int BLOCK = 2 * 1024;
  private static final int LONGEST_ESCAPE = 6;
  private static final int USUALLY_ENOUGH = HEAD_SPACE + BOUND + (LONGEST_ESCAPE + 2) * BLOCK;
  private static final VarHandle INT64 =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final long EACH = 0x0101_0101_0101_0101L;
  private static final long TOPS = 0x8080_8080_8080_8080L;
  private static final long QUOTES = EACH * '"';
  private static final long BACKSLASHES = EACH * '\\';
  private static final long BLANKS = EACH * ' ';
  private static final byte[] HEX = Ascii.bytes("0123456789abcdef");

  private final Drain drain;
  private byte[] bytes = new byte[HEAD_SPACE + 4 * 1024];
  private int start = HEAD_SPACE;
  private int end = HEAD_SPACE;

  public JsonBuffer(Drain drain) {
    this.drain = drain;
  }

  public byte[] bytes() {
    return bytes;
  }

  public int start() {
    return start;
  }

  public int length() {
    return end - start;
  }

  /** The last start of a character up to the bound; a UTF-8 character has at most four bytes. */
  int characterBoundary() {
    for (int cut = BOUND; cut > BOUND - 4; cut--) {
      if ((bytes[start + cut] & 0xC0) != 0x80) {
        return cut;
      }
    }
    return BOUND;
  }

  public byte[] copy() {
    return Arrays.copyOfRange(bytes, start, end);
  }

  public void reset() {
    start = HEAD_SPACE;
    end = HEAD_SPACE;
  }

  /** Forgets the first bytes and moves the rest to where the text began. */
  void drop(int count) {
    int rest = length() - count;
    System.arraycopy(bytes, start + count, bytes, HEAD_SPACE, rest);
    start = HEAD_SPACE;
    end = HEAD_SPACE + rest;
  }

  /** Writes in front of the text. */
  void prepend(byte[] text) {
    start -= text.length;
    System.arraycopy(text, 0, bytes, start, text.length);
  }

  /** Writes in front of the text: upper case, no leading zeros. */
  void prependHex(int value) {
    int rest = value;
    do {
      int digit = rest & 0xF;
      bytes[--start] = (byte) (digit < 10 ? '0' + digit : 'A' + digit - 10);
      rest >>>= 4;
    } while (rest != 0);
  }

  public void append(byte[] text) throws IOException {
    append(text, 0, text.length);
  }

  public void append(byte[] source, int from, int length) throws IOException {
    reserve(length);
    System.arraycopy(source, from, bytes, end, length);
    end += length;
    drainIfFull();
  }

  /** One byte more, where the caller's next call checks the bound. */
  public void append(char ascii) {
    reserve(1);
    bytes[end++] = (byte) ascii;
  }

  public void appendQuoted(String text) throws IOException {
    append('"');
    for (int from = 0; from < text.length(); ) {
      int to = Math.min(text.length(), from + BLOCK);
      if (to < text.length() && Character.isHighSurrogate(text.charAt(to - 1))) {
        to++;
      }
      byte[] utf8 = text.substring(from, to).getBytes(StandardCharsets.UTF_8);
      appendEscaped(utf8, 0, utf8.length);
      from = to;
    }
    append('"');
  }

  /** Escapes what wal2json escapes: quote, backslash and control characters, nothing else. */
  public void appendQuoted(byte[] source, int from, int length) throws IOException {
    append('"');
    appendEscaped(source, from, length);
    append('"');
  }

  private void appendEscaped(byte[] source, int from, int length) throws IOException {
    int sourceEnd = from + length;
    for (int block = from; block < sourceEnd; block += BLOCK) {
      int count = Math.min(BLOCK, sourceEnd - block);
      reserve(LONGEST_ESCAPE * count + Long.BYTES);
      end = escape(source, block, block + count, bytes, end);
      drainIfFull();
    }
  }

  /** Eight bytes at a time while none needs an escape. */
  private static int escape(byte[] source, int from, int to, byte[] target, int targetFrom) {
    int in = from;
    int out = targetFrom;
    while (in < to) {
      if (in + Long.BYTES <= to) {
        long word = (long) INT64.get(source, in);
        INT64.set(target, out, word);
        int plain = plainBytes(word);
        in += plain;
        out += plain;
        if (plain == Long.BYTES) {
          continue;
        }
      }
      out = escape(source[in++], target, out);
    }
    return out;
  }

  /** How many bytes come before the first that needs an escape. */
  private static int plainBytes(long word) {
    long quote = word ^ QUOTES;
    long backslash = word ^ BACKSLASHES;
    long hits =
        ((quote - EACH) & ~quote) | ((backslash - EACH) & ~backslash) | ((word - BLANKS) & ~word);
    // The lowest hit is exact: a borrow only reaches the bytes above one.
    return Long.numberOfTrailingZeros(hits & TOPS) >>> 3;
  }

  private static int escape(byte value, byte[] target, int out) {
    if (value == '"' || value == '\\') {
      return escapeShort(value, target, out);
    }
    if (value >= 0x20 || value < 0) {
      target[out] = value;
      return out + 1;
    }
    return switch (value) {
      case '\b' -> escapeShort('b', target, out);
      case '\f' -> escapeShort('f', target, out);
      case '\n' -> escapeShort('n', target, out);
      case '\r' -> escapeShort('r', target, out);
      case '\t' -> escapeShort('t', target, out);
      default -> escapeLong(value, target, out);
    };
  }

  private static int escapeShort(int letter, byte[] target, int out) {
    target[out] = '\\';
    target[out + 1] = (byte) letter;
    return out + 2;
  }

  private static int escapeLong(byte value, byte[] target, int out) {
    target[out] = '\\';
    target[out + 1] = 'u';
    target[out + 2] = '0';
    target[out + 3] = '0';
    target[out + 4] = HEX[value >> 4];
    target[out + 5] = HEX[value & 0xF];
    return out + LONGEST_ESCAPE;
  }

  private void reserve(int count) {
    if (count > bytes.length - end) {
      int needed = Math.addExact(end, count);
      int twice = bytes.length * 2;
      bytes =
          Arrays.copyOf(
              bytes,
              Math.max(needed, needed <= USUALLY_ENOUGH ? Math.min(twice, USUALLY_ENOUGH) : twice));
    }
  }

  private void drainIfFull() throws IOException {
    if (end - start > BOUND) {
      drain.drain(this);
    }
  }
}
