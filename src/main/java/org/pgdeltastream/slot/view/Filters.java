package org.pgdeltastream.slot.view;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.pgdeltastream.change.Action;
import org.pgdeltastream.change.Problem;
import org.pgdeltastream.change.ProblemException;
import org.pgdeltastream.change.Shown;
import org.pgdeltastream.change.TableName;
import org.pgdeltastream.change.option.ChangeOptions;
import org.pgdeltastream.feed.ViewOptions;
import org.pgdeltastream.filter.Condition;
import org.pgdeltastream.filter.FilterColumn;
import org.pgdeltastream.filter.RowFilter;
import org.pgdeltastream.filter.ValueClass;
import org.pgdeltastream.replication.publication.FilterCatalog;
import org.pgdeltastream.replication.publication.FilterCatalog.Constant;
import org.pgdeltastream.rights.TableRight;
import org.pgdeltastream.slot.database.Problems;
import org.pgdeltastream.slot.database.Recent;

/**
 * Makes filters of conditions, with what PostgreSQL knows; refuses what cannot be decided exactly.
 */
final class Filters {
  /** They mean another time each time they are read. */
  private static final Pattern MOVING =
      Pattern.compile("now|today|tomorrow|yesterday", Pattern.CASE_INSENSITIVE);

  private static final Set<Action> WITHOUT_OLD_ROWS = EnumSet.of(Action.INSERT, Action.TRUNCATE);
  private static final int MOST_TABLES = 1_000;

  private final FilterCatalog catalog;
  private final Recent<TableName, FilterCatalog.Columns> known = new Recent<>(MOST_TABLES);

  Filters(FilterCatalog catalog) {
    this.catalog = catalog;
  }

  void forget() {
    known.forget();
  }

  private FilterCatalog.Columns columns(TableName table) throws SQLException {
    return known.get(table, () -> catalog.columns(table));
  }

  /** The columns of a table; none if there is no such table. */
  List<String> names(TableName table) throws SQLException {
    return List.copyOf(columns(table).byName().keySet());
  }

  /**
   * The filter on a table.
   *
   * @param ofRights its constants are no one's to know
   */
  RowFilter of(TableName table, Condition condition, ChangeOptions changes, boolean ofRights)
      throws SQLException {
    if (!changes.wants(table)) {
      throw bad(table, "add-tables or filter-tables leave it out");
    }
    FilterCatalog.Columns columns = columns(table);
    RowFilter filter = of(table, condition, columns.byName(), ofRights);
    Set<String> seen = changes.limited().get(table);
    if (!WITHOUT_OLD_ROWS.containsAll(changes.actions(table))) {
      checkIdentity(table, condition, columns.identity());
      checkSeen(table, columns.keys(), seen);
    }
    return seen == null ? filter : filter.showing(seen);
  }

  /** Throws ProblemException if the log does not say enough to decide a right. */
  void check(TableName table, TableRight right) throws SQLException {
    FilterCatalog.Columns columns = columns(table);
    if (!WITHOUT_OLD_ROWS.containsAll(right.actions())) {
      if (right.rows().isPresent()) {
        Condition any = Condition.parse(right.rows().get(), (claim, inList) -> List.of("claim"));
        checkIdentity(table, any, columns.identity());
      }
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

  private RowFilter of(
      TableName table, Condition condition, Map<String, FilterColumn> columns, boolean ofRights)
      throws SQLException {
    List<Constant> constants = new ArrayList<>();
    for (Condition.Comparison one : condition.comparisons().toList()) {
      FilterColumn column = columns.get(one.column());
      if (column == null) {
        throw bad(table, "it has no column " + Shown.of(one.column()));
      }
      try {
        column.check(one);
      } catch (IllegalArgumentException e) {
        throw bad(table, String.valueOf(e.getMessage()));
      }
      if (one.hasConstants()) {
        one.values().forEach(value -> constants.add(new Constant(column, value)));
      }
    }
    constants.forEach(one -> checkStandsStill(table, one, ofRights));
    return RowFilter.of(condition, columns, spelled(table, constants, ofRights));
  }

  private static String shown(Constant one, boolean ofRights) {
    return ofRights ? "a claim or constant" : Shown.of(one.text());
  }

  private static void checkStandsStill(TableName table, Constant one, boolean ofRights) {
    ValueClass values = one.column().values();
    boolean isTime = values == ValueClass.DATE || values == ValueClass.TIMESTAMP;
    if (isTime && MOVING.matcher(one.text()).find()) {
      throw bad(table, shown(one, ofRights) + " is no constant");
    }
  }

  private List<String> spelled(TableName table, List<Constant> constants, boolean ofRights)
      throws SQLException {
    try {
      return catalog.spelled(constants);
    } catch (SQLException e) {
      for (Constant one : isOfValue(e) ? constants : List.<Constant>of()) {
        checkValue(table, one, ofRights);
      }
      throw e;
    }
  }

  private void checkValue(TableName table, Constant one, boolean ofRights) throws SQLException {
    try {
      catalog.spelled(List.of(one));
    } catch (SQLException e) {
      if (isOfValue(e)) {
        throw bad(
            table,
            "%s is no value of type %s, which column %s has"
                .formatted(shown(one, ofRights), one.column().sqlType(), one.column().name()));
      }
      throw e;
    }
  }

  /** Class 22 is data exceptions. Source: manual, "PostgreSQL Error Codes". */
  private static boolean isOfValue(SQLException e) {
    return e.getSQLState() != null && e.getSQLState().startsWith("22");
  }

  private static void checkIdentity(TableName table, Condition condition, Set<String> identity) {
    Set<String> missing = new TreeSet<>();
    condition.comparisons().map(Condition.Comparison::column).forEach(missing::add);
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

  Explanation explain(ViewOptions view, TableName table, Condition key, boolean isSent)
      throws SQLException {
    RowFilter row = of(table, key, columns(table).byName(), false);
    RowFilter filter = view.rows().get(table);
    Map<String, String> parts = filter == null ? Map.of() : filter.parts();
    List<String> conditions = new ArrayList<>(parts.values());
    conditions.add(filter == null ? "true" : filter.sql());
    Optional<List<String>> found = decided(table, row, conditions);
    Map<String, String> decided = new LinkedHashMap<>();
    found.ifPresent(
        all -> {
          int i = 0;
          for (String part : parts.keySet()) {
            decided.put(part, String.valueOf(all.get(i++)));
          }
        });
    return new Explanation(
        isSent && view.changes().wants(table),
        found.isPresent(),
        Optional.ofNullable(filter).map(RowFilter::toString),
        Optional.ofNullable(filter).map(RowFilter::sql),
        found.map(all -> all.get(conditions.size() - 1)).map(Boolean::parseBoolean),
        decided,
        view.changes().actions().stream()
            .map(action -> action.name().toLowerCase(Locale.ROOT))
            .sorted()
            .toList());
  }

  private Optional<List<String>> decided(TableName table, RowFilter row, List<String> conditions)
      throws SQLException {
    try {
      return catalog.decided(table, row, conditions);
    } catch (SQLException e) {
      if (Problems.has(e, "42501")) {
        throw new ProblemException(
            Problem.FORBIDDEN,
            "This server's database user may not read table " + Shown.of(table.toString()),
            "Grant it SELECT on the table and USAGE on its schema");
      }
      throw e;
    }
  }

  private static ProblemException bad(TableName table, String message) {
    return new ProblemException(
        Problem.BAD_REQUEST,
        "Parameter rows, table " + Shown.of(table.toString()) + ": " + message,
        "See what can be compared in filters.md");
  }
}
