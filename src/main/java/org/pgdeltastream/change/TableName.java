package org.pgdeltastream.change;

/** A table's schema and name, exactly as the catalog has them (not quoted, not folded). */
public record TableName(String schema, String table) {
  /** The identifier in double quotes, each inner quote doubled: only this method quotes. */
  public static String quote(String identifier) {
    return '"' + identifier.replace("\"", "\"\"") + '"';
  }

  /** {@code "schema"."table"}, safe inside a statement. */
  public String quoted() {
    return quote(schema) + "." + quote(table);
  }

  @Override
  public String toString() {
    return schema + "." + table;
  }
}
