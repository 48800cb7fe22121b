package org.pgdeltastream.snapshot.table;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Collectors;
import org.pgdeltastream.change.PageRequest.Nulls;

/**
 * An order in which no two rows are equal, so that a page can begin behind any row.
 *
 * @param only the number of the table, where all its rows lie in itself
 * @param after the last row of the page before; the page begins behind it
 */
public record Keyset(List<Term> terms, OptionalLong only, Optional<PageStart> after) {
  public Keyset {
    terms = List.copyOf(terms);
  }

  /** The columns read behind each row's values: where it lies, and which of its order are null. */
  public List<String> marks() {
    List<String> marks = new ArrayList<>(List.of("ctid"));
    if (only.isEmpty()) {
      marks.add("tableoid");
    }
    terms.stream().filter(Term::nullable).map(Term::isNull).forEach(marks::add);
    return marks;
  }

  /** The start of the page behind a row, from its {@link #marks}. */
  public Optional<PageStart> pageStart(List<String> marks) {
    Iterator<String> rest = marks.iterator();
    String position = rest.next();
    String holder = only.isPresent() ? Long.toString(only.getAsLong()) : rest.next();
    List<PageStart.Step> steps = new ArrayList<>();
    for (Term term : terms) {
      boolean isNull = term.nullable() && rest.next().equals("t");
      steps.add(new PageStart.Step(term.number(), term.ascending(), term.nulls(), isNull));
    }
    return RowPosition.parse(holder + " " + position).map(row -> new PageStart(row, steps));
  }

  /** By the row itself, not its values: no value ever leaves or enters, whatever its type. */
  Optional<String> condition(String table) {
    return after.map(
        start ->
            isOneComparison()
                ? comparison(table, start)
                : bound(table, start) + behind(0, table, start));
  }

  /** A comparison of rows is what an index of several columns can begin at. */
  private boolean isOneComparison() {
    return terms.stream().noneMatch(Term::nullable)
        && terms.stream().map(Term::ascending).distinct().count() == 1;
  }

  private String comparison(String table, PageStart start) {
    String columns = terms.stream().map(Term::quoted).collect(Collectors.joining(", "));
    return "(%s) %s %s"
        .formatted(
            columns, terms.get(0).ascending() ? ">" : "<", value(columns, table, start.position()));
  }

  /** Where an index can begin: no row before it belongs to the page. */
  private String bound(String table, PageStart start) {
    Term first = terms.get(0);
    boolean isNull = start.steps().get(0).isNull();
    if (isNull && first.nulls() == Nulls.LAST) {
      return first.isNull() + " and ";
    }
    if (isNull || (first.nullable() && first.nulls() == Nulls.LAST)) {
      return "";
    }
    return first.quoted()
        + (first.ascending() ? " >= " : " <= ")
        + value(first.quoted(), table, start.position())
        + " and ";
  }

  /** Behind in this column; or equal in it, and behind in the next. */
  private String behind(int number, String table, PageStart start) {
    Term term = terms.get(number);
    boolean isNull = start.steps().get(number).isNull();
    String value = value(term.quoted(), table, start.position());
    String behind = isNull ? behindNull(term) : behindValue(term, value);
    if (number == terms.size() - 1) {
      return behind;
    }
    String same = isNull ? term.isNull() : term.quoted() + " = " + value;
    return "(%s or %s and %s)".formatted(behind, same, behind(number + 1, table, start));
  }

  private static String behindNull(Term term) {
    return switch (term.nulls()) {
      case FIRST -> term.quoted() + " is distinct from null";
      case LAST -> "false";
    };
  }

  private static String behindValue(Term term, String value) {
    String behind = term.quoted() + (term.ascending() ? " > " : " < ") + value;
    return term.nullable() && term.nulls() == Nulls.LAST
        ? "(" + behind + " or " + term.isNull() + ")"
        : behind;
  }

  private static String value(String columns, String table, RowPosition row) {
    return "(select %s from %s where %s)".formatted(columns, table, row.sql());
  }
}
