package org.pgdeltastream.change.option;

import java.util.List;
import java.util.Optional;
import org.pgdeltastream.change.Shown;
import org.pgdeltastream.change.TableName;

/**
 * One table or many, as wal2json's {@code add-tables} writes them: {@code schema.table}, where a
 * {@code *} alone means any, and a backslash takes the next character as it is.
 *
 * @param schema empty means any
 * @param table empty means any
 */
public record TablePattern(Optional<String> schema, Optional<String> table) {

  /**
   * Reads patterns with commas between them.
   *
   * @throws IllegalArgumentException if wal2json would not take it
   */
  public static List<TablePattern> parse(String text) {
    return NameList.split(text).stream().map(TablePattern::one).toList();
  }

  private static TablePattern one(String item) {
    int dot = 0;
    while (dot < item.length() && item.charAt(dot) != '.') {
      dot += item.charAt(dot) == '\\' ? 2 : 1;
    }
    if (dot >= item.length()) {
      throw new IllegalArgumentException("no schema before a dot: " + Shown.of(item));
    }
    return new TablePattern(part(item.substring(0, dot)), part(item.substring(dot + 1)));
  }

  private static Optional<String> part(String escaped) {
    return escaped.equals("*") ? Optional.empty() : Optional.of(NameList.plain(escaped));
  }

  public boolean matches(TableName name) {
    return schema.map(name.schema()::equals).orElse(true)
        && table.map(name.table()::equals).orElse(true);
  }
}
