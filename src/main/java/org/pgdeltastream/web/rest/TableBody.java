package org.pgdeltastream.web.rest;

import jakarta.json.bind.annotation.JsonbPropertyOrder;
import java.util.List;
import org.pgdeltastream.change.TableSummary;

/** One table that can be read under a snapshot, as a client sees it. */
@JsonbPropertyOrder({
  "schema",
  "table",
  "estimatedRows",
  "bytes",
  "streamed",
  "key",
  "replicaIdentity",
  "columns"
})
public record TableBody(
    String schema,
    String table,
    long estimatedRows,
    long bytes,
    boolean streamed,
    List<String> key,
    String replicaIdentity,
    List<Column> columns) {

  /** A column and its type. */
  @JsonbPropertyOrder({"name", "type"})
  public record Column(String name, String type) {}

  static TableBody of(TableSummary table) {
    return new TableBody(
        table.name().schema(),
        table.name().table(),
        table.estimatedRows(),
        table.bytes(),
        table.streamed(),
        table.key(),
        table.replicaIdentity(),
        table.columns().stream().map(c -> new Column(c.name(), c.type())).toList());
  }
}
