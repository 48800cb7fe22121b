package org.pgdeltastream.snapshot.table;

import static org.pgdeltastream.snapshot.table.TableReference.folded;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.stream.Collectors;
import org.pgdeltastream.change.Column;
import org.pgdeltastream.change.PageRequest;
import org.pgdeltastream.change.PageRequest.Order;
import org.pgdeltastream.change.Problem;
import org.pgdeltastream.change.ProblemException;
import org.pgdeltastream.change.Shown;
import org.pgdeltastream.change.TableName;
import org.pgdeltastream.filter.RowFilter;

/**
 * A table as the catalog shows it under the snapshot; its columns in the table's order.
 *
 * @param uniqueKeys the numbers of the columns that are unique together, where none is null
 * @param rows the condition of those that are read; empty: all
 * @param compared the columns that a client's condition names
 */
public record SnapshotTable(
    long oid,
    TableName name,
    Shape shape,
    Access access,
    List<Attribute> attributes,
    List<Set<Integer>> uniqueKeys,
    Optional<String> rows,
    List<Attribute> compared) {
  private static final int MOST_TERMS = 32; // as an index has; a cursor names them all

  public enum Shape {
    PLAIN,
    PARTITIONED
  }

  /** What this server's user may read of it. */
  public enum Access {
    WHOLE,
    /** Only columns that were granted one by one; then rows' positions are hidden. */
    SOME_COLUMNS
  }

  /**
   * A column.
   *
   * @param number as in pg_attribute
   * @param keyPosition its number in the primary key, if it is part of it
   * @param generated computed from others
   */
  public record Attribute(
      Column column, int number, OptionalInt keyPosition, boolean nullable, boolean generated) {
    public String name() {
      return column.name();
    }
  }

  public SnapshotTable {
    attributes = List.copyOf(attributes);
    uniqueKeys = List.copyOf(uniqueKeys);
    compared = List.copyOf(compared);
  }

  /** Of which a client wants all that the stream sends. */
  SnapshotTable(
      long oid,
      TableName name,
      Shape shape,
      Access access,
      List<Attribute> attributes,
      List<Set<Integer>> uniqueKeys,
      Optional<String> rows) {
    this(oid, name, shape, access, attributes, uniqueKeys, rows, List.of());
  }

  /** The same with only those of its rows that the filter selects. */
  public SnapshotTable where(RowFilter filter) {
    String condition = filter.sql();
    String both = rows.map(sent -> "(" + sent + ") and " + condition).orElse(condition);
    List<Attribute> named = new ArrayList<>();
    filter.columns().forEach(column -> named.add(exactly(column.name())));
    return new SnapshotTable(
        oid, name, shape, access, attributes, uniqueKeys, Optional.of(both), named);
  }

  /** The column of this name, whose case counts. */
  public Attribute exactly(String wanted) {
    return named(wanted).orElseThrow(() -> missing(wanted));
  }

  /** The columns of these names, in this order; all if none is named. */
  public List<Attribute> selected(List<String> names) {
    if (names.isEmpty()) {
      return attributes;
    }
    List<Attribute> selected = new ArrayList<>();
    for (String wanted : names) {
      Attribute found = find(wanted);
      if (selected.contains(found)) {
        throw new ProblemException(
            Problem.BAD_REQUEST,
            "Column " + Shown.of(wanted) + " is named twice",
            "Name each column once");
      }
      selected.add(found);
    }
    return selected;
  }

  /**
   * The query for a page.
   *
   * @param after where the page begins, if the client continues after a page
   */
  public PageQuery query(PageRequest request, Optional<PageStart> after) {
    List<Term> terms = after.map(this::terms).orElseGet(() -> terms(request.orderBy()));
    boolean total = isTotal(terms);
    return new PageQuery(
        source(),
        rows,
        selected(request.columns()).stream().map(Attribute::name).toList(),
        terms.stream().map(Term::order).toList(),
        total ? PageQuery.Ties.NONE : PageQuery.Ties.BY_POSITION,
        request.offset(),
        request.limit(),
        total && access == Access.WHOLE && terms.size() <= MOST_TERMS
            ? Optional.of(new Keyset(terms, only(), after))
            : Optional.empty());
  }

  /** Without the tables that inherit from it: their changes bear their own names. */
  public String source() {
    return switch (shape) {
      case PLAIN -> "only " + name.quoted();
      case PARTITIONED -> name.quoted();
    };
  }

  private OptionalLong only() {
    return shape == Shape.PLAIN ? OptionalLong.of(oid) : OptionalLong.empty();
  }

  /** The names of the primary key's columns in its order. */
  List<String> keyColumns() {
    return key().stream().map(Attribute::name).toList();
  }

  private List<Term> terms(PageStart start) {
    return start.steps().stream()
        .map(step -> new Term(numbered(step.number()), step.ascending(), step.nulls()))
        .toList();
  }

  /** What is asked for; and the primary key behind it, if that alone leaves rows equal. */
  private List<Term> terms(List<Order> wanted) {
    List<Term> terms = new ArrayList<>();
    for (Order order : wanted) {
      terms.add(Term.of(find(order.column()), order.ascending(), order.nulls()));
    }
    if (!isTotal(terms)) {
      key().forEach(part -> terms.add(Term.of(part, true, Optional.empty())));
    }
    Set<Attribute> ordered = new HashSet<>();
    terms.removeIf(term -> !ordered.add(term.attribute()));
    return terms;
  }

  /** Whether no two rows are equal in this order. */
  private boolean isTotal(List<Term> terms) {
    Set<Integer> numbers =
        terms.stream().filter(t -> !t.nullable()).map(Term::number).collect(Collectors.toSet());
    return uniqueKeys.stream().anyMatch(numbers::containsAll);
  }

  private List<Attribute> key() {
    return attributes.stream()
        .filter(attribute -> attribute.keyPosition().isPresent())
        .sorted(Comparator.comparingInt(attribute -> attribute.keyPosition().orElseThrow()))
        .toList();
  }

  private Attribute numbered(int number) {
    return attributes.stream()
        .filter(attribute -> attribute.number() == number)
        .findFirst()
        .orElseThrow(Cursors::refused);
  }

  private Attribute find(String wanted) {
    return named(wanted).or(() -> named(folded(wanted))).orElseThrow(() -> missing(wanted));
  }

  private ProblemException missing(String wanted) {
    return new ProblemException(
        Problem.COLUMN_NOT_FOUND,
        "Table " + Shown.of(name.toString()) + " has no column " + Shown.of(wanted),
        "Name a column exactly, or in lower case");
  }

  private Optional<Attribute> named(String exact) {
    return attributes.stream().filter(attribute -> attribute.name().equals(exact)).findFirst();
  }
}
