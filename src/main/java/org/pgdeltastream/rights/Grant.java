package org.pgdeltastream.rights;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.pgdeltastream.change.Action;
import org.pgdeltastream.change.Problem;
import org.pgdeltastream.change.ProblemException;
import org.pgdeltastream.change.TableName;
import org.pgdeltastream.change.option.ChangeOptions;
import org.pgdeltastream.change.option.Scope;
import org.pgdeltastream.filter.Condition;

/** What one bearer may see of a feed: what it asks for can only become less. */
public record Grant(String feed, FeedRight right, Claims claims) {
  private static final int MOST_PATTERNS = 2;

  /** What is shown, and the rows that are shown of a table. */
  public record Narrowed(ChangeOptions changes, Map<TableName, Condition> rows) {
    public Narrowed {
      rows = Map.copyOf(rows);
    }
  }

  /**
   * What of a request may be seen. What the right does not name is answered like what is not there;
   * so is a table whose right names a claim that the token does not have.
   *
   * @param rows conditions of the request
   * @param published the columns that the feed has of each table; none: it has no such table
   * @throws ProblemException BAD_REQUEST if something is named that is not there; FORBIDDEN if
   *     nothing is left
   */
  public Narrowed narrow(
      ChangeOptions asked,
      Map<TableName, Condition> rows,
      Map<TableName, ? extends List<String>> published) {
    Map<TableName, Set<Action>> tables = new HashMap<>();
    Map<TableName, List<String>> columns = new HashMap<>();
    Map<TableName, Set<String>> limited = new HashMap<>();
    Map<TableName, Condition> conditions = new HashMap<>();
    right
        .tables()
        .forEach(
            (table, may) -> {
              Optional<List<Condition>> needed = needed(may);
              Set<String> seen = seen(may, published.get(table));
              if (needed.isPresent() && !seen.isEmpty() && asked.wants(table)) {
                tables.put(table, may.actions());
                may.columns().ifPresent(names -> limited.put(table, Set.copyOf(names)));
                told(table, asked, may, seen).ifPresent(names -> columns.put(table, names));
                condition(table, rows.get(table), needed.get(), seen)
                    .ifPresent(all -> conditions.put(table, all));
              }
            });
    checkNamed(asked, rows, tables.keySet());
    if (tables.isEmpty() && right.prefixes().isEmpty()) {
      throw nothing();
    }
    Scope scope = new Scope(tables, right.prefixes());
    return new Narrowed(asked.within(scope, columns, limited), conditions);
  }

  /** The columns that are there and may be seen. */
  private static Set<String> seen(TableRight may, @Nullable List<String> there) {
    Set<String> seen = new HashSet<>(there == null ? List.of() : there);
    may.columns().ifPresent(seen::retainAll);
    return seen;
  }

  /**
   * Why nothing of a table is shown, if it is not.
   *
   * @param published the columns that the feed has of it; none: it has no such table
   */
  public Optional<String> whyNot(TableName table, List<String> published) {
    TableRight may = right.tables().get(table);
    if (may == null) {
      return Optional.of("The role does not name the table");
    }
    if (published.isEmpty()) {
      return Optional.of("The feed has no such table");
    }
    if (seen(may, published).isEmpty()) {
      return Optional.of("The feed has none of the columns that the role names");
    }
    return needed(may).isPresent()
        ? Optional.empty()
        : Optional.of("A claim is missing that rows of the role names, or has not one value");
  }

  /** Throws ProblemException BAD_REQUEST if a condition names a column that may not be seen. */
  public void checkSeen(TableName table, Condition asked, List<String> published) {
    TableRight may = right.tables().get(table);
    Set<String> seen = may == null ? Set.of() : seen(may, published);
    check(table, asked.comparisons().map(Condition.Comparison::column).toList(), seen);
  }

  /** The right's own condition, in a list of none or one; empty if a claim is missing. */
  private Optional<List<Condition>> needed(TableRight may) {
    try {
      return Optional.of(
          may.rows().stream().map(text -> Condition.parse(text, this::values)).toList());
    } catch (IllegalArgumentException e) { // a claim is missing, or there are too many values
      return Optional.empty();
    }
  }

  /** A list where one value must stand is none. */
  private List<String> values(String name, boolean inList) {
    return claims
        .values(name)
        .filter(found -> inList || !found.isList())
        .map(Claims.Values::texts)
        .orElseThrow(() -> new IllegalArgumentException("no claim " + name));
  }

  private Optional<List<String>> told(
      TableName table, ChangeOptions asked, TableRight may, Set<String> seen) {
    Optional<List<String>> named = Optional.ofNullable(asked.columns().get(table));
    named.ifPresent(names -> check(table, names, seen));
    return named.or(may::columns);
  }

  private Optional<Condition> condition(
      TableName table, @Nullable Condition asked, List<Condition> needed, Set<String> seen) {
    List<Condition> all = new ArrayList<>();
    needed.forEach(one -> addParts(all, one));
    if (asked != null) {
      check(table, asked.comparisons().map(Condition.Comparison::column).toList(), seen);
      checkPatterns(table, asked);
      addParts(all, asked);
    }
    return switch (all.size()) {
      case 0 -> Optional.empty();
      case 1 -> Optional.of(all.get(0));
      default -> Optional.of(new Condition.All(all));
    };
  }

  /** One level, so that a value which finds the condition is found. */
  private static void addParts(List<Condition> all, Condition one) {
    if (one instanceof Condition.All some) {
      all.addAll(some.parts());
    } else {
      all.add(one);
    }
  }

  /** Each is tried on each row, in the thread that reads for all. */
  private static void checkPatterns(TableName table, Condition asked) {
    if (asked.comparisons().filter(one -> one.operator().isPattern()).count() > MOST_PATTERNS) {
      throw new ProblemException(
          Problem.BAD_REQUEST,
          "rows of table " + table + " has more than " + MOST_PATTERNS + " patterns",
          "Ask for more rows, and choose among them");
    }
  }

  private void check(TableName table, List<String> named, Set<String> seen) {
    for (String column : named) {
      if (!seen.contains(column)) {
        throw NotThere.column(feed, table, column);
      }
    }
  }

  private void checkNamed(
      ChangeOptions asked, Map<TableName, Condition> rows, Set<TableName> there) {
    Set<TableName> named = asked.namedTables();
    named.addAll(rows.keySet());
    for (TableName table : named) {
      if (!there.contains(table)) {
        throw NotThere.table(feed, table);
      }
    }
  }

  private ProblemException nothing() {
    return new ProblemException(
        Problem.FORBIDDEN,
        "Your token has no right to what you ask of feed " + feed,
        "Ask for other tables, or with another token");
  }
}
