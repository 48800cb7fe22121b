package org.pgdeltastream.rights;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.pgdeltastream.change.Action;
import org.pgdeltastream.filter.Condition;

/**
 * What may be seen of a table.
 *
 * @param columns these only; empty: all
 * @param rows a condition, in which {@code $sub} is a claim; empty: all rows
 */
public record TableRight(
    Optional<List<String>> columns, Optional<String> rows, Set<Action> actions) {
  public TableRight {
    columns = columns.map(List::copyOf);
    actions = Set.copyOf(actions);
  }

  /** Whether it shows what needs the row as it was. */
  public boolean needsOldRows() {
    return actions.contains(Action.UPDATE) || actions.contains(Action.DELETE);
  }

  /** The columns that its condition names. */
  public Set<String> deciding() {
    return rows.map(TableRight::columnsOf).orElse(Set.of());
  }

  private static Set<String> columnsOf(String rows) {
    return Condition.parse(rows, (claim, inList) -> List.of("claim"))
        .comparisons()
        .map(Condition.Comparison::column)
        .collect(Collectors.toCollection(TreeSet::new));
  }
}
