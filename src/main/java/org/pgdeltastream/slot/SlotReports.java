package org.pgdeltastream.slot;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.pgdeltastream.change.Problem;
import org.pgdeltastream.change.ProblemException;
import org.pgdeltastream.change.SlotName;
import org.pgdeltastream.replication.wal.SlotRow;
import org.pgdeltastream.slot.database.Database;
import org.pgdeltastream.slot.database.Problems;
import org.pgdeltastream.slot.database.Settings;
import org.pgdeltastream.slot.stream.Slot;
import org.pgdeltastream.slot.stream.SlotReport;
import org.pgdeltastream.slot.stream.SlotStream;
import org.pgdeltastream.slot.stream.Slots;
import org.pgdeltastream.slot.upstream.KnownSlot;

/** The slots that this server shows: as PostgreSQL has them, with what this server knows. */
final class SlotReports {
  private final Database database;
  private final Settings settings;
  private final Slots slots;

  SlotReports(Database database, Settings settings, Slots slots) {
    this.database = database;
    this.settings = settings;
    this.slots = slots;
  }

  /** All that match the pattern. */
  List<SlotReport> all() {
    try {
      List<Slot> known = slots.all(); // before PostgreSQL is asked: leaves out later ones
      List<SlotRow> present = database.slots().list();
      slots.forgetGone(known, present.stream().map(SlotRow::name).toList());
      List<SlotRow> rows =
          present.stream()
              .filter(row -> row.logical() && row.ofThisDatabase())
              .filter(row -> settings.matches(row.name()))
              .toList();
      Map<Integer, Long> xidsHeld = rows.isEmpty() ? Map.of() : database.slots().xidsHeld();
      List<SlotReport> reports = new ArrayList<>();
      for (SlotRow row : rows) {
        reports.add(report(row, xidsHeld));
      }
      return reports;
    } catch (SQLException e) {
      throw Problems.of(e);
    }
  }

  /** One of them; refused if there is none. */
  SlotReport of(SlotName name) {
    return all().stream()
        .filter(report -> report.name().equals(name))
        .findFirst()
        .orElseThrow(() -> noSlot(name));
  }

  private SlotReport report(SlotRow row, Map<Integer, Long> xidsHeld) {
    SlotName name = new SlotName(row.name());
    Optional<Slot> slot = slots.find(name);
    Optional<SlotReport.OpenSnapshot> snapshot =
        slot.flatMap(Slot::held)
            .map(
                held ->
                    new SlotReport.OpenSnapshot(
                        held.expires(), xidsHeld.getOrDefault(held.pid(), 0L)));
    return new SlotReport(
        name,
        row.plugin(),
        slot.map(Slot::known).map(KnownSlot::publications).orElse(List.of()),
        row.active(),
        slot.flatMap(Slot::stream).filter(one -> !one.isEnding()).map(SlotStream::client),
        row.restartLsn(),
        row.confirmedFlush(),
        row.lagBytes(),
        row.walStatus(),
        snapshot,
        slot.flatMap(Slot::lastClose),
        slot.map(Slot::acksIgnored).orElse(0L),
        slot.map(Slot::known).map(KnownSlot::warnings).orElse(List.of()));
  }

  private static ProblemException noSlot(SlotName name) {
    return new ProblemException(
        Problem.SLOT_NOT_FOUND, "There is no slot " + name, "Make one: GET /v1/init");
  }
}
