package org.pgdeltastream.slot.view;

import java.sql.SQLException;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.pgdeltastream.change.Action;
import org.pgdeltastream.change.Problem;
import org.pgdeltastream.change.ProblemException;
import org.pgdeltastream.change.Shown;
import org.pgdeltastream.change.TableName;
import org.pgdeltastream.change.option.ChangeOptions;
import org.pgdeltastream.filter.Condition;
import org.pgdeltastream.filter.RowFilter;
import org.pgdeltastream.filter.catalog.FilterColumns;
import org.pgdeltastream.replication.publication.FilterCatalog;
import org.pgdeltastream.rights.TableRight;
import org.pgdeltastream.slot.database.Recent;

/** The filters of a feed's subscribers: the log must have what they need of rows that were. */
final class Filters {
  private static final Set<Action> WITHOUT_OLD_ROWS = EnumSet.of(Action.INSERT, Action.TRUNCATE);
  private static final int MOST_TABLES = 1_000;

  private final FilterCatalog catalog;
  private final Recent<TableName, FilterColumns> known = new Recent<>(MOST_TABLES, any -> 1);

  Filters(FilterCatalog catalog) {
    this.catalog = catalog;
  }

  void forget() {
    known.forget();
  }

  private FilterColumns columns(TableName table) throws SQLException {
    return known.get(table, () -> catalog.columns(table));
  }

  /** The columns of a table; none if there is no such table. */
  List<String> names(TableName table) throws SQLException {
    return List.copyOf(columns(table).byName().keySet());
  }

  /**
   * The filter on a table.
   *
   * @param sent of a right: the columns that the feed has; its constants are no one's to know
   */
  RowFilter of(
      TableName table, Condition condition, ChangeOptions changes, @Nullable List<String> sent)
      throws SQLException {
    if (!changes.wants(table)) {
      throw new ProblemException(
          Problem.BAD_REQUEST,
          "rows of table "
              + Shown.of(table.toString())
              + ": add-tables or filter-tables leave it out",
          "Name it there, or leave rows out");
    }
    FilterColumns columns = sent == null ? catalog.columns(table) : columns(table); // of all users
    if (sent != null) {
      checkSent(table, condition, sent);
    }
    RowFilter filter = catalog.filter(table, condition, columns, sent != null);
    Set<String> seen = changes.limited().get(table);
    if (!WITHOUT_OLD_ROWS.containsAll(changes.actions(table))) {
      checkIdentity(table, named(condition), columns.identity());
      checkSeen(table, columns.keys(), sent == null ? null : seen);
    }
    return seen == null ? filter : filter.showing(seen);
  }

  private static void checkSent(TableName table, Condition condition, List<String> sent) {
    for (Condition.Comparison one : condition.comparisons().toList()) {
      if (!sent.contains(one.column())) {
        throw new ProblemException(
            Problem.BAD_REQUEST,
            "rows of table " + table + " names " + one.column() + ", which the feed does not have",
            "Publish the column; generated ones are not sent");
      }
    }
  }

  /** Throws ProblemException if the log does not say enough to decide a right. */
  void check(TableName table, TableRight right) throws SQLException {
    FilterColumns columns = columns(table);
    if (right.needsOldRows()) {
      checkIdentity(table, right.deciding(), columns.identity());
      checkSeen(table, columns.keys(), right.columns().map(Set::copyOf).orElse(null));
    }
  }

  /** Which row was updated or deleted is told by the columns of its key. */
  private static void checkSeen(TableName table, Set<String> keys, @Nullable Set<String> seen) {
    if (seen != null && !seen.containsAll(keys)) {
      throw new ProblemException(
          Problem.IDENTITY_INSUFFICIENT,
          "The columns of table %s that may be seen leave out its replica identity, %s"
              .formatted(Shown.of(table.toString()), Shown.of(String.join(", ", keys))),
          "Name them in the role, or run ALTER TABLE " + table.quoted() + " REPLICA IDENTITY FULL");
    }
  }

  private static Set<String> named(Condition condition) {
    return condition.comparisons().map(Condition.Comparison::column).collect(Collectors.toSet());
  }

  private static void checkIdentity(TableName table, Set<String> named, Set<String> identity) {
    Set<String> missing = new TreeSet<>(named);
    missing.removeAll(identity);
    if (!missing.isEmpty()) {
      throw new ProblemException(
          Problem.IDENTITY_INSUFFICIENT,
          "The replica identity of table %s does not have %s, which rows names: it is not known"
                  .formatted(Shown.of(table.toString()), Shown.of(String.join(", ", missing)))
              + " whose rows are updated or deleted",
          "ALTER TABLE "
              + table.quoted()
              + " REPLICA IDENTITY FULL (of each partition too), or ask for actions=insert");
    }
  }
}
