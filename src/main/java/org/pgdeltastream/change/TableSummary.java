package org.pgdeltastream.change;

import java.util.List;

/**
 * A table that can be read under a snapshot.
 *
 * @param estimatedRows as PostgreSQL's planner would guess
 * @param bytes on disk, without indexes
 * @param key the primary key's columns in its order; empty if there is none
 * @param replicaIdentity {@code default}, {@code nothing}, {@code full} or {@code index}
 * @param streamed whether the slot's stream sends its changes
 */
public record TableSummary(
    TableName name,
    long estimatedRows,
    long bytes,
    List<String> key,
    String replicaIdentity,
    boolean streamed,
    List<TypedColumn> columns) {
  public TableSummary {
    key = List.copyOf(key);
    columns = List.copyOf(columns);
  }

  /** A column and its type as {@code format_type} prints it. */
  public record TypedColumn(String name, String type) {}
}
