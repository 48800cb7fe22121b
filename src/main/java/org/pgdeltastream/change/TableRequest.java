package org.pgdeltastream.change;

import java.util.List;
import java.util.Optional;

/**
 * Which table, or part of one, a client wants to read from end to end, as the client wrote it.
 *
 * @param table as in {@link PageRequest}
 * @param columns exact names; empty means all
 * @param numbers how they are written; CSV has no quotes of its own for them
 * @param rows as in {@link PageRequest}
 */
public record TableRequest(
    String table,
    Optional<String> schema,
    List<String> columns,
    Part part,
    Numbers numbers,
    List<String> rows) {
  public TableRequest {
    columns = List.copyOf(columns);
    rows = List.copyOf(rows);
  }

  public TableRequest(String table, Optional<String> schema, List<String> columns, Part part) {
    this(table, schema, columns, part, Numbers.AS_NUMBERS, List.of());
  }

  /** One of several parts that have no row in common and together have all; the first is 1. */
  public record Part(int number, int of) {
    public static final Part WHOLE = new Part(1, 1);

    public Part {
      if (number < 1 || number > of) {
        throw new IllegalArgumentException("No part: " + number + "/" + of);
      }
    }
  }
}
