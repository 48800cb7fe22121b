package org.pgdeltastream.slot.lease;

import java.time.Instant;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicLong;
import org.pgdeltastream.change.TableRequest;
import org.pgdeltastream.snapshot.table.KnownTables;
import org.pgdeltastream.snapshot.table.TableReference;

/** How far a whole table, or a part of it, is read. One thread counts, any reads. */
public final class TableProgress {
  private final TableRequest request;
  private final KnownTables tables;
  private final Instant started = Instant.now();
  private final AtomicLong rows = new AtomicLong();
  private final AtomicLong bytes = new AtomicLong();

  TableProgress(TableRequest request, KnownTables tables) {
    this.request = request;
    this.tables = tables;
  }

  /** The table, once it is known. */
  public OptionalLong oid() {
    return tables
        .find(TableReference.of(request.table(), request.schema()))
        .map(table -> OptionalLong.of(table.oid()))
        .orElse(OptionalLong.empty());
  }

  void row() {
    rows.lazySet(rows.getPlain() + 1);
  }

  void bytes(int more) {
    bytes.lazySet(bytes.getPlain() + more);
  }

  public TableRequest request() {
    return request;
  }

  public Instant started() {
    return started;
  }

  public long rows() {
    return rows.get();
  }

  /** What the client was handed. */
  public long bytes() {
    return bytes.get();
  }
}
