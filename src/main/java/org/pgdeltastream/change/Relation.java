package org.pgdeltastream.change;

import java.util.List;

/**
 * What pgoutput says about a table before its first change; valid until the next one with the same
 * id. Source: manual, "Logical Replication Message Formats", Relation.
 */
public record Relation(
    int id, TableName name, ReplicaIdentity replicaIdentity, List<Column> columns) {
  public Relation {
    columns = List.copyOf(columns);
  }
}
