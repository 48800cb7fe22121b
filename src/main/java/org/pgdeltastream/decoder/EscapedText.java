package org.pgdeltastream.decoder;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.ByteArrayOutputStream;

/** JSON of what wal2json wrote without escapes. */
final class EscapedText {
  private EscapedText() {}

  static boolean needsEscape(byte value) {
    return value == '"' || value == '\\' || (value >= 0 && value < ' ');
  }

  /** One that is nothing but a part in quotes is JSON already, as far as wal2json is concerned. */
  static void writeName(byte[] text, int start, int end, ByteArrayOutputStream out) {
    boolean quoted = end - start > 2 && text[start] == '"' && text[end - 1] == '"';
    for (int i = start + 1; quoted && i < end - 1; i++) {
      quoted = !needsEscape(text[i]);
    }
    if (quoted) {
      out.write(text, start, end - start);
    } else {
      writeQuoted(text, start, end, out);
    }
  }

  /** As PostgreSQL's escape_json does. */
  static void writeQuoted(byte[] text, int start, int end, ByteArrayOutputStream out) {
    out.write('"');
    for (int i = start; i < end; i++) {
      if (needsEscape(text[i])) {
        out.writeBytes(escape(text[i]).getBytes(US_ASCII));
      } else {
        out.write(text[i]);
      }
    }
    out.write('"');
  }

  private static String escape(byte value) {
    return switch (value) {
      case '"' -> "\\\"";
      case '\\' -> "\\\\";
      case '\b' -> "\\b";
      case '\f' -> "\\f";
      case '\n' -> "\\n";
      case '\r' -> "\\r";
      case '\t' -> "\\t";
      default -> String.format("\\u%04x", value);
    };
  }
}
