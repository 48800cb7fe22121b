package org.pgdeltastream.snapshot.table;

import static java.util.stream.Collectors.groupingBy;
import static java.util.stream.Collectors.joining;

import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * What a slot's stream sends of a table, as PostgreSQL's own initial copy has it.
 *
 * @param streamed whether it sends anything
 * @param rows the condition of those that it sends, in the catalog's own SQL; empty: all
 * @param columns the names of those that it sends; empty: all
 * @param differently publications name different columns, with which PostgreSQL streams nothing
 */
public record Published(
    boolean streamed, Optional<String> rows, Optional<Set<String>> columns, boolean differently) {
  static final Published WHOLE = new Published(true, Optional.empty(), Optional.empty(), false);
  static final Published NOT = new Published(false, Optional.empty(), Optional.empty(), false);

  /**
   * How a publication names a table or one of those that it is a partition of.
   *
   * @param level how many tables lie between them, and one; 0 for the table itself
   * @param byRoot changes of partitions bear the name of the table that is published
   * @param whole by its schema, or with all tables: then there is no filter
   */
  public record Naming(
      long publication,
      int level,
      boolean byRoot,
      boolean whole,
      Optional<String> rows,
      Optional<Set<String>> columns) {
    private boolean isOfAll() {
      return whole || (level > 0 && !byRoot);
    }
  }

  boolean sends(String column) {
    return columns.isEmpty() || columns.get().contains(column);
  }

  /** Of a table, or of a partition under its own or its root's name: the topmost counts. */
  static Published of(List<Naming> namings, boolean partitioned) {
    if (namings.isEmpty()) {
      return NOT;
    }
    int root = root(namings);
    if (root > 0 || (root == 0 && partitioned)) {
      return together(namings.stream().filter(one -> one.byRoot() && one.level() == root).toList());
    }
    if (partitioned) {
      return WHOLE; // its partitions are sent under their own names
    }
    Collection<List<Naming>> publications =
        namings.stream().collect(groupingBy(Naming::publication)).values();
    return together(publications.stream().map(Published::ownOrAll).toList());
  }

  /** How far up the table is whose name the changes have; negative if each table has its own. */
  private static int root(List<Naming> namings) {
    return namings.stream().filter(Naming::byRoot).mapToInt(Naming::level).max().orElse(-1);
  }

  private static Naming ownOrAll(List<Naming> ofOnePublication) {
    return ofOnePublication.stream()
        .filter(one -> one.level() == 0)
        .findFirst()
        .orElse(ofOnePublication.get(0));
  }

  private static Published together(List<Naming> namings) {
    boolean allRows = namings.stream().anyMatch(one -> one.isOfAll() || one.rows().isEmpty());
    List<Optional<Set<String>>> columns =
        namings.stream()
            .map(one -> one.isOfAll() ? Optional.<Set<String>>empty() : one.columns())
            .distinct()
            .toList();
    return new Published(
        true,
        allRows
            ? Optional.empty()
            : Optional.of(
                namings.stream()
                    .map(one -> "(" + one.rows().orElseThrow() + ")")
                    .distinct()
                    .collect(joining(" or "))),
        columns.get(0),
        columns.size() > 1);
  }
}
