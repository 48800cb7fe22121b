package org.pgdeltastream.slot.view;

import java.sql.SQLException;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import org.pgdeltastream.change.Problem;
import org.pgdeltastream.change.ProblemException;
import org.pgdeltastream.change.Shown;
import org.pgdeltastream.change.TableName;
import org.pgdeltastream.change.option.ChangeOptions;
import org.pgdeltastream.change.option.TablePattern;
import org.pgdeltastream.feed.ViewOptions;
import org.pgdeltastream.filter.Condition;
import org.pgdeltastream.filter.RowFilter;
import org.pgdeltastream.replication.publication.FilterCatalog;
import org.pgdeltastream.replication.publication.Publications;
import org.pgdeltastream.slot.database.Problems;

/**
 * Checks the tables, columns and filters that a subscriber names, once for all who name the same.
 * For any thread.
 */
public final class KnownViews {
  private static final int MOST = 1_000;

  private final Publications publications;
  private final Filters filters;
  private final int most;
  private final Semaphore explaining = new Semaphore(1);
  private final Set<Known> known = ConcurrentHashMap.newKeySet();
  private final Map<Known, Resolved> resolved = new ConcurrentHashMap<>();

  /** Tables may be altered, so it is believed for a while only: as long as a herd comes. */
  private record Resolved(Map<TableName, RowFilter> filters, long at) {
    private static final long AGE_NANOS = Duration.ofSeconds(10).toNanos();

    boolean isYoung() {
      return System.nanoTime() - at < AGE_NANOS;
    }
  }

  /** That these publications have all of these tables and columns; and filters on them. */
  private record Known(
      List<String> publications,
      Set<TableName> tables,
      Map<TableName, List<String>> columns,
      Map<TableName, Condition> rows,
      boolean onlyInserts) {}

  /**
   * Knows nothing yet.
   *
   * @param views how many are followed at most
   */
  public KnownViews(Publications publications, FilterCatalog catalog, int views) {
    this.publications = publications;
    this.filters = new Filters(catalog);
    this.most = Math.max(MOST, views);
  }

  /**
   * Why somebody would not be shown this any more, where its tables may have been altered: what the
   * replica identity lacks. Other reasons are told to who asks again.
   */
  public Optional<String> refusedNow(String feed, List<String> names, ViewRequest view) {
    Known asked = asked(names, view);
    known.remove(asked);
    resolved.remove(asked);
    try {
      resolved(feed, names, view);
    } catch (ProblemException e) {
      return Optional.of(e)
          .filter(one -> one.problem() == Problem.IDENTITY_INSUFFICIENT)
          .map(ProblemException::hint);
    }
    return Optional.empty();
  }

  private static Known asked(List<String> names, ViewRequest view) {
    ChangeOptions changes = view.changes();
    return new Known(
        names, named(view), changes.columns(), view.rows(), Filters.onlyInserts(changes));
  }

  /**
   * What a subscriber is shown.
   *
   * @param names the feed's publications; none: not known yet
   * @throws ProblemException BAD_REQUEST, naming what the feed does not have, or what cannot be
   *     decided; IDENTITY_INSUFFICIENT if the log does not say what a filter asks for
   */
  public ViewOptions resolved(String feed, List<String> names, ViewRequest view) {
    ChangeOptions changes = view.changes();
    Known asked = asked(names, view);
    try {
      if (!asked.tables().isEmpty() && !names.isEmpty() && !known.contains(asked)) {
        check(feed, asked, changes);
        keep();
        known.add(asked);
      }
      return new ViewOptions(changes, view.rows().isEmpty() ? Map.of() : filters(view, asked));
    } catch (SQLException e) {
      throw Problems.of(e);
    }
  }

  private void keep() {
    if (known.size() >= most || resolved.size() >= most) {
      known.clear();
      resolved.clear();
    }
  }

  private Map<TableName, RowFilter> filters(ViewRequest view, Known asked) throws SQLException {
    Resolved present = resolved.get(asked);
    if (present != null && present.isYoung()) {
      return present.filters();
    }
    Map<TableName, RowFilter> made = new HashMap<>();
    for (Map.Entry<TableName, Condition> one : view.rows().entrySet()) {
      made.put(one.getKey(), filters.of(one.getKey(), one.getValue(), view.changes()));
    }
    keep();
    resolved.put(asked, new Resolved(Map.copyOf(made), System.nanoTime()));
    return made;
  }

  private static Set<TableName> named(ViewRequest view) {
    ChangeOptions changes = view.changes();
    Set<TableName> tables = new LinkedHashSet<>(changes.columns().keySet());
    tables.addAll(view.rows().keySet());
    for (TablePattern pattern : changes.addTables()) {
      if (pattern.schema().isPresent() && pattern.table().isPresent()) {
        tables.add(new TableName(pattern.schema().get(), pattern.table().get()));
      }
    }
    return tables;
  }

  private void check(String feed, Known asked, ChangeOptions changes) throws SQLException {
    for (TableName table : asked.tables()) {
      List<String> columns = publications.columns(asked.publications(), table);
      if (columns.isEmpty()) {
        throw bad("Feed " + feed + " has no table " + Shown.of(table.toString()));
      }
      check(feed, table, columns, changes.columns().getOrDefault(table, List.of()));
      Condition rows = asked.rows().get(table);
      if (rows != null) {
        List<String> compared = rows.comparisons().map(Condition.Comparison::column).toList();
        check(feed, table, columns, compared);
      }
    }
  }

  private static void check(
      String feed, TableName table, List<String> columns, List<String> named) {
    for (String column : named) {
      if (!columns.contains(column)) {
        throw bad(
            "Table %s of feed %s has no column %s"
                .formatted(Shown.of(table.toString()), feed, Shown.of(column)));
      }
    }
  }

  /** Why a table's row is shown, or is not; one at a time, since PostgreSQL may have to search. */
  public Explanation explain(
      String feed, List<String> names, ViewRequest view, TableName table, Condition row) {
    if (!explaining.tryAcquire()) {
      throw new ProblemException(
          Problem.UPSTREAM_BUSY, "Another row is being explained", "Try again in a moment");
    }
    try {
      ViewOptions shown = resolved(feed, names, view);
      boolean isSent = names.isEmpty() || !publications.columns(names, table).isEmpty();
      return filters.explain(shown, table, row, isSent);
    } catch (SQLException e) {
      throw Problems.of(e);
    } finally {
      explaining.release();
    }
  }

  private static ProblemException bad(String message) {
    return new ProblemException(
        Problem.BAD_REQUEST, message, "Names are taken as PostgreSQL's catalog has them");
  }
}
