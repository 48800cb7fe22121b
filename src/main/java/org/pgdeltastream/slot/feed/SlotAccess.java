package org.pgdeltastream.slot.feed;

import java.util.List;
import java.util.Optional;
import org.pgdeltastream.change.SlotName;
import org.pgdeltastream.replication.wal.SlotRow;
import org.pgdeltastream.slot.upstream.KnownSlot;

/** Slots, as feeds need them. */
public interface SlotAccess {
  /** The slot in PostgreSQL. */
  Optional<SlotRow> find(SlotName name);

  /** Makes a slot for pgoutput, without a snapshot. */
  void make(SlotName name, List<String> publications);

  /** What is remembered of a slot, from now on until it is dropped. */
  KnownSlot enter(SlotName name);

  /** Drops it. */
  void drop(SlotName name);
}
