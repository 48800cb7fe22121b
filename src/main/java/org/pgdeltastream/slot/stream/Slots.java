package org.pgdeltastream.slot.stream;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.pgdeltastream.change.SlotName;
import org.pgdeltastream.delivery.CloseCounts;
import org.pgdeltastream.slot.upstream.KnownSlot;

/**
 * The slots that this server has seen, in the order of their making: those of which it holds
 * something, and those that it saw in PostgreSQL. No I/O inside the lock.
 */
public final class Slots {
  private static final int MOST = 1000;
  private static final int MOST_DROPPED = 100;

  private final Map<SlotName, Slot> byName = new LinkedHashMap<>();
  private final CloseCounts closes = new CloseCounts();
  private final Map<SlotName, String> whyDropped = new LinkedHashMap<>();
  private long changes;
  private long made;
  private long dropped;

  /** What is known of a slot, for a stream of it; it is not forgotten until that has left. */
  public synchronized Slot entered(SlotName name) {
    changes++;
    Slot slot = byName.computeIfAbsent(name, Slot::new);
    slot.known().dropped(whyDropped.getOrDefault(name, ""));
    slot.entered();
    return slot;
  }

  /** A stream has ended, or never began: a name that only clients know is forgotten. */
  synchronized void left(Slot slot) {
    changes++;
    slot.left();
    if (!slot.isKnown()) {
      byName.remove(slot.name(), slot);
    }
    if (byName.size() > MOST) {
      all().stream()
          .filter(eldest -> !eldest.isHeld())
          .limit(byName.size() - MOST)
          .forEach(eldest -> byName.remove(eldest.name()));
    }
  }

  /** PostgreSQL has none of these any more, but for those that are there. */
  public synchronized void forgetGone(Collection<Slot> known, Collection<String> there) {
    known.stream()
        .filter(slot -> !there.contains(slot.name().value()) && !slot.isHeld())
        .forEach(slot -> byName.remove(slot.name(), slot));
  }

  /** A new slot of an old name replaces the old one, and comes last. */
  public synchronized Slot made(SlotName name) {
    changes++;
    made++;
    byName.remove(name);
    whyDropped.remove(name);
    Slot slot = new Slot(name);
    byName.put(name, slot);
    return slot;
  }

  /** Another number after each slot that was made, streamed, left or dropped here. */
  public synchronized long changes() {
    return changes;
  }

  /** How many slots were made here. */
  public synchronized long made() {
    return made;
  }

  /** How many slots were dropped here. */
  public synchronized long dropped() {
    return dropped;
  }

  /** How their streams ended. */
  public CloseCounts closes() {
    return closes;
  }

  public synchronized Optional<Slot> find(SlotName name) {
    return Optional.ofNullable(byName.get(name));
  }

  public synchronized void forget(SlotName name) {
    changes++;
    dropped++;
    byName.remove(name);
  }

  /** The same, of a slot that its clients are told of later. */
  public synchronized void forget(SlotName name, String why) {
    forget(name);
    whyDropped.put(name, why);
    if (whyDropped.size() > MOST_DROPPED) {
      whyDropped.remove(whyDropped.keySet().iterator().next());
    }
  }

  /** What is known of a slot that PostgreSQL has. */
  public synchronized Slot remembered(SlotName name) {
    return byName.computeIfAbsent(name, Slot::new);
  }

  public synchronized List<Slot> all() {
    return new ArrayList<>(byName.values());
  }

  /** The newest slot made here whose snapshot is still open. */
  public Optional<Slot> newestWithSnapshot(Instant now) {
    List<Slot> newestFirst = new ArrayList<>(all());
    Collections.reverse(newestFirst);
    return newestFirst.stream()
        .filter(slot -> slot.held().filter(held -> held.expires().isAfter(now)).isPresent())
        .findFirst();
  }

  /** How many snapshots are open. */
  public int snapshots() {
    return (int) all().stream().filter(Slot::hasSnapshot).count();
  }

  /** The slot whose snapshot was unused for longest, of those that were since then or longer. */
  public Optional<Slot> longestUnused(Instant since) {
    Map<Slot, Instant> unused = new LinkedHashMap<>();
    for (Slot slot : all()) {
      slot.unusedSince().filter(when -> !when.isAfter(since)).ifPresent(w -> unused.put(slot, w));
    }
    return unused.entrySet().stream().min(Map.Entry.comparingByValue()).map(Map.Entry::getKey);
  }

  /** What is remembered of each for its streams. */
  public List<KnownSlot> known() {
    return all().stream().map(Slot::known).toList();
  }

  public List<SlotStream> streams() {
    return all().stream().flatMap(slot -> slot.stream().stream()).toList();
  }
}
