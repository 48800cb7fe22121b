package org.pgdeltastream.slot;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.pgdeltastream.change.SlotName;

/** The slots that this server has met, in the order of their making. No I/O inside the lock. */
final class Slots {
  private final Map<SlotName, Slot> byName = new LinkedHashMap<>();

  /** What is known of a slot; a slot met for the first time is remembered. */
  synchronized Slot of(SlotName name) {
    return byName.computeIfAbsent(name, Slot::new);
  }

  /** A new slot of an old name takes the old one's place at the end. */
  synchronized Slot made(SlotName name) {
    byName.remove(name);
    return of(name);
  }

  synchronized Optional<Slot> find(SlotName name) {
    return Optional.ofNullable(byName.get(name));
  }

  synchronized void forget(SlotName name) {
    byName.remove(name);
  }

  synchronized List<Slot> all() {
    return new ArrayList<>(byName.values());
  }

  /** The newest slot made here whose snapshot is still open. */
  Optional<Slot> newestWithSnapshot(Instant now) {
    List<Slot> newestFirst = new ArrayList<>(all());
    Collections.reverse(newestFirst);
    return newestFirst.stream()
        .filter(slot -> slot.held().filter(held -> held.expires().isAfter(now)).isPresent())
        .findFirst();
  }

  List<SlotStream> streams() {
    return all().stream().flatMap(slot -> slot.stream().stream()).toList();
  }
}
