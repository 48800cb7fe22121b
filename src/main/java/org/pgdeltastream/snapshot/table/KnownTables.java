package org.pgdeltastream.snapshot.table;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * What the catalog said about the tables of one snapshot, which sees the same catalog while it is
 * open. Privileges, and whether a table still exists, are read as of now: if a known table cannot
 * be read any more, a new read of the catalog says why. Any thread.
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

  /** A table with only some readable columns is read from the catalog each time. */
  public void add(TableReference reference, SnapshotTable table) {
    if (table.access() == SnapshotTable.Access.WHOLE && tables.size() < MOST) {
      tables.put(reference, table);
    }
  }

  public void forget(TableReference reference) {
    tables.remove(reference);
  }
}
