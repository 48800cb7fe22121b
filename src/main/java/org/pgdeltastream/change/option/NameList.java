package org.pgdeltastream.change.option;

import java.util.ArrayList;
import java.util.List;

/** A list of names as wal2json reads it: commas between them, blanks around them, backslashes. */
public final class NameList {
  private NameList() {}

  /**
   * The names, with their backslashes.
   *
   * @throws IllegalArgumentException if wal2json would not take it, or would read past its end
   */
  public static List<String> split(String text) {
    List<String> names = new ArrayList<>();
    int at = blanks(text, 0);
    while (true) {
      int end = nameEnd(text, at);
      if (end == at) {
        throw new IllegalArgumentException("an empty name");
      }
      names.add(text.substring(at, end));
      at = blanks(text, end);
      if (at == text.length()) {
        return names;
      }
      if (text.charAt(at) != ',') {
        throw new IllegalArgumentException("a blank inside a name, without a backslash");
      }
      at = blanks(text, at + 1);
    }
  }

  /** A name without its backslashes. */
  static String plain(String escaped) {
    StringBuilder plain = new StringBuilder();
    for (int i = 0; i < escaped.length(); i++) {
      if (escaped.charAt(i) == '\\') {
        i++;
      }
      plain.append(escaped.charAt(i));
    }
    return plain.toString();
  }

  private static int nameEnd(String text, int from) {
    int at = from;
    while (at < text.length() && text.charAt(at) != ',' && !isBlank(text.charAt(at))) {
      at += text.charAt(at) == '\\' ? 2 : 1;
    }
    if (at > text.length()) {
      throw new IllegalArgumentException("a backslash at the end");
    }
    return at;
  }

  private static int blanks(String text, int from) {
    int at = from;
    while (at < text.length() && isBlank(text.charAt(at))) {
      at++;
    }
    return at;
  }

  private static boolean isBlank(char c) {
    return c == ' ' || (c >= '\t' && c <= '\r');
  }
}
