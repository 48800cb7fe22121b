package org.pgdeltastream.filter;

import java.util.List;
import java.util.stream.Stream;

/** What a client wants of a table's rows, as it wrote it: nothing is known of the table yet. */
public sealed interface Condition {
  /** All of these. */
  record All(List<Condition> parts) implements Condition {
    public All {
      parts = List.copyOf(parts);
    }

    @Override
    public Stream<Comparison> comparisons() {
      return parts.stream().flatMap(Condition::comparisons);
    }
  }

  /** One of these, or more. */
  record Any(List<Condition> parts) implements Condition {
    public Any {
      parts = List.copyOf(parts);
    }

    @Override
    public Stream<Comparison> comparisons() {
      return parts.stream().flatMap(Condition::comparisons);
    }
  }

  /** Not this. */
  record Not(Condition part) implements Condition {
    @Override
    public Stream<Comparison> comparisons() {
      return part.comparisons();
    }
  }

  /**
   * A column and constants.
   *
   * @param values one; of {@code in} any number; of {@code is} a word
   */
  record Comparison(String column, Operator operator, List<String> values) implements Condition {
    public Comparison {
      values = List.copyOf(values);
    }

    @Override
    public Stream<Comparison> comparisons() {
      return Stream.of(this);
    }

    /** Whether its values are constants of the column's type. */
    public boolean hasConstants() {
      return operator != Operator.IS && !operator.isPattern();
    }
  }

  /** What a name after a dollar stands for. */
  interface Variables {
    /**
     * Its value, or its values where more than one may stand.
     *
     * @throws IllegalArgumentException if it cannot stand there
     */
    List<String> values(String name, boolean inList);
  }

  /**
   * Reads {@code owner_id.eq.$sub}, or {@code and(owner_id.eq.$sub,region.in.$regions)}; what
   * stands for a name is never read as a part of the condition.
   */
  static Condition parse(String text, Variables variables) {
    return new ConditionParser(variables).parse(text);
  }

  /** Its comparisons, from left to right. */
  Stream<Comparison> comparisons();

  /**
   * Reads {@code status=eq.open}, or {@code and(status.eq.open,or(total.gt.100,vip.is.true))}.
   *
   * @throws IllegalArgumentException saying what cannot be read, and where
   */
  static Condition parse(String text) {
    return parse(List.of(text));
  }

  /** The same of more than one, which must all hold. */
  static Condition parse(List<String> texts) {
    ConditionParser parser = new ConditionParser(null);
    List<Condition> all =
        texts.stream()
            .map(parser::parse)
            .flatMap(one -> one instanceof All some ? some.parts().stream() : Stream.of(one))
            .toList();
    return all.size() == 1 ? all.get(0) : new All(all);
  }
}
