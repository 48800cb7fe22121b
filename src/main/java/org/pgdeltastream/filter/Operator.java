package org.pgdeltastream.filter;

import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * How a column is compared, by PostgREST's names. Source: PostgREST's manual, "Horizontal
 * Filtering".
 */
public enum Operator {
  EQ("="),
  NEQ("<>"),
  LT("<"),
  LTE("<="),
  GT(">"),
  GTE(">="),
  IN("in"),
  IS("is"),
  ISDISTINCT("is distinct from"),
  LIKE("like"),
  ILIKE("ilike");

  private final String sql;

  Operator(String sql) {
    this.sql = sql;
  }

  String sql() {
    return sql;
  }

  /** As a client writes it. */
  String word() {
    return name().toLowerCase(Locale.ROOT);
  }

  static Optional<Operator> of(String word) {
    return Stream.of(values()).filter(one -> one.word().equals(word)).findFirst();
  }

  /** Whether it needs an order of values. */
  boolean isOrder() {
    return switch (this) {
      case LT, LTE, GT, GTE -> true;
      default -> false;
    };
  }

  public boolean isPattern() {
    return this == LIKE || this == ILIKE;
  }

  /**
   * Whether it holds.
   *
   * @param order of the value and the constant: negative, zero or positive
   */
  boolean holds(int order) {
    return switch (this) {
      case EQ -> order == 0;
      case NEQ, ISDISTINCT -> order != 0;
      case LT -> order < 0;
      case LTE -> order <= 0;
      case GT -> order > 0;
      case GTE -> order >= 0;
      case IN, IS, LIKE, ILIKE -> throw new IllegalStateException(this + " has no order");
    };
  }
}
