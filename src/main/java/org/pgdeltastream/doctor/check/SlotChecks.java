package org.pgdeltastream.doctor.check;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Function;
import java.util.stream.Stream;
import org.pgdeltastream.change.Shown;
import org.pgdeltastream.doctor.Check;
import org.pgdeltastream.doctor.Facts;
import org.pgdeltastream.doctor.Facts.Part;
import org.pgdeltastream.doctor.Facts.Slot;
import org.pgdeltastream.doctor.Finding;
import org.pgdeltastream.doctor.Finding.Severity;
import org.pgdeltastream.doctor.Fix;
import org.pgdeltastream.doctor.Fix.Who;
import org.pgdeltastream.doctor.SqlText;

/** Slots that keep WAL or catalog rows, and what bounds them. */
final class SlotChecks {
  private static final String MOST_KEPT = "max_slot_wal_keep_size";
  private static final int HALF = 50;
  private static final int A_FIFTH = 20;

  private SlotChecks() {}

  static List<Check> all(Limits limits) {
    return List.of(
        Check.of("wal_unlimited", SlotChecks::unlimited).since(13),
        ofSlots("wal_budget", SlotChecks::budget).since(13),
        Check.of("idle_timeout", Part.SLOTS, SlotChecks::idleTimeout).since(18),
        ofSlots("slot_inactive_own", facts -> slot -> inactive(slot, limits, true)),
        ofSlots("slot_inactive_foreign", facts -> slot -> inactive(slot, limits, false)),
        ofSlots("catalog_xmin", facts -> slot -> catalog(slot, limits)),
        ofSlots("decoding_memory", facts -> slot -> spilled(facts, slot, limits)).since(14));
  }

  private static Check ofSlots(
      String id, Function<Facts, Function<Slot, Optional<Finding>>> found) {
    return Check.of(
        id,
        Part.SLOTS,
        facts -> facts.slots().stream().map(found.apply(facts)).flatMap(Optional::stream).toList());
  }

  private static List<Finding> unlimited(Facts facts) {
    return facts.settings().is(MOST_KEPT, "-1")
        ? Found.warning(
            "wal_unlimited",
            MOST_KEPT,
            MOST_KEPT + " is -1: a slot that nobody reads keeps WAL until the disk is full",
            Fix.setting(
                facts,
                "Set a limit well below the free space of the disk",
                false,
                "ALTER SYSTEM SET max_slot_wal_keep_size = '10GB'",
                "SELECT pg_reload_conf()"))
        : Found.nothing();
  }

  private static Function<Slot, Optional<Finding>> budget(Facts facts) {
    OptionalLong limit = facts.settings().bytes(MOST_KEPT);
    return slot -> budget(facts, slot, limit.orElse(0));
  }

  private static Optional<Finding> budget(Facts facts, Slot slot, long limit) {
    String status = slot.walStatus().orElse("");
    if (status.equals("lost")) {
      return Optional.of(lost(slot));
    }
    long left = left(slot, limit);
    boolean ending = status.equals("unreserved") || left <= A_FIFTH;
    if (!ending && left > HALF) {
      return Optional.empty();
    }
    return Optional.of(
        new Finding(
            "wal_budget",
            ending ? Severity.ERROR : Severity.WARNING,
            subject(slot),
            "The slot keeps %s of WAL, and %s; beyond that PostgreSQL gives it up"
                .formatted(
                    Found.bytes(slot.retainedBytes()),
                    status.equals("unreserved")
                        ? "its limit is reached"
                        : left + " % of its limit is left"),
            Fix.setting(
                facts,
                "Let its client acknowledge, or raise " + MOST_KEPT,
                false,
                "ALTER SYSTEM SET max_slot_wal_keep_size = '" + doubled(limit) + "MB'",
                "SELECT pg_reload_conf()")));
  }

  private static Finding lost(Slot slot) {
    return new Finding(
        "wal_budget",
        slot.ours() ? Severity.ERROR : Severity.WARNING,
        subject(slot),
        "PostgreSQL has given the slot up: WAL that it needs is gone, and with it changes",
        Fix.of(Who.OPERATOR, "Drop it, init again and read the snapshot", drop(slot)));
  }

  /** Megabytes. */
  private static String doubled(long limit) {
    return String.valueOf(Math.max(1, limit >> 19));
  }

  /** Per cent; 100 where nothing bounds it. */
  private static long left(Slot slot, long limit) {
    return limit == 0 || slot.safeBytes().isEmpty()
        ? 100
        : Math.max(0, Math.min(100, slot.safeBytes().getAsLong() * 100 / limit));
  }

  private static List<Finding> idleTimeout(Facts facts) {
    OptionalLong millis = facts.settings().millis("idle_replication_slot_timeout");
    if (millis.orElse(0) == 0) {
      return Found.nothing();
    }
    Duration timeout = Duration.ofMillis(millis.getAsLong());
    Stream<String> near =
        facts.slots().stream()
            .filter(slot -> slot.inactiveFor().filter(idle -> isNear(idle, timeout)).isPresent())
            .map(slot -> Shown.of(slot.name()));
    String names = String.join(", ", near.limit(10).toList());
    return Found.warning(
        "idle_timeout",
        "idle_replication_slot_timeout",
        "PostgreSQL gives up a slot that nobody reads for %s%s"
            .formatted(Found.time(timeout), names.isEmpty() ? "" : "; soon or already: " + names),
        Fix.setting(
            facts,
            "If clients may be away longer, switch it off",
            false,
            "ALTER SYSTEM SET idle_replication_slot_timeout = 0",
            "SELECT pg_reload_conf()"));
  }

  private static boolean isNear(Duration idle, Duration timeout) {
    return idle.compareTo(timeout.dividedBy(2)) >= 0;
  }

  private static Optional<Finding> inactive(Slot slot, Limits limits, boolean own) {
    boolean longEnough =
        slot.inactiveFor().isEmpty() || slot.inactiveFor().get().compareTo(limits.inactive()) > 0;
    if (slot.ours() != own
        || slot.active()
        || !longEnough
        || slot.retainedBytes() <= limits.keptBytes()) {
      return Optional.empty();
    }
    return Optional.of(
        new Finding(
            own ? "slot_inactive_own" : "slot_inactive_foreign",
            Severity.WARNING,
            subject(slot),
            "Nobody reads the slot%s, and it keeps %s of WAL"
                .formatted(
                    slot.inactiveFor().map(time -> " since " + Found.time(time)).orElse(""),
                    Found.bytes(slot.retainedBytes())),
            Fix.of(
                own ? Who.OPERATOR : Who.ADMINISTRATOR,
                "Start its reader; or drop it if nobody will read it",
                drop(slot))));
  }

  private static Optional<Finding> catalog(Slot slot, Limits limits) {
    if (slot.catalogXids() <= limits.xids()) {
      return Optional.empty();
    }
    return Optional.of(
        new Finding(
            "catalog_xmin",
            slot.catalogXids() > limits.manyXids() ? Severity.ERROR : Severity.WARNING,
            subject(slot),
            "The slot keeps catalog rows of the last %d transactions from vacuum: catalogs grow, and"
                    .formatted(slot.catalogXids())
                + " near 2,000 million PostgreSQL stops",
            Fix.of(
                Who.ADMINISTRATOR,
                "Let its reader acknowledge; or drop it if nobody will read it",
                drop(slot))));
  }

  private static Optional<Finding> spilled(Facts facts, Slot slot, Limits limits) {
    if (slot.spilledBytes() <= limits.spilledBytes()) {
      return Optional.empty();
    }
    return Optional.of(
        new Finding(
            "decoding_memory",
            Severity.WARNING,
            subject(slot),
            "While decoding, PostgreSQL has written %s of large transactions to disk"
                .formatted(Found.bytes(slot.spilledBytes())),
            Fix.setting(
                facts,
                "Raise logical_decoding_work_mem, which each stream may take",
                false,
                "ALTER SYSTEM SET logical_decoding_work_mem = '256MB'",
                "SELECT pg_reload_conf()")));
  }

  private static String subject(Slot slot) {
    return "slot " + Shown.of(slot.name());
  }

  private static String drop(Slot slot) {
    return "SELECT pg_drop_replication_slot(" + SqlText.literal(slot.name()) + ")";
  }
}
