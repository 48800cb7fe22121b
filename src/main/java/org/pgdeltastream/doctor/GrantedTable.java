package org.pgdeltastream.doctor;

import java.util.Map;
import java.util.Set;

/**
 * What there is of a table that a role names.
 *
 * @param columns its columns; none if there is no such table
 * @param identity those that the log has of a row before it was updated or deleted
 * @param keys those that tell which row it was, where not all columns do
 * @param sent what the publications of a feed send of it, by the feeds whose publications are known
 */
public record GrantedTable(
    Set<String> columns, Set<String> identity, Set<String> keys, Map<String, Set<String>> sent) {
  public GrantedTable {
    columns = Set.copyOf(columns);
    identity = Set.copyOf(identity);
    keys = Set.copyOf(keys);
    sent = Map.copyOf(sent);
  }
}
