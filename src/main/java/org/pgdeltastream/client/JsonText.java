package org.pgdeltastream.client;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * JSON cut into its members and elements, each left as the text that it is: numbers keep all their
 * digits. Enough to find a position or to print a change; whoever wants objects uses a JSON library
 * of theirs. A name counts only where it stands: what looks like a member inside a value is text.
 * Source: RFC 8259.
 *
 * <p>All methods throw IllegalArgumentException where the text is not JSON as far as they read it.
 */
public final class JsonText {
  private final String text;
  private int at;

  private JsonText(String text) {
    this.text = text;
  }

  /**
   * One member of an object, without reading what stands behind it.
   *
   * @return the value as JSON, a string with its quotes; nothing if there is no such member, or the
   *     text is no object
   */
  public static Optional<String> member(String json, String name) {
    JsonText reader = new JsonText(json);
    if (!reader.takes('{')) {
      return Optional.empty();
    }
    for (boolean more = !reader.takes('}'); more; more = reader.goesOn('}')) {
      String found = reader.name();
      String value = found.equals(name) ? reader.value() : reader.skipped();
      if (found.equals(name)) {
        return Optional.of(value);
      }
    }
    return Optional.empty();
  }

  /** All members of an object, in order, as {@link #member} gives them. */
  public static Map<String, String> members(String json) {
    JsonText reader = new JsonText(json);
    Map<String, String> members = new LinkedHashMap<>();
    reader.begin('{');
    for (boolean more = !reader.takes('}'); more; more = reader.goesOn('}')) {
      members.put(reader.name(), reader.value());
    }
    return members;
  }

  /** All elements of an array, each as JSON. */
  public static List<String> elements(String json) {
    JsonText reader = new JsonText(json);
    List<String> elements = new ArrayList<>();
    reader.begin('[');
    for (boolean more = !reader.takes(']'); more; more = reader.goesOn(']')) {
      elements.add(reader.value());
    }
    return elements;
  }

  /** A string without its quotes and escapes; other values as they are. */
  public static String string(String json) {
    if (!json.startsWith("\"")) {
      return json;
    }
    StringBuilder plain = new StringBuilder(json.length());
    int end = json.length() - 1;
    int i = 1;
    while (i < end) {
      char c = json.charAt(i);
      int control = c == '\\' ? "bfnrt".indexOf(json.charAt(i + 1)) : -1;
      if (c != '\\') {
        plain.append(c);
        i++;
      } else if (json.charAt(i + 1) == 'u' && i + 6 <= end) {
        plain.append((char) Integer.parseInt(json, i + 2, i + 6, 16));
        i += 6;
      } else {
        plain.append(control < 0 ? json.charAt(i + 1) : "\b\f\n\r\t".charAt(control));
        i += 2;
      }
    }
    return plain.toString();
  }

  private String name() {
    blanks();
    int start = at;
    if (peek() != '"') {
      throw malformed();
    }
    skipString();
    String name = string(text.substring(start, at));
    begin(':');
    return name;
  }

  private String value() {
    blanks();
    int start = at;
    skipValue();
    return text.substring(start, at);
  }

  private String skipped() {
    blanks();
    skipValue();
    return "";
  }

  private void skipValue() {
    char first = peek();
    if (first == '"') {
      skipString();
    } else if (first == '{' || first == '[') {
      skipNested();
    } else {
      int start = at;
      while (at < text.length() && ",}] \t\r\n".indexOf(text.charAt(at)) < 0) {
        at++;
      }
      if (at == start) {
        throw malformed();
      }
    }
  }

  private void skipNested() {
    int depth = 0;
    do {
      char c = peek();
      if (c == '"') {
        skipString();
        continue;
      }
      at++;
      if (c == '{' || c == '[') {
        depth++;
      } else if (c == '}' || c == ']') {
        depth--;
      }
    } while (depth > 0);
  }

  private void skipString() {
    at++;
    while (peek() != '"') {
      at += text.charAt(at) == '\\' ? 2 : 1;
    }
    at++;
  }

  /** Whether the container goes on behind a value; else it ends. */
  private boolean goesOn(char end) {
    blanks();
    char next = peek();
    at++;
    if (next != ',' && next != end) {
      throw malformed();
    }
    return next == ',';
  }

  private void begin(char wanted) {
    if (!takes(wanted)) {
      throw malformed();
    }
  }

  /** Passes over this character if it is the next one. */
  private boolean takes(char wanted) {
    blanks();
    boolean isNext = at < text.length() && text.charAt(at) == wanted;
    at += isNext ? 1 : 0;
    return isNext;
  }

  private void blanks() {
    while (at < text.length() && " \t\r\n".indexOf(text.charAt(at)) >= 0) {
      at++;
    }
  }

  private char peek() {
    if (at >= text.length()) {
      throw malformed();
    }
    return text.charAt(at);
  }

  private IllegalArgumentException malformed() {
    return new IllegalArgumentException("Not JSON at character " + at);
  }
}
