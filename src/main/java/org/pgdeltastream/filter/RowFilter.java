package org.pgdeltastream.filter;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.pgdeltastream.change.Column;
import org.pgdeltastream.change.Relation;
import org.pgdeltastream.change.ReplicaIdentity;

/**
 * A condition on a table's rows whose columns are known and whose constants are spelled as
 * PostgreSQL spells them. It decides in Java what its SQL decides in PostgreSQL. Equal ones select
 * the same.
 */
public final class RowFilter {
  private final Condition condition;
  private final Map<String, FilterColumn> columns;
  private final Optional<Set<String>> shown;
  private final String text;

  private RowFilter(
      Condition condition, Map<String, FilterColumn> columns, Optional<Set<String>> shown) {
    this.condition = condition;
    this.columns = columns;
    this.shown = shown;
    this.text = text(condition) + shown.map(names -> " " + new TreeSet<>(names)).orElse("");
  }

  /**
   * Of a condition that its columns can decide.
   *
   * @param columns those that it names, at least
   * @param constants as PostgreSQL spells them, in the order of {@link Condition#comparisons}
   */
  public static RowFilter of(
      Condition condition, Map<String, FilterColumn> columns, List<String> constants) {
    Map<String, FilterColumn> used = new LinkedHashMap<>();
    condition
        .comparisons()
        .map(Condition.Comparison::column)
        .sorted()
        .forEach(name -> used.put(name, columns.get(name)));
    return new RowFilter(canonical(condition, constants.iterator()), used, Optional.empty());
  }

  /**
   * The same for who may be shown these columns only: if a row's key has another, it cannot be told
   * which row was updated or deleted.
   */
  public RowFilter showing(Set<String> names) {
    return new RowFilter(condition, columns, Optional.of(Set.copyOf(names)));
  }

  boolean isRestricted() {
    return shown.isPresent();
  }

  /** Whether it may be shown which row it was. */
  boolean showsKeys(Relation relation) {
    return shown.isEmpty()
        || relation.replicaIdentity() == ReplicaIdentity.FULL
        || relation.columns().stream()
            .filter(Column::key)
            .allMatch(column -> shown.get().contains(column.name()));
  }

  private static Condition canonical(Condition condition, Iterator<String> constants) {
    if (condition instanceof Condition.All all) {
      return new Condition.All(canonical(all.parts(), constants));
    } else if (condition instanceof Condition.Any any) {
      return new Condition.Any(canonical(any.parts(), constants));
    } else if (condition instanceof Condition.Not not) {
      return new Condition.Not(canonical(not.part(), constants));
    }
    Condition.Comparison one = (Condition.Comparison) condition;
    Stream<String> values =
        one.hasConstants()
            ? one.values().stream().map(value -> constants.next()).distinct()
            : one.values().stream().map(word -> pattern(one, word));
    return new Condition.Comparison(
        one.column(),
        one.operator(),
        one.operator() == Operator.IN ? values.sorted().toList() : values.toList());
  }

  /** In one order, whichever the client has chosen. */
  private static List<Condition> canonical(List<Condition> parts, Iterator<String> constants) {
    List<Condition> found = new ArrayList<>();
    for (Condition part : parts) {
      found.add(canonical(part, constants));
    }
    found.sort(java.util.Comparator.comparing(RowFilter::text));
    return found;
  }

  /** A star means the same as a percent sign, which has to be escaped in addresses. */
  private static String pattern(Condition.Comparison one, String word) {
    return one.operator().isPattern() ? word.replace('*', '%') : word;
  }

  private static String text(Condition condition) {
    if (condition instanceof Condition.All all) {
      return all.parts().stream()
          .map(RowFilter::text)
          .collect(Collectors.joining(",", "and(", ")"));
    } else if (condition instanceof Condition.Any any) {
      return any.parts().stream().map(RowFilter::text).collect(Collectors.joining(",", "or(", ")"));
    } else if (condition instanceof Condition.Not not) {
      return "not." + text(not.part());
    }
    Condition.Comparison one = (Condition.Comparison) condition;
    String values = one.values().stream().map(RowFilter::quoted).collect(Collectors.joining(","));
    String list = one.operator() == Operator.IN ? "(" + values + ")" : values;
    return quoted(one.column()) + "." + one.operator().word() + "." + list;
  }

  private static String quoted(String value) {
    return '"' + value.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
  }

  /** The columns that it names. */
  public Iterable<FilterColumn> columns() {
    return columns.values();
  }

  /** For a WHERE, in brackets: names and constants are quoted. */
  public String sql() {
    return new ConditionSql(columns).of(condition);
  }

  /** Each comparison for itself, as it is written and in SQL. */
  public Map<String, String> parts() {
    ConditionSql sql = new ConditionSql(columns);
    Map<String, String> parts = new LinkedHashMap<>();
    condition.comparisons().forEach(one -> parts.put(text(one), sql.of(one)));
    return parts;
  }

  private FilterColumn column(Condition.Comparison one) {
    FilterColumn column = columns.get(one.column());
    if (column == null) {
      throw new IllegalStateException("No column " + one.column());
    }
    return column;
  }

  /** Ready to be decided on rows whose columns are in these slots. */
  Predicate predicate(Slots slots) {
    return predicate(condition, slots);
  }

  private Predicate predicate(Condition part, Slots slots) {
    if (part instanceof Condition.All all) {
      return new Predicate.All(predicates(all.parts(), slots));
    } else if (part instanceof Condition.Any any) {
      return new Predicate.Any(predicates(any.parts(), slots));
    } else if (part instanceof Condition.Not not) {
      return new Predicate.Not(predicate(not.part(), slots));
    }
    Condition.Comparison one = (Condition.Comparison) part;
    FilterColumn column = column(one);
    int slot = slots.of(column);
    String first = one.values().get(0);
    return switch (one.operator()) {
      case IS -> new Predicate.Is(slot, first);
      case LIKE, ILIKE ->
          new Predicate.Like(slot, new LikePattern(first, one.operator() == Operator.ILIKE));
      case IN ->
          new Predicate.In(
              slot,
              one.values().stream()
                  .map(value -> new Constant(column.values(), value))
                  .toArray(Constant[]::new));
      default ->
          new Predicate.Comparison(slot, one.operator(), new Constant(column.values(), first));
    };
  }

  private Predicate[] predicates(List<Condition> parts, Slots slots) {
    return parts.stream().map(part -> predicate(part, slots)).toArray(Predicate[]::new);
  }

  /**
   * Columns that have one of a few values in each row that is selected, so that a row's value finds
   * the filter.
   */
  List<Key> keys() {
    Stream<Condition> parts =
        condition instanceof Condition.All all ? all.parts().stream() : Stream.of(condition);
    return parts
        .filter(Condition.Comparison.class::isInstance)
        .map(Condition.Comparison.class::cast)
        .filter(one -> one.operator() == Operator.EQ || one.operator() == Operator.IN)
        .filter(one -> column(one).values().isExact())
        .map(one -> new Key(column(one), one.values()))
        .toList();
  }

  /** What finds a filter: in each row that it selects, the column has one of the values. */
  record Key(FilterColumn column, List<String> values) {}

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof RowFilter filter
        && text.equals(filter.text)
        && columns.equals(filter.columns);
  }

  @Override
  public int hashCode() {
    return text.hashCode();
  }

  /** The same for all that select the same in the same way. */
  @Override
  public String toString() {
    return text;
  }
}
