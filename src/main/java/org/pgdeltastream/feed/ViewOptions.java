package org.pgdeltastream.feed;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.pgdeltastream.change.Action;
import org.pgdeltastream.change.TableName;
import org.pgdeltastream.change.option.ChangeOptions;
import org.pgdeltastream.change.option.Scope;
import org.pgdeltastream.feed.log.Hash;
import org.pgdeltastream.filter.RowFilter;

/**
 * What a subscriber is shown of a feed. Equal ones share everything.
 *
 * @param rows of these tables no others are told
 */
public record ViewOptions(ChangeOptions changes, Map<TableName, RowFilter> rows) {
  public ViewOptions {
    rows = Map.copyOf(rows);
  }

  /** All rows. */
  public ViewOptions(ChangeOptions changes) {
    this(changes, Map.of());
  }

  /** 32 bits of a hash of which changes are shown; how they are written does not count. */
  public int hash() {
    TreeMap<String, List<String>> columns = new TreeMap<>();
    changes.columns().forEach((table, names) -> columns.put(table.quoted(), names));
    String canonical =
        Stream.of(
                new TreeSet<>(changes.actions()),
                sorted(changes.addTables()),
                sorted(changes.filterTables()),
                sorted(changes.addPrefixes()),
                sorted(changes.filterPrefixes()),
                columns)
            .map(Object::toString)
            .reduce("", (one, other) -> one + other + "\n");
    TreeMap<String, String> filters = new TreeMap<>();
    rows.forEach((table, filter) -> filters.put(table.quoted(), filter.toString()));
    String selected = filters.isEmpty() ? canonical : canonical + filters + "\n";
    return Hash.first32(changes.scope().map(one -> selected + text(one)).orElse(selected));
  }

  private static String text(Scope scope) {
    TreeMap<String, TreeSet<Action>> tables = new TreeMap<>();
    scope.tables().forEach((table, may) -> tables.put(table.quoted(), new TreeSet<>(may)));
    return tables + " " + new TreeSet<>(scope.prefixes()) + "\n";
  }

  private static List<String> sorted(List<?> items) {
    return items.stream().map(Object::toString).sorted().distinct().toList();
  }
}
