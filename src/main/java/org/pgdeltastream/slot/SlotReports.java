package org.pgdeltastream.slot;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.pgdeltastream.change.Problem;
import org.pgdeltastream.change.ProblemException;
import org.pgdeltastream.change.SlotName;
import org.pgdeltastream.replication.SlotState;
import org.pgdeltastream.replication.wal.SlotRow;
import org.pgdeltastream.slot.board.Board;
import org.pgdeltastream.slot.board.BoardLook;
import org.pgdeltastream.slot.database.Settings;
import org.pgdeltastream.slot.stream.Slot;
import org.pgdeltastream.slot.stream.SlotReport;
import org.pgdeltastream.slot.stream.SlotStream;
import org.pgdeltastream.slot.stream.Slots;
import org.pgdeltastream.slot.upstream.KnownSlot;

/** The slots that this server shows: as PostgreSQL has them, with what this server knows. */
final class SlotReports {
  private final Board board;
  private final Settings settings;
  private final Slots slots;
  private final Function<SlotName, Optional<SlotReport.Guard>> guard;
  private volatile long seen; // of the slots' changes

  SlotReports(
      Board board,
      Settings settings,
      Slots slots,
      Function<SlotName, Optional<SlotReport.Guard>> guard) {
    this.board = board;
    this.settings = settings;
    this.slots = slots;
    this.guard = guard;
  }

  /** PostgreSQL, at most a second ago, and not before what this server has changed. */
  BoardLook look() {
    long changes = slots.changes();
    if (changes != seen) {
      board.changed(); // first: who finds it seen must not be shown what was before
      seen = changes;
    }
    return board.recent();
  }

  /** All that match the pattern, as PostgreSQL has them now. */
  List<SlotReport> all() {
    List<Slot> known = slots.all(); // before PostgreSQL is asked: leaves out later ones
    return forgettingGone(known, board.now());
  }

  /** The same, at most a second old; the last that was seen if PostgreSQL does not answer. */
  List<SlotReport> recent() {
    List<Slot> known = slots.all();
    return forgettingGone(known, look());
  }

  /** One of them now; refused if there is none. */
  SlotReport of(SlotName name) {
    return find(name, all()).orElseThrow(() -> noSlot(name));
  }

  /** The same, at most a second old. */
  SlotReport recent(SlotName name) {
    return find(name, recent()).orElseGet(() -> of(name));
  }

  private static Optional<SlotReport> find(SlotName name, List<SlotReport> reports) {
    return reports.stream().filter(report -> report.name().equals(name)).findFirst();
  }

  private List<SlotReport> forgettingGone(List<Slot> known, BoardLook look) {
    if (!look.stale()) {
      slots.forgetGone(
          known, look.server().slots().stream().map(slot -> slot.row().name()).toList());
    }
    return of(look);
  }

  /** All of that look. */
  List<SlotReport> of(BoardLook look) {
    return look.server().slots().stream()
        .filter(slot -> slot.row().logical() && slot.row().ofThisDatabase())
        .filter(slot -> settings.matches(slot.row().name()))
        .map(slot -> report(slot, look))
        .toList();
  }

  private SlotReport report(SlotState state, BoardLook look) {
    SlotRow row = state.row();
    SlotName name = new SlotName(row.name());
    Optional<Slot> slot = slots.find(name);
    return new SlotReport(
        name,
        row.plugin(),
        slot.map(Slot::known).map(KnownSlot::publications).orElse(List.of()),
        row.active(),
        slot.flatMap(Slot::stream).filter(one -> !one.isEnding()).map(SlotStream::client),
        row.restartLsn(),
        row.confirmedFlush(),
        new SlotReport.Wal(
            row.lagBytes(),
            state.retainedBytes(),
            state.safeBytes(),
            look.server().walLimitBytes(),
            row.walStatus(),
            row.invalidationReason()),
        state.inactiveSince(),
        state.failover(),
        state.spilledBytes(),
        slot.flatMap(Slot::held).map(held -> snapshot(held, look)),
        slot.flatMap(Slot::lastClose),
        slot.map(Slot::acksIgnored).orElse(0L),
        warnings(slot, guard.apply(name)),
        guard.apply(name),
        new SlotReport.Seen(look.asOf(), look.stale()));
  }

  private static List<String> warnings(Optional<Slot> slot, Optional<SlotReport.Guard> guard) {
    List<String> all = new ArrayList<>();
    slot.ifPresent(one -> all.addAll(one.known().warnings()));
    guard.flatMap(SlotReport.Guard::detail).ifPresent(all::add);
    return all;
  }

  private static SlotReport.OpenSnapshot snapshot(Slot.Held held, BoardLook look) {
    return new SlotReport.OpenSnapshot(
        held.expires(), look.server().xidsHeld().getOrDefault(held.pid(), 0L));
  }

  private static ProblemException noSlot(SlotName name) {
    return new ProblemException(
        Problem.SLOT_NOT_FOUND, "There is no slot " + name, "Make one: GET /v1/init");
  }
}
