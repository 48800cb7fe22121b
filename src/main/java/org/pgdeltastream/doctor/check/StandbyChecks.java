package org.pgdeltastream.doctor.check;

import java.util.ArrayList;
import java.util.List;
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

/** Standbys: as what we read from, as what takes slots over, as what streams wait for. */
final class StandbyChecks {
  private static final String WAITED_FOR = "synchronized_standby_slots";

  private StandbyChecks() {}

  static List<Check> all() {
    return List.of(
        Check.of("standby_source", StandbyChecks::source),
        Check.of("standby_sync", StandbyChecks::sync).since(17),
        Check.of("standby_waits", Part.SLOTS, StandbyChecks::waits).since(17),
        Check.of("failover", Part.SLOTS, StandbyChecks::failover).since(17));
  }

  private static List<Finding> source(Facts facts) {
    if (!facts.server().standby()) {
      return Found.nothing();
    }
    if (facts.server().major() < 16) {
      return Found.error(
          "standby_source",
          "the standby",
          "This is a standby, and PostgreSQL decodes changes on a standby from version 16 on",
          Fix.of(Who.OPERATOR, "Name the primary"));
    }
    List<Finding> findings = new ArrayList<>();
    if (!facts.settings().is("hot_standby_feedback", "on")) {
      findings.addAll(withoutFeedback(facts));
    }
    if (facts.settings().text("primary_slot_name").filter(name -> !name.isEmpty()).isEmpty()) {
      findings.addAll(withoutSlot());
    }
    return findings;
  }

  private static List<Finding> withoutFeedback(Facts facts) {
    return Found.error(
        "standby_source",
        "hot_standby_feedback",
        "hot_standby_feedback is off: the primary's vacuum invalidates slots of this standby",
        Fix.setting(
            facts,
            "Set hot_standby_feedback = on",
            false,
            "ALTER SYSTEM SET hot_standby_feedback = on",
            "SELECT pg_reload_conf()"));
  }

  private static List<Finding> withoutSlot() {
    return Found.error(
        "standby_source",
        "primary_slot_name",
        "primary_slot_name is empty: while the standby is away from the primary, vacuum there"
            + " invalidates slots here",
        Fix.of(
            Who.ADMINISTRATOR,
            "Make a physical slot on the primary and name it in primary_slot_name"));
  }

  private static List<Finding> sync(Facts facts) {
    return facts.server().standby() && facts.settings().is("sync_replication_slots", "off")
        ? Found.warning(
            "standby_sync",
            "sync_replication_slots",
            "sync_replication_slots is off: if this standby is promoted, it has no slot of the"
                + " primary",
            Fix.setting(
                facts,
                "Set sync_replication_slots = on, and name dbname in primary_conninfo",
                false,
                "ALTER SYSTEM SET sync_replication_slots = on",
                "SELECT pg_reload_conf()"))
        : Found.nothing();
  }

  /** Logical streams wait for these slots if they are failover slots themselves. */
  private static List<Finding> waits(Facts facts) {
    boolean waiting = facts.slots().stream().anyMatch(Slot::failover);
    String named = facts.settings().text(WAITED_FOR).orElse("");
    return Stream.of(named.replace("\"", "").split(",", -1))
        .map(String::strip)
        .filter(name -> !name.isEmpty() && !isRead(facts, name))
        .map(
            name ->
                new Finding(
                    "standby_waits",
                    waiting ? Severity.ERROR : Severity.WARNING,
                    "slot " + Shown.of(name),
                    "%s names a slot that nobody reads, or that is not there: streams of failover"
                            .formatted(WAITED_FOR)
                        + " slots stand still until it is read",
                    Fix.setting(
                        facts, "Start that standby, or take the slot out of " + WAITED_FOR, false)))
        .toList();
  }

  private static boolean isRead(Facts facts, String name) {
    return facts.slots().stream().anyMatch(slot -> slot.name().equals(name) && slot.active());
  }

  private static List<Finding> failover(Facts facts) {
    boolean hasStandbys = facts.slots().stream().anyMatch(slot -> !slot.logical());
    return facts.slots().stream()
        .filter(slot -> hasStandbys && slot.ours() && !slot.failover())
        .map(
            slot ->
                new Finding(
                    "failover",
                    Severity.INFO,
                    "slot " + Shown.of(slot.name()),
                    "A standby that is promoted does not have the slot: clients begin again with"
                        + " init and the snapshot",
                    Fix.of(
                        Who.SUPERUSER,
                        "To keep it, let a replication connection run ALTER_REPLICATION_SLOT with"
                            + " FAILOVER, and let the standby synchronize slots")))
        .toList();
  }
}
