package org.pgdeltastream.change;

import java.util.Optional;

/**
 * What the catalog says about a column.
 *
 * @param type as {@code format_type} prints it, with the modifier
 * @param plainType the type's own name, {@code int4}
 * @param base of a domain, the type that it stands for
 * @param position the column's number in the table, from 1
 * @param defaultValue the expression of its DEFAULT
 */
public record ColumnDetails(
    String type,
    String plainType,
    Optional<BaseType> base,
    int position,
    boolean notNull,
    boolean primaryKey,
    Optional<String> defaultValue) {

  /** The type under a domain. */
  public record BaseType(int oid, String type, String plainType) {}
}
