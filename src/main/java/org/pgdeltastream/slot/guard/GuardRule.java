package org.pgdeltastream.slot.guard;

import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.pgdeltastream.change.Shown;

/**
 * One rule: {@code drop@10GB}, {@code warn@50%}, {@code drop@idle:1h}, {@code drop@full:30m}.
 *
 * @param text as it was written, without blanks
 */
public record GuardRule(GuardAction action, Measure measure, String text) {
  /** From when on the rule holds. */
  public sealed interface Measure {
    /** PostgreSQL keeps at least this much WAL for the slot. */
    record Bytes(long least) implements Measure {}

    /** The slot keeps at least this share of {@code max_slot_wal_keep_size}, where that is set. */
    record Share(int percent) implements Measure {}

    /** Nobody has streamed the slot for this long. */
    record Idle(Duration least) implements Measure {}

    /** At the rate of the last minutes the slot reaches the limit within this time. */
    record Full(Duration most) implements Measure {}
  }

  private static final Pattern RULE =
      Pattern.compile("(warn|close|advance|drop)@([0-9]{1,9})(%|MB|GB|TB)");
  private static final Pattern TIMED =
      Pattern.compile("(warn|close|advance|drop)@(idle|full):([0-9]{1,6})([smhd])");
  private static final Map<String, Integer> SHIFTS = Map.of("MB", 20, "GB", 30, "TB", 40);
  private static final Map<String, Integer> SECONDS =
      Map.of("s", 1, "m", 60, "h", 3600, "d", 86_400);
  private static final long MOST_TERABYTES = 1_000_000;

  /**
   * Reads one.
   *
   * @throws IllegalArgumentException naming it and what is wrong
   */
  static GuardRule parse(String written) {
    String text = written.replaceAll("\\s", "");
    Matcher sized = RULE.matcher(text);
    Matcher timed = TIMED.matcher(text);
    if (sized.matches()) {
      return new GuardRule(
          action(sized.group(1)), size(text, Long.parseLong(sized.group(2)), sized.group(3)), text);
    }
    if (timed.matches()) {
      return timed(text, action(timed.group(1)), timed);
    }
    throw bad(
        text,
        "which is no rule: write it like warn@50%, close@8GB, drop@idle:24h or drop@full:30m");
  }

  private static GuardAction action(String word) {
    return GuardAction.valueOf(word.toUpperCase(Locale.ROOT));
  }

  private static Measure size(String text, long number, String unit) {
    if (number == 0) {
      throw bad(text, "which would hold always");
    }
    if (!unit.equals("%")) {
      int shift = SHIFTS.getOrDefault(unit, 0);
      if (number > MOST_TERABYTES << (40 - shift)) {
        throw bad(text, "which is more than any disk holds");
      }
      return new Measure.Bytes(number << shift);
    }
    if (number > 100) {
      throw bad(text, "which is more than the whole limit");
    }
    return new Measure.Share((int) number);
  }

  private static GuardRule timed(String text, GuardAction action, Matcher timed) {
    Duration time =
        Duration.ofSeconds(
            Long.parseLong(timed.group(3)) * SECONDS.getOrDefault(timed.group(4), 1));
    if (time.isZero()) {
      throw bad(text, "which needs a time above 0");
    }
    if (timed.group(2).equals("full")) {
      return new GuardRule(action, new Measure.Full(time), text);
    }
    if (action == GuardAction.CLOSE) {
      throw bad(text, "which can do nothing: an idle slot has no client");
    }
    return new GuardRule(action, new Measure.Idle(time), text);
  }

  private static IllegalArgumentException bad(String text, String why) {
    return new IllegalArgumentException("'" + Shown.of(text) + "', " + why);
  }

  /**
   * Whether it holds for a slot.
   *
   * @param fullIn when the slot reaches the limit; empty if that is not known, or never
   */
  boolean holds(WatchedSlot slot, Optional<Duration> fullIn) {
    if (measure instanceof Measure.Idle idle) {
      return slot.idle().filter(time -> time.compareTo(idle.least()) >= 0).isPresent();
    }
    if (measure instanceof Measure.Full full) {
      return fullIn.filter(time -> time.compareTo(full.most()) <= 0).isPresent();
    }
    return leastBytes(slot).filter(least -> slot.retainedBytes() >= least).isPresent();
  }

  /**
   * What the slot must keep at least for this rule to hold; empty if it cannot hold. 0 for
   * idleness, and for a forecast what the slot keeps now.
   */
  Optional<Long> leastBytes(WatchedSlot slot) {
    if (measure instanceof Measure.Bytes bytes) {
      return Optional.of(bytes.least());
    }
    if (measure instanceof Measure.Share share) {
      return slot.limitBytes().isPresent()
          ? Optional.of(share(slot.limitBytes().getAsLong(), share.percent()))
          : Optional.empty();
    }
    return Optional.of(measure instanceof Measure.Full ? slot.retainedBytes() : 0L);
  }

  /** At least a byte: a limit of 0 is reached by what is written only. */
  private static long share(long limit, int percent) {
    return Math.max(1, (long) Math.ceil(limit / 100.0 * percent));
  }

  /** How long it must be idle; empty for other rules. */
  Optional<Duration> leastIdle() {
    return measure instanceof Measure.Idle idle ? Optional.of(idle.least()) : Optional.empty();
  }

  @Override
  public String toString() {
    return text;
  }
}
