package org.pgdeltastream.slot.guard;

import java.util.Locale;

/** What a rule does to a slot; each takes more away than the one before. */
public enum GuardAction {
  /** Says so, in the log and in the slot's warnings. */
  WARN,
  /** Closes the slot's client, which may come back. */
  CLOSE,
  /** Moves the slot to the newest position; its client loses what lies between. */
  ADVANCE,
  /** Drops the slot. */
  DROP;

  /** As it is written in a rule. */
  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** As in "the rule would drop it". */
  String would() {
    return switch (this) {
      case WARN -> "warn of it";
      case CLOSE -> "close its client";
      case ADVANCE -> "advance it";
      case DROP -> "drop it";
    };
  }

  /** As in "the slot was dropped". */
  String done() {
    return switch (this) {
      case WARN -> "was warned of";
      case CLOSE -> "had its client closed";
      case ADVANCE -> "was advanced";
      case DROP -> "was dropped";
    };
  }
}
