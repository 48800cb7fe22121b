package org.pgdeltastream.slot;

import java.util.ArrayList;
import java.util.List;

/** Cuts JSON texts without reading their values, so that bytes can be compared. */
final class RawJson {
  private RawJson() {}

  /** The elements of an array, or an object's members, as they stand between their commas. */
  static List<String> elements(String json) {
    List<String> elements = new ArrayList<>();
    int depth = 0;
    int start = 1;
    boolean quoted = false;
    for (int i = 0; i < json.length(); i++) {
      char c = json.charAt(i);
      if (quoted) {
        i += c == '\\' ? 1 : 0;
        quoted = c != '"';
        continue;
      }
      switch (c) {
        case '"' -> quoted = true;
        case '[', '{' -> depth++;
        case ']', '}' -> {
          depth--;
          if (depth == 0 && i > start) {
            elements.add(json.substring(start, i));
          }
        }
        case ',' -> {
          if (depth == 1) {
            elements.add(json.substring(start, i));
            start = i + 1;
          }
        }
        default -> {}
      }
      if (depth == 0) {
        return elements;
      }
    }
    throw new AssertionError("No end: " + json);
  }

  /** A member's value, found by its name, which has no escapes. */
  static String value(String object, String name) {
    String key = "\"" + name + "\":";
    return elements(object).stream()
        .filter(member -> member.startsWith(key))
        .map(member -> member.substring(key.length()))
        .findFirst()
        .orElseThrow(() -> new AssertionError("No " + name + " in " + object));
  }
}
