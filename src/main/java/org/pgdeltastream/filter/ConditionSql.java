package org.pgdeltastream.filter;

import static java.util.Objects.requireNonNull;

import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.pgdeltastream.change.TableName;

/** Writes a condition for PostgreSQL: names and constants are quoted. */
record ConditionSql(Map<String, FilterColumn> columns) {
  /** In brackets, or a comparison without. */
  String of(Condition part) {
    if (part instanceof Condition.All all) {
      return joined(all.parts(), " and ", "true");
    } else if (part instanceof Condition.Any any) {
      return joined(any.parts(), " or ", "false");
    } else if (part instanceof Condition.Not not) {
      return "(not " + of(not.part()) + ")";
    }
    return "(" + of((Condition.Comparison) part) + ")";
  }

  private String joined(List<Condition> parts, String word, String ofNone) {
    return parts.isEmpty()
        ? "(" + ofNone + ")"
        : parts.stream().map(this::of).collect(Collectors.joining(word, "(", ")"));
  }

  /** Without brackets. */
  String of(Condition.Comparison one) {
    String column = TableName.quote(one.column());
    String first = one.values().get(0);
    return switch (one.operator()) {
      case IS -> column + " is " + (first.equals("not_null") ? "not null" : first);
      case LIKE, ILIKE -> column + " " + one.operator().sql() + " " + literal(first);
      case IN ->
          one.values().stream()
              .map(value -> constant(one, value))
              .collect(Collectors.joining(", ", column + " in (", ")"));
      default -> column + " " + one.operator().sql() + " " + constant(one, first);
    };
  }

  private String constant(Condition.Comparison one, String value) {
    FilterColumn column = requireNonNull(columns.get(one.column()), "no such column");
    return literal(value) + "::" + column.sqlType();
  }

  /** As quote_literal writes it. Source: manual, "String Constants". */
  private static String literal(String value) {
    String doubled = value.replace("'", "''");
    return value.contains("\\") ? "E'" + doubled.replace("\\", "\\\\") + "'" : "'" + doubled + "'";
  }
}
