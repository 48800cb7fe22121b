package org.pgdeltastream.slot.lease;

import java.util.function.Consumer;
import org.pgdeltastream.change.SlotName;

/**
 * One read under a slot's snapshot, which stays open meanwhile.
 *
 * @param end called at its end
 */
public record SnapshotUse(SlotName slot, SnapshotLease lease, Consumer<SnapshotLease> end)
    implements AutoCloseable {
  public String snapshotName() {
    return lease.snapshotName();
  }

  @Override
  public void close() {
    end.accept(lease);
  }
}
