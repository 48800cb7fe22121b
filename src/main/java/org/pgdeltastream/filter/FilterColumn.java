package org.pgdeltastream.filter;

import static java.nio.charset.StandardCharsets.UTF_8;

/**
 * A column, as the catalog has it.
 *
 * @param typeOid as a Relation message has it: a domain's own
 * @param sqlType the type without a length, of a domain its base type's; safe inside a statement
 */
public record FilterColumn(String name, int typeOid, String sqlType, ValueClass values) {
  /** It is tried at each place of a value. */
  private static final int MOST_PATTERN_BYTES = 128;

  /**
   * Checks that a comparison is decided exactly as PostgreSQL does.
   *
   * @throws IllegalArgumentException saying why it is not
   */
  public void check(Condition.Comparison comparison) {
    Operator operator = comparison.operator();
    String word = comparison.values().get(0);
    if (!values.takes(operator)) {
      throw new IllegalArgumentException(
          "%s cannot be decided here on column %s of type %s%s"
              .formatted(operator.word(), name, sqlType, why(operator)));
    }
    if (operator == Operator.IS && values != ValueClass.BOOLEAN && !word.endsWith("null")) {
      throw new IllegalArgumentException(
          "is." + word + " needs a boolean, and column " + name + " is of type " + sqlType);
    }
    if (operator.isPattern() && word.getBytes(UTF_8).length > MOST_PATTERN_BYTES) {
      throw new IllegalArgumentException(
          "The pattern of column " + name + " has more than " + MOST_PATTERN_BYTES + " bytes");
    }
    if (operator.isPattern() && endsInBackslash(word)) {
      throw new IllegalArgumentException("The pattern of column " + name + " ends in a backslash");
    }
  }

  private String why(Operator operator) {
    if (operator == Operator.ILIKE || (values.isText() && operator.isOrder())) {
      return ": only with the collation C";
    }
    return values == ValueClass.OTHER ? ": only is.null and not.is.null are" : "";
  }

  private static boolean endsInBackslash(String pattern) {
    int count = 0;
    while (count < pattern.length() && pattern.charAt(pattern.length() - 1 - count) == '\\') {
      count++;
    }
    return count % 2 == 1;
  }
}
