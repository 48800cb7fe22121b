package org.pgdeltastream.encoder;

import java.io.IOException;
import org.pgdeltastream.change.Numbers;

/** How a value's text becomes JSON, by its type; the same for changes and for rows. */
public enum ValueFormat {
  NUMBER,
  BOOLEAN,
  BYTEA,
  TEXT;

  public static final byte[] NULL = Ascii.bytes("null");
  private static final byte[] TRUE = Ascii.bytes("true");
  private static final byte[] FALSE = Ascii.bytes("false");

  /** The numbers of the built-in types never change. Source: PostgreSQL's pg_type.dat. */
  public static ValueFormat of(int typeOid) {
    return switch (typeOid) {
      case 16 -> BOOLEAN;
      case 17 -> BYTEA;
      case 20, 21, 23 -> NUMBER; // int8, int2, int4
      case 26 -> NUMBER; // oid
      case 700, 701 -> NUMBER; // float4, float8
      case 1700 -> NUMBER; // numeric
      default -> TEXT;
    };
  }

  public static ValueFormat of(int typeOid, Numbers numbers) {
    ValueFormat format = of(typeOid);
    return format == NUMBER && numbers == Numbers.AS_TEXT ? TEXT : format;
  }

  public void append(JsonBuffer out, byte[] source, int start, int length) throws IOException {
    switch (this) {
      case NUMBER -> appendNumber(out, source, start, length);
      case BOOLEAN -> out.append(length > 0 && source[start] == 't' ? TRUE : FALSE);
      case BYTEA -> appendBytea(out, source, start, length);
      case TEXT -> out.appendQuoted(source, start, length);
    }
  }

  private static void appendNumber(JsonBuffer out, byte[] source, int start, int length)
      throws IOException {
    if (isFinite(source, start, length)) {
      out.append(source, start, length);
    } else {
      out.append(NULL);
    }
  }

  /** NaN and the infinities begin with a letter; JSON cannot write them. */
  private static boolean isFinite(byte[] source, int start, int length) {
    if (length == 0) {
      return false;
    }
    int first = length > 1 && source[start] == '-' ? source[start + 1] : source[start];
    return first <= '9';
  }

  private static void appendBytea(JsonBuffer out, byte[] source, int start, int length)
      throws IOException {
    boolean hex = length >= 2 && source[start] == '\\' && source[start + 1] == 'x';
    int prefix = hex ? 2 : 0;
    out.appendQuoted(source, start + prefix, length - prefix);
  }
}
