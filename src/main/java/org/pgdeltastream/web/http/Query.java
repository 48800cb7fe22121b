package org.pgdeltastream.web.http;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A query string, read strictly: known names, most at most once, well-formed escapes. */
public final class Query {
  private static final String WHAT = "The query string";

  private final Map<String, List<String>> values = new LinkedHashMap<>();

  private Query() {}

  /** Reads a query string as it was sent; null means that there was none. */
  public static Query parse(@Nullable String queryString, String... known) {
    Query query = new Query();
    if (queryString == null) {
      return query;
    }
    for (String pair : queryString.split("&", -1)) {
      if (!pair.isEmpty()) {
        query.add(pair, List.of(known));
      }
    }
    return query;
  }

  /** Refuses bytes and escapes that are not well-formed: some servers would fail at them. */
  public static void check(String raw, String what) {
    decode(raw, what);
  }

  private void add(String pair, List<String> known) {
    int equals = pair.indexOf('=');
    String name = decode(equals < 0 ? pair : pair.substring(0, equals), WHAT);
    String value = equals < 0 ? "" : decode(pair.substring(equals + 1), WHAT);
    if (!known.contains(name)) {
      throw Input.bad("Unknown parameter " + Input.shown(name));
    }
    List<String> all = values.computeIfAbsent(name, any -> new ArrayList<>());
    all.add(value);
    if (all.size() > 1 && !Parameters.REPEATED.contains(name)) {
      throw Input.bad("Parameter " + name + " is given twice");
    }
  }

  public Optional<String> text(String name) {
    return texts(name).stream().findFirst();
  }

  /** Of a parameter that may be given more than once. */
  public List<String> texts(String name) {
    return values.getOrDefault(name, List.of());
  }

  public List<String> list(String name) {
    Optional<String> text = text(name);
    if (text.isEmpty()) {
      return List.of();
    }
    List<String> items = List.of(text.get().split(",", -1));
    if (items.contains("")) {
      throw Input.bad("Parameter " + name + " has an empty item");
    }
    return items;
  }

  /** Whether the parameter is set and true; absent means false. */
  public boolean flag(String name) {
    String value = text(name).orElse("false");
    return switch (value) {
      case "true", "1" -> true;
      case "false", "0" -> false;
      default ->
          throw Input.bad(
              "Parameter " + name + " is " + Input.shown(value) + ", not true or false");
    };
  }

  private static String decode(String raw, String what) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(raw.length());
    for (int i = 0; i < raw.length(); i++) {
      char c = raw.charAt(i);
      if (c == '%') {
        bytes.write(escaped(raw, i + 1, what));
        i += 2;
      } else if (c > ' ' && c < 0x7F) {
        bytes.write(c == '+' ? ' ' : c);
      } else {
        throw Input.bad(what + " has a character that must be escaped");
      }
    }
    String text = Input.utf8(bytes.toByteArray(), what);
    if (text.chars().anyMatch(Character::isISOControl)) {
      throw Input.bad(what + " has a control character");
    }
    return text;
  }

  private static int escaped(String raw, int from, String what) {
    int high = from + 1 < raw.length() ? Character.digit(raw.charAt(from), 16) : -1;
    int low = from + 1 < raw.length() ? Character.digit(raw.charAt(from + 1), 16) : -1;
    if (high < 0 || low < 0) {
      throw Input.bad(what + " has a broken escape: % needs two hex digits");
    }
    return high << 4 | low;
  }
}
