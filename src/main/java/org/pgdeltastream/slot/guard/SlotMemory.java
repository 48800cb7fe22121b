package org.pgdeltastream.slot.guard;

import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What the policy remembers of a slot from look to look. */
final class SlotMemory {
  private static final int LOOKS = 3;
  private static final long STEP_NANOS = Duration.ofSeconds(4).toNanos();
  private static final long CLEARED_NANOS = Duration.ofSeconds(10).toNanos();
  private static final long TOLD_AGAIN_NANOS = Duration.ofHours(24).toNanos();

  final Forecast forecast = new Forecast();
  private final Map<GuardRule, Agreement> agreements = new HashMap<>();
  private @Nullable LastAction lastAction;

  /** How often a rule has held in a row, and what was told of it. */
  private static final class Agreement {
    private int looks;
    private long countedAt;
    private long heldAt;
    private Instant since = Instant.EPOCH;
    private final Map<String, Long> told = new HashMap<>();

    private void held(long nanos, Instant now) {
      heldAt = nanos;
      if (looks == 0) {
        since = now;
      }
      if (looks == 0 || nanos - countedAt >= STEP_NANOS) {
        looks++;
        countedAt = nanos;
      }
    }

    private void failed(long nanos) {
      looks = 0;
      if (nanos - heldAt >= CLEARED_NANOS) {
        told.clear();
      }
    }
  }

  /** The guard's last action on the slot. */
  record LastAction(GuardRule rule, Instant at, long nanos, long keptBytes) {}

  /** Whether the rule has held in three looks in a row, each some seconds after the last. */
  boolean agrees(GuardRule rule, boolean holds, long nanos, Instant now) {
    Agreement agreement = agreements.computeIfAbsent(rule, one -> new Agreement());
    if (!holds) {
      agreement.failed(nanos);
      return false;
    }
    agreement.held(nanos, now);
    return agreement.looks >= LOOKS;
  }

  /** Since when a rule that holds does so. */
  Instant since(GuardRule rule) {
    Agreement agreement = agreements.get(rule);
    return agreement == null ? Instant.EPOCH : agreement.since;
  }

  /** Whether this is to be told now: not if it was within 24 hours, unless it cleared meanwhile. */
  boolean tell(GuardRule rule, Optional<Hindrance> hindrance, long nanos) {
    Agreement agreement = agreements.computeIfAbsent(rule, one -> new Agreement());
    String what = hindrance.map(Hindrance::name).orElse("");
    Long before = agreement.told.get(what);
    if (before != null && nanos - before < TOLD_AGAIN_NANOS) {
      return false;
    }
    agreement.told.put(what, nanos);
    return true;
  }

  /** Three more looks must agree before anything is done. */
  void startAgain() {
    agreements.values().forEach(agreement -> agreement.looks = 0);
  }

  void acted(LastAction action) {
    lastAction = action;
    startAgain();
  }

  Optional<LastAction> lastAction() {
    return Optional.ofNullable(lastAction);
  }
}
