package org.pgdeltastream.launch.remote;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.pgdeltastream.client.JsonText;

/**
 * One change of a message of either format.
 *
 * @param action INSERT, UPDATE, DELETE, TRUNCATE, MESSAGE; of format 2 also BEGIN and COMMIT
 * @param subject the table, or a logical message's prefix
 * @param row columns and values as JSON
 * @param key which row it was
 */
record Change(String action, String subject, Map<String, String> row, Map<String, String> key) {
  private static final Map<String, String> ACTIONS =
      Map.of(
          "I",
          "INSERT",
          "U",
          "UPDATE",
          "D",
          "DELETE",
          "T",
          "TRUNCATE",
          "M",
          "MESSAGE",
          "B",
          "BEGIN",
          "C",
          "COMMIT");

  /** All changes of a message, in order. */
  static List<Change> all(String message) {
    List<Change> changes = new ArrayList<>();
    if (JsonText.member(message, "action").isPresent()) {
      changes.add(ofFormat2(JsonText.members(message)));
    }
    JsonText.member(message, "change").map(JsonText::elements).orElse(List.of()).stream()
        .map(one -> ofFormat1(JsonText.members(one)))
        .forEach(changes::add);
    return changes;
  }

  private static Change ofFormat1(Map<String, String> change) {
    String action = JsonText.string(change.getOrDefault("kind", "")).toUpperCase(Locale.ROOT);
    Map<String, String> old = JsonText.members(change.getOrDefault("oldkeys", "{}"));
    return new Change(
        action,
        subject(change),
        action.equals("MESSAGE") ? content(change) : pairs(change, "columnnames", "columnvalues"),
        pairs(old, "keynames", "keyvalues"));
  }

  private static Map<String, String> pairs(Map<String, String> of, String names, String values) {
    List<String> each = JsonText.elements(of.getOrDefault(names, "[]"));
    List<String> all = JsonText.elements(of.getOrDefault(values, "[]"));
    Map<String, String> pairs = new LinkedHashMap<>();
    for (int i = 0; i < Math.min(each.size(), all.size()); i++) {
      pairs.put(name(each.get(i)), Shown.text(all.get(i)));
    }
    return pairs;
  }

  private static Change ofFormat2(Map<String, String> message) {
    String action = JsonText.string(message.getOrDefault("action", ""));
    return new Change(
        ACTIONS.getOrDefault(action, Shown.text(action)),
        subject(message),
        action.equals("M") ? content(message) : columns(message.getOrDefault("columns", "[]")),
        columns(message.getOrDefault("identity", "[]")));
  }

  private static Map<String, String> columns(String list) {
    Map<String, String> columns = new LinkedHashMap<>();
    for (String one : JsonText.elements(list)) {
      Map<String, String> column = JsonText.members(one);
      columns.put(
          name(column.getOrDefault("name", "\"\"")),
          Shown.text(column.getOrDefault("value", "null")));
    }
    return columns;
  }

  private static Map<String, String> content(Map<String, String> message) {
    return Map.of("content", Shown.text(message.getOrDefault("content", "\"\"")));
  }

  private static String subject(Map<String, String> change) {
    if (change.containsKey("prefix")) {
      return name(change.get("prefix"));
    }
    String table = change.containsKey("table") ? name(change.get("table")) : "";
    return change.containsKey("schema") ? name(change.get("schema")) + "." + table : table;
  }

  /** Without quotes where nothing can be mistaken. */
  private static String name(String json) {
    String plain = JsonText.string(json);
    return plain.matches("[\\p{L}\\p{N}_$]+") ? plain : Shown.text(json);
  }

  /**
   * {@code UPDATE public.orders id=1 status="done"}; with {@code where id=2} if it had that key.
   */
  String line() {
    StringBuilder line = new StringBuilder(action);
    if (!subject.isEmpty()) {
      line.append(' ').append(subject);
    }
    row.forEach((name, value) -> line.append(' ').append(name).append('=').append(value));
    if (!row.entrySet().containsAll(key.entrySet())) {
      line.append(" where");
      key.forEach((name, value) -> line.append(' ').append(name).append('=').append(value));
    }
    return line.toString();
  }

  /** A head, and a line for each value. */
  String pretty() {
    StringBuilder text = new StringBuilder("  ");
    text.append(new Change(action, subject, Map.of(), key).line());
    int width = row.keySet().stream().mapToInt(String::length).max().orElse(0);
    row.forEach(
        (name, value) ->
            text.append("\n    ")
                .append(name)
                .append(" ".repeat(width - name.length() + 2))
                .append(value));
    return text.toString();
  }
}
