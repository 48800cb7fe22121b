package org.pgdeltastream.slot;

import java.time.Instant;

/** One read under a slot's snapshot, which stays open meanwhile. */
record SnapshotUse(Slot slot, SnapshotLease lease) implements AutoCloseable {
  String snapshotName() {
    return lease.snapshotName();
  }

  @Override
  public void close() {
    slot.endUse(lease, Instant.now());
  }
}
