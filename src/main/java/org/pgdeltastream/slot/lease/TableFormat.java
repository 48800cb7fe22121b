package org.pgdeltastream.slot.lease;

/** How a whole table is written, and how its end can be known. */
public enum TableFormat {
  /** A JSON object a line; the last line says that it is the last. */
  LINES,
  LINES_WITHOUT_END,
  /** A JSON array. */
  ARRAY,
  /** PostgreSQL's own CSV. */
  CSV,
  /** Its last line is {@code \.} as COPY has it. */
  CSV_WITH_END
}
