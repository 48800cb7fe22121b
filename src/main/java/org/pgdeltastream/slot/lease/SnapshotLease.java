package org.pgdeltastream.slot.lease;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.pgdeltastream.replication.ExportedSnapshot;
import org.pgdeltastream.snapshot.table.KnownTables;

/**
 * A slot's snapshot and how long it stays open: until it was unused for the lease time, or until
 * its maximum age. It holds back vacuum while it is open. Guarded by the slot that owns it.
 */
public final class SnapshotLease implements AutoCloseable {
  private final ExportedSnapshot snapshot;
  private final Duration lease;
  private final Instant opened;
  private final Instant latest;
  private final KnownTables tables;
  private Instant expires;
  private Instant lastUsed;
  private int reads;
  private final Set<TableProgress> tableReads = ConcurrentHashMap.newKeySet();

  public SnapshotLease(
      ExportedSnapshot snapshot,
      KnownTables tables,
      Duration lease,
      Duration maximum,
      Instant now) {
    this.snapshot = snapshot;
    this.tables = tables;
    this.lease = lease;
    this.opened = now;
    this.latest = now.plus(maximum);
    this.expires = now;
    this.lastUsed = now;
    renew(now);
  }

  /** Each read renews it, at its beginning, while it runs and at its end. */
  public void beginRead(Instant now) {
    reads++;
    renew(now);
  }

  public void endRead(Instant now) {
    reads--;
    renew(now);
  }

  public void renewIfRead(Instant now) {
    if (reads > 0) {
      renew(now);
    }
  }

  private void renew(Instant now) {
    lastUsed = now;
    Instant renewed = now.plus(lease);
    expires = renewed.isBefore(latest) ? renewed : latest;
  }

  /** Since when nobody reads it; empty while it is read. */
  public Optional<Instant> unusedSince() {
    return reads > 0 ? Optional.empty() : Optional.of(lastUsed);
  }

  /** The whole tables that are read now. For any thread. */
  public Set<TableProgress> tableReads() {
    return tableReads;
  }

  /** The time when reading ends. */
  Instant latest() {
    return latest;
  }

  public Instant opened() {
    return opened;
  }

  public Instant expires() {
    return expires;
  }

  public boolean isExpired(Instant now) {
    return now.isAfter(expires);
  }

  String snapshotName() {
    return snapshot.name();
  }

  public KnownTables tables() {
    return tables;
  }

  public int holderPid() {
    return snapshot.holderPid();
  }

  @Override
  public void close() {
    snapshot.close();
  }
}
