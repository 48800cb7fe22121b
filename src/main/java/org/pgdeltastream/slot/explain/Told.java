package org.pgdeltastream.slot.explain;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.pgdeltastream.change.Action;
import org.pgdeltastream.change.TableName;
import org.pgdeltastream.change.option.ChangeOptions;
import org.pgdeltastream.feed.ViewOptions;
import org.pgdeltastream.filter.RowFilter;

/** What is told of a table. */
record Told(boolean isTold, Set<Action> actions, @Nullable RowFilter rows, Optional<String> why) {
  static Told of(ViewOptions view, TableName table, boolean isSent) {
    ChangeOptions changes = view.changes();
    boolean isTold = isSent && changes.wants(table);
    return new Told(isTold, changes.actions(table), view.rows().get(table), Optional.empty());
  }

  static Told nothing(String why) {
    return new Told(false, Set.of(), null, Optional.of(why));
  }

  /** The same, of other rows. */
  Told selecting(@Nullable RowFilter others) {
    return new Told(isTold, actions, others, why);
  }

  Told refused(String reason) {
    return new Told(false, actions, rows, Optional.of(reason));
  }

  /** What is selected as SQL: each comparison, and at last all. */
  List<String> conditions() {
    List<String> conditions = new ArrayList<>();
    if (rows != null) {
      conditions.addAll(rows.parts().values());
    }
    conditions.add(rows == null ? "true" : rows.sql());
    return conditions;
  }

  Explanation.Part part(Optional<List<@Nullable String>> decided) {
    Map<String, String> comparisons = new LinkedHashMap<>();
    if (rows != null && decided.isPresent()) {
      for (String one : rows.parts().keySet()) {
        comparisons.put(one, String.valueOf(decided.get().get(comparisons.size())));
      }
    }
    return new Explanation.Part(
        isTold,
        actions.stream().map(action -> action.name().toLowerCase(Locale.ROOT)).sorted().toList(),
        Optional.ofNullable(rows).map(RowFilter::toString),
        Optional.ofNullable(rows).map(RowFilter::sql),
        decided.map(all -> all.get(all.size() - 1)).map(Boolean::parseBoolean),
        comparisons,
        why);
  }
}
