package org.pgdeltastream.slot.guard;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.pgdeltastream.change.SlotName;

/**
 * What is to be said and done about slots, from what is seen of them every few seconds. Asks
 * nobody: the caller gives it the time, and does what it says. For any thread.
 */
final class GuardPolicy {
  private static final long LATE_NANOS = Duration.ofSeconds(20).toNanos();
  private static final long HOUR_NANOS = Duration.ofHours(1).toNanos();
  private static final long REPEAT_NANOS = Duration.ofMinutes(20).toNanos();
  private static final Duration URGENT = Duration.ofMinutes(10);
  private static final int MOST_ACTIONS = 3;

  private final GuardRules rules;
  private final boolean dryRun;
  private final Map<SlotName, SlotMemory> memories = new HashMap<>(); // in the monitor, as the rest
  private final ArrayDeque<Long> actions = new ArrayDeque<>();
  private long lookedAt;

  GuardPolicy(GuardRules rules, boolean dryRun) {
    this.rules = rules;
    this.dryRun = dryRun;
  }

  /**
   * What a look led to.
   *
   * @param warnings to be logged now
   * @param action to be done now; at most one, of the slot that keeps most
   */
  record Outcome(List<Decision> warnings, Optional<Decision> action, Map<SlotName, State> states) {}

  /**
   * A slot as the guard sees it.
   *
   * @param strongest of the rules that hold, and what became of it
   * @param since when that holds
   */
  record State(
      Optional<Decision> strongest,
      Instant since,
      Optional<Duration> fullIn,
      Optional<SlotMemory.LastAction> lastAction) {}

  static boolean isUrgent(Optional<Duration> fullIn) {
    return fullIn.filter(time -> time.compareTo(URGENT) < 0).isPresent();
  }

  /** A look of all slots that the guard may act on. */
  synchronized Outcome look(long nanos, Instant now, List<WatchedSlot> slots) {
    if (nanos - lookedAt > LATE_NANOS) {
      startAgain();
    }
    lookedAt = nanos;
    memories.keySet().retainAll(slots.stream().map(WatchedSlot::name).toList());
    actions.removeIf(at -> nanos - at >= HOUR_NANOS);
    List<Decision> warnings = new ArrayList<>();
    List<Decision> due = new ArrayList<>();
    Map<SlotName, State> states = new HashMap<>();
    for (WatchedSlot slot : slots) {
      SlotMemory memory = memories.computeIfAbsent(slot.name(), name -> new SlotMemory());
      memory.forecast.note(nanos, slot.retainedBytes());
      List<Decision> agreed = agreed(slot, memory, nanos, now);
      agreed.stream().filter(Decision::isAction).findFirst().ifPresent(due::add);
      agreed.stream()
          .filter(one -> !one.isAction())
          .filter(one -> memory.tell(one.rule(), one.hindrance(), nanos))
          .forEach(warnings::add);
      states.put(slot.name(), state(slot, memory, agreed, now));
    }
    return new Outcome(
        warnings,
        due.stream().max(Comparator.comparingLong(one -> one.slot().retainedBytes())),
        states);
  }

  /** The rules that have held long enough, the strongest first. */
  private List<Decision> agreed(WatchedSlot slot, SlotMemory memory, long nanos, Instant now) {
    Optional<Duration> fullIn = memory.forecast.fullIn(slot.limitBytes());
    return rules.of(slot.name().value()).stream()
        .filter(rule -> memory.agrees(rule, rule.holds(slot, fullIn), nanos, now))
        .sorted(Comparator.comparing(GuardRule::action).reversed())
        .map(
            rule ->
                new Decision(
                    slot, rule, fullIn, hindrance(rule.action(), slot, fullIn, memory, nanos)))
        .toList();
  }

  private Optional<Hindrance> hindrance(
      GuardAction action,
      WatchedSlot slot,
      Optional<Duration> fullIn,
      SlotMemory memory,
      long nanos) {
    if (action == GuardAction.WARN) {
      return Optional.empty();
    }
    Optional<Hindrance> ofSlot = ofSlot(action, slot, fullIn);
    if (ofSlot.isPresent()) {
      return ofSlot;
    }
    if (memory
        .lastAction()
        .filter(last -> last.rule().action() == action && nanos - last.nanos() < REPEAT_NANOS)
        .isPresent()) {
      return Optional.of(Hindrance.REPEATED);
    }
    // closing helps least: the last action of an hour is kept for more
    int most = action == GuardAction.CLOSE ? MOST_ACTIONS - 1 : MOST_ACTIONS;
    if (actions.size() >= most) {
      return Optional.of(Hindrance.TOO_MANY);
    }
    return dryRun ? Optional.of(Hindrance.DRY_RUN) : Optional.empty();
  }

  private static Optional<Hindrance> ofSlot(
      GuardAction action, WatchedSlot slot, Optional<Duration> fullIn) {
    if (slot.reader() == WatchedSlot.Reader.FEED) {
      return Optional.of(Hindrance.FEED);
    }
    if (slot.reader() == WatchedSlot.Reader.OTHERS) {
      return Optional.of(Hindrance.OTHERS);
    }
    if (slot.snapshotOpen() && !isUrgent(fullIn)) {
      return Optional.of(Hindrance.SNAPSHOT);
    }
    boolean streamed = slot.reader() == WatchedSlot.Reader.CLIENT;
    if (action == GuardAction.CLOSE && !streamed) {
      return Optional.of(Hindrance.NO_CLIENT);
    }
    if (action == GuardAction.ADVANCE && streamed) {
      return Optional.of(Hindrance.STREAMED);
    }
    return action == GuardAction.ADVANCE && slot.confirmed().isEmpty()
        ? Optional.of(Hindrance.LOST)
        : Optional.empty();
  }

  private static State state(
      WatchedSlot slot, SlotMemory memory, List<Decision> agreed, Instant now) {
    Optional<Decision> strongest = agreed.stream().findFirst();
    return new State(
        strongest,
        strongest.map(one -> memory.since(one.rule())).orElse(now),
        memory.forecast.fullIn(slot.limitBytes()),
        memory.lastAction());
  }

  /** PostgreSQL could not be looked at: three more looks must agree. */
  synchronized void missed() {
    startAgain();
  }

  /** An action was done. */
  synchronized void acted(Decision decision, long keptBytes, long nanos, Instant now) {
    actions.add(nanos);
    SlotMemory memory = memories.get(decision.slot().name());
    if (memory != null) {
      memory.acted(new SlotMemory.LastAction(decision.rule(), now, nanos, keptBytes));
    }
  }

  /** It was not: PostgreSQL had changed, or did not answer. */
  synchronized void refused(Decision decision) {
    SlotMemory memory = memories.get(decision.slot().name());
    if (memory != null) {
      memory.startAgain();
    }
  }

  private void startAgain() {
    memories.values().forEach(SlotMemory::startAgain);
  }
}
