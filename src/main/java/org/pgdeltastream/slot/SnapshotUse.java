package org.pgdeltastream.slot;

import java.util.function.Consumer;
import org.pgdeltastream.change.SlotName;

/**
 * One read under a slot's snapshot, which stays open meanwhile.
 *
 * @param end told of its end
 */
record SnapshotUse(SlotName slot, SnapshotLease lease, Consumer<SnapshotLease> end)
    implements AutoCloseable {
  String snapshotName() {
    return lease.snapshotName();
  }

  @Override
  public void close() {
    end.accept(lease);
  }
}
