package org.pgdeltastream.slot.guard;

import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import org.pgdeltastream.change.SlotName;

/** What the guard says, with all figures. */
final class GuardWords {
  private static final String[] UNITS = {"bytes", "kB", "MB", "GB", "TB"};

  private GuardWords() {}

  /** {@code 41 GB}, {@code 1.5 MB}, {@code 12 bytes}; in units of 1024, as PostgreSQL's. */
  static String bytes(long bytes) {
    double rest = bytes;
    int unit = 0;
    while (rest >= 1024 && unit < UNITS.length - 1) {
      rest /= 1024;
      unit++;
    }
    return String.format(
        Locale.ROOT, unit == 0 || rest >= 10 ? "%.0f %s" : "%.1f %s", rest, UNITS[unit]);
  }

  /** {@code 90 s}, {@code 12 min}, {@code 3 h}, {@code 5 d}: whole units, at least two. */
  static String time(Duration time) {
    if (time.toDays() >= 2) {
      return time.toDays() + " d";
    }
    if (time.toHours() >= 2) {
      return time.toHours() + " h";
    }
    return time.toMinutes() >= 2 ? time.toMinutes() + " min" : time.toSeconds() + " s";
  }

  /** A warning, for the log. */
  static String warning(Decision decision) {
    return "Slot " + decision.slot().name() + " keeps " + figures(decision) + ": " + why(decision);
  }

  /** The same, for the slot itself. */
  static String ofSlot(Decision decision) {
    return "It keeps " + figures(decision) + ": " + why(decision);
  }

  private static String why(Decision decision) {
    String rule = "rule " + decision.rule();
    Optional<String> hindrance = decision.hindrance().map(Hindrance::words);
    return hindrance.isEmpty()
        ? rule
        : rule + " would " + decision.rule().action().would() + ", but " + hindrance.get();
  }

  /** What was done, for the log. */
  static String done(Decision decision, GuardStatements.Done done) {
    String text =
        "Slot %s %s by the guard, rule %s; it kept %s"
            .formatted(
                decision.slot().name(),
                decision.rule().action().done(),
                decision.rule(),
                figures(decision));
    return decision.rule().action() == GuardAction.CLOSE // its client may come back
        ? text
        : text + ". PostgreSQL keeps " + bytes(done.freedBytes()) + " less for it";
  }

  /** What its client is told. */
  static String dropped(Decision decision) {
    return "dropped by the guard: kept "
        + bytes(decision.slot().retainedBytes())
        + " ("
        + decision.rule()
        + ")";
  }

  /** What the client is told that is closed. */
  static String closed(Decision decision) {
    return "closed by the guard: its slot keeps "
        + bytes(decision.slot().retainedBytes())
        + " ("
        + decision.rule()
        + ")";
  }

  /** The action was decided on, and not done. */
  static String refused(SlotName slot, GuardRule rule) {
    return "Slot "
        + slot
        + " is left as it is: rule "
        + rule
        + " does not hold any more, it is streamed, or another server acts";
  }

  /** {@code 5.1 GB of WAL, 51 % of the limit of 10 GB, full in 2 h; nobody …}. */
  static String figures(Decision decision) {
    WatchedSlot slot = decision.slot();
    StringBuilder text = new StringBuilder(bytes(slot.retainedBytes())).append(" of WAL");
    if (slot.limitBytes().isPresent()) {
      long limit = slot.limitBytes().getAsLong();
      text.append(", ")
          .append(Math.round(100.0 * slot.retainedBytes() / Math.max(1, limit)))
          .append(" % of the limit of ")
          .append(bytes(limit));
    }
    decision.fullIn().ifPresent(time -> text.append(", full in ").append(time(time)));
    slot.idle().ifPresent(time -> text.append("; nobody has streamed it for ").append(time(time)));
    return text.toString();
  }
}
