package org.pgdeltastream.filter;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.pgdeltastream.change.Shown;

/**
 * Reads a condition. In the short form the value is all that follows, as it is; inside brackets it
 * ends with a comma or a bracket, unless it stands in double quotes, where a backslash takes the
 * next character as it is.
 */
final class ConditionParser {
  static final int MOST_COMPARISONS = 100;
  static final int MOST_VALUES = 1_000;
  private static final int MOST_DEPTH = 20;
  private static final String NOT = "not.";
  private static final Set<String> IS = Set.of("null", "not_null", "true", "false", "unknown");

  private final Condition.@Nullable Variables variables;
  private String text = "";
  private int at;
  private int comparisons; // of all that were read
  private int values;

  /**
   * Reads nothing yet.
   *
   * @param variables what names after a dollar stand for; null: a dollar is no more than that
   */
  ConditionParser(Condition.@Nullable Variables variables) {
    this.variables = variables;
  }

  Condition parse(String next) {
    text = next;
    at = 0;
    Condition whole = startsGroup() || variables != null ? part(0) : shortForm();
    if (at < text.length()) {
      throw bad("something follows");
    }
    return whole;
  }

  private boolean startsGroup() {
    String rest = text.startsWith(NOT) ? text.substring(NOT.length()) : text;
    return rest.startsWith("and(") || rest.startsWith("or(");
  }

  private Condition shortForm() {
    String column = column('=');
    boolean negated = takes(NOT);
    Operator operator = operator();
    List<String> constants = operator == Operator.IN ? list() : List.of(count(text.substring(at)));
    if (operator != Operator.IN) {
      at = text.length();
    }
    return comparison(column, negated, operator, constants);
  }

  private Condition part(int depth) {
    if (depth > MOST_DEPTH) {
      throw bad("more than " + MOST_DEPTH + " brackets in each other");
    }
    int start = at;
    boolean negated = takes(NOT);
    Condition found;
    if (takes("and(")) {
      found = new Condition.All(parts(depth));
    } else if (takes("or(")) {
      found = new Condition.Any(parts(depth));
    } else {
      at = start;
      return comparison();
    }
    return negated ? new Condition.Not(found) : found;
  }

  private List<Condition> parts(int depth) {
    List<Condition> parts = new ArrayList<>();
    do {
      parts.add(part(depth + 1));
    } while (takes(","));
    expect(")");
    return parts;
  }

  private Condition comparison() {
    String column = column('.');
    boolean negated = takes(NOT);
    Operator operator = operator();
    if (startsVariable()) {
      return comparison(column, negated, operator, variable(operator));
    }
    return comparison(
        column, negated, operator, operator == Operator.IN ? list() : List.of(value()));
  }

  private boolean startsVariable() {
    return variables != null && at < text.length() && text.charAt(at) == '$';
  }

  private List<String> variable(Operator operator) {
    if (operator == Operator.IS || operator.isPattern() || variables == null) {
      throw bad("no name can stand for a word or a pattern");
    }
    String name = value().substring(1);
    List<String> found = variables.values(name, operator == Operator.IN);
    found.forEach(this::count);
    return found;
  }

  private Condition comparison(
      String column, boolean negated, Operator operator, List<String> constants) {
    if (++comparisons > MOST_COMPARISONS) {
      throw bad("more than " + MOST_COMPARISONS + " comparisons");
    }
    if (operator == Operator.IS && !IS.contains(constants.get(0))) {
      throw bad("is takes null, not_null, true, false or unknown");
    }
    Condition found =
        constants.isEmpty() // equal to none of no values
            ? new Condition.Any(List.of())
            : new Condition.Comparison(column, operator, constants);
    return negated ? new Condition.Not(found) : found;
  }

  private String column(char end) {
    String name = at < text.length() && text.charAt(at) == '"' ? quoted() : upTo(end);
    expect(String.valueOf(end));
    if (name.isEmpty()) {
      throw bad("no column's name");
    }
    return name;
  }

  private String upTo(char end) {
    int start = at;
    while (at < text.length() && text.charAt(at) != end) {
      at++;
    }
    return text.substring(start, at);
  }

  private Operator operator() {
    int start = at;
    Optional<Operator> found = Operator.of(upTo('.'));
    if (found.isEmpty() || !takes(".")) {
      at = start;
      throw bad(
          "no operator and a dot: eq, neq, lt, lte, gt, gte, in, is, isdistinct, like, ilike");
    }
    return found.get();
  }

  private List<String> list() {
    expect("(");
    List<String> list = new ArrayList<>();
    do {
      list.addAll(startsVariable() ? variable(Operator.IN) : List.of(value()));
    } while (takes(","));
    expect(")");
    return list;
  }

  private String value() {
    if (at < text.length() && text.charAt(at) == '"') {
      return count(quoted());
    }
    int start = at;
    while (at < text.length() && text.charAt(at) != ',' && text.charAt(at) != ')') {
      at++;
    }
    return count(text.substring(start, at));
  }

  private String quoted() {
    StringBuilder plain = new StringBuilder();
    at++;
    while (at < text.length() && text.charAt(at) != '"') {
      if (text.charAt(at) == '\\') {
        at++;
      }
      if (at < text.length()) {
        plain.append(text.charAt(at));
        at++;
      }
    }
    expect("\"");
    return plain.toString();
  }

  private String count(String value) {
    if (++values > MOST_VALUES) {
      throw bad("more than " + MOST_VALUES + " values");
    }
    return value;
  }

  private boolean takes(String word) {
    boolean there = text.startsWith(word, at);
    if (there) {
      at += word.length();
    }
    return there;
  }

  private void expect(String word) {
    if (!takes(word)) {
      throw bad("no " + word);
    }
  }

  private IllegalArgumentException bad(String what) {
    String near = at < text.length() ? " at " + Shown.of(text.substring(at)) : " at its end";
    return new IllegalArgumentException(what + near);
  }
}
