package org.pgdeltastream.slot.guard;

import java.time.Duration;
import java.util.Optional;

/**
 * What the guard found to say or to do about a slot.
 *
 * @param fullIn when the slot reaches the limit, at the rate of the last minutes
 * @param hindrance why nothing is done; empty for a warning that was asked for, and for an action
 */
record Decision(
    WatchedSlot slot, GuardRule rule, Optional<Duration> fullIn, Optional<Hindrance> hindrance) {
  /** Something is to be done, and may be. */
  boolean isAction() {
    return rule.action() != GuardAction.WARN && hindrance.isEmpty();
  }

  /** Whether the slot fills up so soon that its open snapshot does not protect it. */
  boolean isUrgent() {
    return GuardPolicy.isUrgent(fullIn);
  }
}
