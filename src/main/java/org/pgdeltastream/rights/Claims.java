package org.pgdeltastream.rights;

import java.math.BigDecimal;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What a verified token says, by the claims' names.
 *
 * @param byName JSON values: text, numbers (Integer, Long or a BigDecimal of a bounded exponent),
 *     booleans, lists and maps of these
 */
public record Claims(Map<String, ?> byName) {
  public Claims {
    byName = Map.copyOf(byName);
  }

  /**
   * A claim's value, or its values.
   *
   * @param isList whether it may be compared with {@code in} only
   */
  public record Values(List<String> texts, boolean isList) {
    public Values {
      texts = List.copyOf(texts);
    }
  }

  /**
   * The claim of this name; of {@code a.b}, if there is none, member {@code b} of claim {@code a}.
   *
   * @return empty if it is not there, or is no text, number, boolean or list of these
   */
  public Optional<Values> values(String name) {
    return find(byName, name).flatMap(Claims::read);
  }

  private static Optional<?> find(Map<?, ?> from, String name) {
    Object whole = from.get(name);
    if (whole != null) {
      return Optional.of(whole);
    }
    for (int dot = name.indexOf('.'); dot > 0; dot = name.indexOf('.', dot + 1)) {
      if (from.get(name.substring(0, dot)) instanceof Map<?, ?> inner) {
        Optional<?> found = find(inner, name.substring(dot + 1));
        if (found.isPresent()) {
          return found;
        }
      }
    }
    return Optional.empty();
  }

  private static Optional<Values> read(Object value) {
    if (!(value instanceof Collection<?> list)) {
      return scalar(value).map(text -> new Values(List.of(text), false));
    }
    List<String> texts = list.stream().map(Claims::scalar).flatMap(Optional::stream).toList();
    return texts.size() == list.size() ? Optional.of(new Values(texts, true)) : Optional.empty();
  }

  private static Optional<String> scalar(@Nullable Object value) {
    if (value instanceof BigDecimal number) {
      return Optional.of(number.stripTrailingZeros().toPlainString());
    }
    boolean is =
        value instanceof String
            || value instanceof Integer
            || value instanceof Long
            || value instanceof Boolean;
    return is ? Optional.of(String.valueOf(value)) : Optional.empty();
  }
}
