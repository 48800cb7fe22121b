package org.pgdeltastream.slot.view;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.pgdeltastream.change.Problem;
import org.pgdeltastream.change.ProblemException;
import org.pgdeltastream.change.Shown;
import org.pgdeltastream.change.TableName;
import org.pgdeltastream.change.option.ChangeOptions;
import org.pgdeltastream.change.option.TablePattern;
import org.pgdeltastream.feed.ViewOptions;
import org.pgdeltastream.replication.publication.Publications;
import org.pgdeltastream.slot.database.Problems;

/**
 * Checks the tables and columns that a subscriber names, once for all who name the same. For any
 * thread.
 */
public final class KnownViews {
  private static final int MOST = 1_000;

  private final Publications publications;
  private final Set<Known> known = ConcurrentHashMap.newKeySet();

  /** That these publications have all of these tables and columns. */
  private record Known(
      List<String> publications, List<TableName> tables, Map<TableName, List<String>> columns) {}

  public KnownViews(Publications publications) {
    this.publications = publications;
  }

  /**
   * Whether the feed has all that is named.
   *
   * @param names the feed's publications; none: not known yet
   * @throws ProblemException BAD_REQUEST, naming what it does not have
   */
  public void check(String feed, List<String> names, ViewOptions view) {
    List<TableName> named = named(view.changes());
    Known asked = new Known(names, named, view.changes().columns());
    if (named.isEmpty() || names.isEmpty() || known.contains(asked)) {
      return;
    }
    try {
      for (TableName table : named) {
        check(feed, table, publications.columns(names, table), view.changes());
      }
    } catch (SQLException e) {
      throw Problems.of(e);
    }
    if (known.size() >= MOST) {
      known.clear();
    }
    known.add(asked);
  }

  private static List<TableName> named(ChangeOptions changes) {
    Set<TableName> tables = new LinkedHashSet<>(changes.columns().keySet());
    for (TablePattern pattern : changes.addTables()) {
      if (pattern.schema().isPresent() && pattern.table().isPresent()) {
        tables.add(new TableName(pattern.schema().get(), pattern.table().get()));
      }
    }
    return new ArrayList<>(tables);
  }

  private static void check(
      String feed, TableName table, List<String> columns, ChangeOptions changes) {
    if (columns.isEmpty()) {
      throw bad("Feed " + feed + " has no table " + Shown.of(table.toString()));
    }
    for (Map.Entry<TableName, List<String>> told : changes.columns().entrySet()) {
      for (String column : told.getKey().equals(table) ? told.getValue() : List.<String>of()) {
        if (!columns.contains(column)) {
          throw bad(
              "Table %s of feed %s has no column %s"
                  .formatted(Shown.of(table.toString()), feed, Shown.of(column)));
        }
      }
    }
  }

  private static ProblemException bad(String message) {
    return new ProblemException(
        Problem.BAD_REQUEST, message, "Names are taken as PostgreSQL's catalog has them");
  }
}
