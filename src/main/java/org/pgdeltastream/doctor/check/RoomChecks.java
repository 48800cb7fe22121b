package org.pgdeltastream.doctor.check;

import java.util.List;
import java.util.stream.IntStream;
import org.pgdeltastream.change.Shown;
import org.pgdeltastream.doctor.Check;
import org.pgdeltastream.doctor.Facts;
import org.pgdeltastream.doctor.Facts.Room;
import org.pgdeltastream.doctor.Finding;
import org.pgdeltastream.doctor.Finding.Severity;
import org.pgdeltastream.doctor.Fix;

/** Whether slots, walsenders and connections are left. */
final class RoomChecks {
  private static final int FEW = 3; // a slot that catches up takes two more

  private RoomChecks() {}

  static List<Check> all(Limits limits) {
    return List.of(
        Check.of("slots_free", RoomChecks::slots),
        Check.of("senders_free", RoomChecks::senders),
        Check.of("connections_free", facts -> connections(facts, limits)));
  }

  private static List<Finding> slots(Facts facts) {
    Room room = facts.room();
    return few(facts, "slots_free", "max_replication_slots", room.slots(), room.mostSlots());
  }

  private static List<Finding> senders(Facts facts) {
    Room room = facts.room();
    return few(facts, "senders_free", "max_wal_senders", room.senders(), room.mostSenders());
  }

  private static List<Finding> few(Facts facts, String check, String setting, int used, int most) {
    int free = Math.max(0, most - used);
    if (free >= FEW) {
      return Found.nothing();
    }
    int wanted = Math.max(10, most + 10);
    return List.of(
        new Finding(
            check,
            free == 0 ? Severity.ERROR : Severity.WARNING,
            setting,
            "%d of %d are in use; a stream needs one, and two more where its slot has missed much"
                .formatted(used, most),
            Fix.setting(
                facts,
                "Set " + setting + " = " + wanted,
                true,
                "ALTER SYSTEM SET " + setting + " = " + wanted)));
  }

  private static List<Finding> connections(Facts facts, Limits limits) {
    Room room = facts.room();
    int ofServer = free(room.connections(), room.mostConnections());
    int ofRole = free(room.ofRole(), room.roleLimit());
    int ofDatabase = free(room.ofDatabase(), room.databaseLimit());
    int free = IntStream.of(ofServer, ofRole, ofDatabase).min().getAsInt();
    if (free >= limits.fewConnections()) {
      return Found.nothing();
    }
    String subject =
        free == ofServer
            ? "max_connections"
            : free == ofRole
                ? "role " + Shown.of(facts.role().name())
                : "database " + Shown.of(facts.server().database());
    return Found.warning(
        "connections_free",
        subject,
        "%d connections are free; each open snapshot and each table that is read takes one"
            .formatted(free),
        Fix.setting(facts, "Raise the limit of " + subject, free == ofServer));
  }

  private static int free(int used, int most) {
    return most < 0 ? Integer.MAX_VALUE : Math.max(0, most - used);
  }
}
