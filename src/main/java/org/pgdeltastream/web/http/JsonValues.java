package org.pgdeltastream.web.http;

import java.math.BigDecimal;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** JSON as Java's own values: text, numbers as BigDecimal, booleans, lists and maps of these. */
public final class JsonValues {
  private static final int MOST_DIGITS = 100;
  private static final int MOST_EXPONENT = 400;

  private JsonValues() {}

  /**
   * The members of an object. A null becomes what nothing can be compared with: an empty object.
   *
   * @throws IllegalArgumentException if a number in it is too long or too large
   */
  public static Map<String, Object> of(Map<String, JsonTree> members) {
    Map<String, Object> values = new LinkedHashMap<>();
    members.forEach((name, tree) -> values.put(name, value(tree)));
    return values;
  }

  private static Object value(JsonTree tree) {
    if (tree instanceof JsonTree.Fields fields) {
      return of(fields.members());
    }
    if (tree instanceof JsonTree.Items items) {
      List<Object> values = items.items().stream().map(JsonValues::value).toList();
      return values;
    }
    if (tree instanceof JsonTree.Text text) {
      return text.value();
    }
    if (tree instanceof JsonTree.Numeral number) {
      return number(number.digits());
    }
    return tree instanceof JsonTree.Flag flag ? (Object) flag.value() : Map.of();
  }

  /** With each of its digits: rights compare them. */
  private static BigDecimal number(String digits) {
    if (digits.length() <= MOST_DIGITS) {
      try {
        BigDecimal number = new BigDecimal(digits);
        if (number.scale() >= -MOST_EXPONENT && number.scale() <= MOST_EXPONENT) {
          return number;
        }
      } catch (NumberFormatException e) { // an exponent beyond an int
        throw notHeld(e);
      }
    }
    throw notHeld(null);
  }

  private static IllegalArgumentException notHeld(@Nullable Throwable cause) {
    return new IllegalArgumentException(
        "a number in it has more than "
            + MOST_DIGITS
            + " characters, or an exponent beyond "
            + MOST_EXPONENT,
        cause);
  }
}
