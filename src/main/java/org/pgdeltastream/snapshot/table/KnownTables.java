package org.pgdeltastream.snapshot.table;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * What the catalog said about the tables of one snapshot, which sees the same catalog as long as it
 * is open. Privileges are asked for as of now, and so is whether a table still exists: where a
 * known one cannot be read any more, it is looked up again, which says why. Any thread.
 */
public final class KnownTables {
  private static final int MOST = 1_000;

  private final List<String> publications;
  private final Map<TableReference, SnapshotTable> tables = new ConcurrentHashMap<>();

  /**
   * Of a slot's snapshot.
   *
   * @param publications through which the slot is streamed; none: it sends every table
   */
  public KnownTables(List<String> publications) {
    this.publications = List.copyOf(publications);
  }

  /** Of a slot that sends every table. */
  public KnownTables() {
    this(List.of());
  }

  public List<String> publications() {
    return publications;
  }

  public Optional<SnapshotTable> find(TableReference reference) {
    return Optional.ofNullable(tables.get(reference));
  }

  /** One of which only some columns may be read is looked up each time. */
  public void add(TableReference reference, SnapshotTable table) {
    if (table.access() == SnapshotTable.Access.WHOLE && tables.size() < MOST) {
      tables.put(reference, table);
    }
  }

  public void forget(TableReference reference) {
    tables.remove(reference);
  }
}
