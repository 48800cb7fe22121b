package org.pgdeltastream.rights;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.pgdeltastream.change.Action;

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
}
