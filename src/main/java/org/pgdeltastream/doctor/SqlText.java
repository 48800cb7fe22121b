package org.pgdeltastream.doctor;

import org.pgdeltastream.change.TableName;

/**
 * Names and texts for SQL that is shown: printable ASCII alone, and still right. Source: manual,
 * "Lexical Structure", "String Constants with Unicode Escapes".
 */
public final class SqlText {
  private SqlText() {}

  /** An identifier in quotes. */
  public static String name(String identifier) {
    return isPlain(identifier)
        ? TableName.quote(identifier)
        : "U&" + TableName.quote(escaped(identifier));
  }

  public static String name(TableName table) {
    return name(table.schema()) + "." + name(table.table());
  }

  /** A string constant. */
  public static String literal(String text) {
    String quoted = "'" + (isPlain(text) ? text : escaped(text)).replace("'", "''") + "'";
    return isPlain(text) ? quoted : "U&" + quoted;
  }

  private static boolean isPlain(String text) {
    return text.chars().allMatch(c -> c >= ' ' && c < 0x7F);
  }

  private static String escaped(String text) {
    StringBuilder escaped = new StringBuilder();
    text.codePoints()
        .forEach(
            c -> {
              if (c == '\\') {
                escaped.append("\\\\");
              } else if (c >= ' ' && c < 0x7F) {
                escaped.append((char) c);
              } else {
                escaped.append(c > 0xFFFF ? "\\+%06x".formatted(c) : "\\%04x".formatted(c));
              }
            });
    return escaped.toString();
  }
}
