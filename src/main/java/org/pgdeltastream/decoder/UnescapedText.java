package org.pgdeltastream.decoder;

import java.io.ByteArrayOutputStream;

/**
 * Finds the end of a type's name or a column's default that wal2json wrote without escapes.
 *
 * <p>wal2json writes a name that begins with a quote as it is, all others as JSON: <code>
 * "S 1"."T 1"</code>, <code>"s.\"T 1\""</code>; before 2.5, in format 2, it puts others as they are
 * in quotes: <code>"s."T 1""</code>. It writes a default as it is in quotes. In PostgreSQL's names
 * and expressions quotes come in pairs: so their end is found, whatever they contain.
 */
final class UnescapedText {
  private static final int NULL = "null".length();
  private static final String LETTERS_OF_ESCAPES = "\"\\/bfnrtu";

  private final boolean quotedNames;

  /**
   * Reads names as they are in SQL, or as they are in the catalog.
   *
   * @param quotedNames whether a name that needs quotes has them
   */
  UnescapedText(boolean quotedNames) {
    this.quotedNames = quotedNames;
  }

  /** Where the name or default ends; -1 unless it is JSON as it should be. */
  int afterJson(byte[] text, int start, int end, boolean isDefault) {
    if (start >= end || text[start] != '"') {
      return isNull(text, start, end) ? start + NULL : -1;
    }
    return isDefault ? afterPlainDefault(text, start, end) : afterEscapedName(text, start, end);
  }

  private static int afterPlainDefault(byte[] text, int start, int end) {
    int quote = afterSql(text, start + 1, end);
    for (int i = start + 1; i < quote; i++) {
      if (EscapedText.needsEscape(text[i])) {
        return -1;
      }
    }
    return quote < 0 ? -1 : quote + 1;
  }

  /** Writes the name or default that begins here as JSON; returns where it ends, or -1. */
  int escape(byte[] text, int start, int end, boolean isDefault, ByteArrayOutputStream out) {
    if (isNull(text, start, end)) {
      out.write(text, start, NULL);
      return start + NULL;
    }
    if (text[start] != '"') {
      return -1;
    }
    return isDefault ? escapeDefault(text, start, end, out) : escapeName(text, start, end, out);
  }

  private int escapeDefault(byte[] text, int start, int end, ByteArrayOutputStream out) {
    int quote = afterSql(text, start + 1, end);
    if (quote < 0) {
      quote = atAnyEnd(text, start + 1, end, true);
    }
    if (quote < 0) {
      return -1;
    }
    EscapedText.writeQuoted(text, start + 1, quote, out);
    return quote + 1;
  }

  private int escapeName(byte[] text, int start, int end, ByteArrayOutputStream out) {
    int after = afterEscapedName(text, start, end);
    if (after >= 0) {
      out.write(text, start, after - start);
      return after;
    }
    after = quotedNames ? afterName(text, start, end) : -1;
    if (after >= 0 && isFollowed(text, after, end)) {
      EscapedText.writeName(text, start, after, out);
      return after;
    }
    after = quotedNames ? afterSql(text, start + 1, end) : -1;
    if (after >= 0 && isFollowed(text, after + 1, end)) {
      EscapedText.writeName(text, start + 1, after, out);
      return after + 1;
    }
    after = atAnyEnd(text, start + 1, end, false);
    if (after >= 0) {
      EscapedText.writeName(text, start, after, out);
    }
    return after;
  }

  /** In JSON the first thing that is escaped is a quote, which begins a part of the name. */
  private int afterEscapedName(byte[] text, int start, int end) {
    boolean first = quotedNames;
    boolean even = true; // of the name's own quotes
    for (int i = start + 1; i + 1 < end; i++) {
      if (text[i] == '\\') {
        boolean beginsPart = i == start + 1 || text[i - 1] == '.';
        if (first && !(beginsPart && text[i + 1] == '"')) {
          return -1;
        }
        first = false;
        i++;
        if (LETTERS_OF_ESCAPES.indexOf(text[i]) < 0) {
          return -1;
        }
        even ^= quotedNames && text[i] == '"';
      } else if (text[i] == '"') {
        return even && isFollowed(text, i + 1, end) ? i + 1 : -1;
      } else if (EscapedText.needsEscape(text[i])) {
        return -1;
      }
    }
    return -1;
  }

  /** A name in SQL, its first part in quotes. */
  private static int afterName(byte[] text, int start, int end) {
    int at = afterQuoted(text, start, end);
    if (at > 0 && at < end && text[at] == '.') {
      at++;
      if (at < end && text[at] == '"') {
        at = afterQuoted(text, at, end);
      } else {
        while (at < end && isOfWord(text[at])) {
          at++;
        }
      }
    }
    if (at > 0 && at < end && text[at] == '(') {
      while (at < end && text[at] != ')') {
        at++;
      }
      at++;
    }
    while (at > 0 && at + 1 < end && text[at] == '[' && text[at + 1] == ']') {
      at += 2;
    }
    return at < end ? at : -1;
  }

  /** A part of a name in quotes: where it ends; -1 if it does not, or is empty. */
  private static int afterQuoted(byte[] text, int start, int end) {
    for (int i = start + 1; i < end; i++) {
      if (text[i] == '"') {
        if (i + 1 >= end || text[i + 1] != '"') {
          return i == start + 1 ? -1 : i + 1;
        }
        i++;
      }
    }
    return -1;
  }

  /** The quote that ends an expression: each before it begins or ends a part of it. */
  private static int afterSql(byte[] text, int start, int end) {
    boolean complete = false;
    int i = start;
    while (i < end) {
      byte value = text[i];
      if (value == '"' && complete) {
        return i;
      }
      if (value == '"') {
        i = afterQuotedInSql(text, i, end);
        complete = true;
        if (i < 0) {
          return -1;
        }
      } else if (value == '\'') {
        i++;
        while (i < end && text[i] != '\'') {
          i++;
        }
        i++;
        complete = true;
      } else {
        complete = value == ')' || value == ']' || isOfWord(value);
        i++;
      }
    }
    return -1;
  }

  /** Two quotes are one of the name, unless they are its end and that of all. */
  private static int afterQuotedInSql(byte[] text, int start, int end) {
    for (int i = start + 1; i < end; i++) {
      if (text[i] == '"') {
        boolean two = i + 1 < end && text[i + 1] == '"';
        if (!two || (i > start + 1 && isFollowed(text, i + 2, end))) {
          return i + 1;
        }
        i++;
      }
    }
    return -1;
  }

  /** For names in the catalog that begin with a quote: the next possible end. */
  private static int atAnyEnd(byte[] text, int start, int end, boolean quote) {
    for (int i = start; i < end; i++) {
      if (quote ? text[i] == '"' && isFollowed(text, i + 1, end) : isFollowed(text, i, end)) {
        return i;
      }
    }
    return -1;
  }

  /** Whether the next of a list is here, the end of it, or the next key. */
  private static boolean isFollowed(byte[] text, int at, int end) {
    if (at + 1 >= end) {
      return false;
    }
    byte next = text[at + 1];
    return switch (text[at]) {
      case ',' -> next == '"' || isNull(text, at + 1, end);
      case ']' -> next == ',' || next == '}';
      case '}' -> next == ',' || next == ']';
      default -> false;
    };
  }

  private static boolean isNull(byte[] text, int at, int end) {
    return at + NULL <= end
        && text[at] == 'n'
        && text[at + 1] == 'u'
        && text[at + 2] == 'l'
        && text[at + 3] == 'l';
  }

  private static boolean isOfWord(byte value) {
    return value < 0
        || (value >= 'a' && value <= 'z')
        || (value >= 'A' && value <= 'Z')
        || (value >= '0' && value <= '9')
        || value == '_'
        || value == '$';
  }
}
