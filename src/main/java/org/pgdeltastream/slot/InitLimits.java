package org.pgdeltastream.slot;

import static java.lang.System.Logger.Level.INFO;

import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.stream.Collectors;
import org.pgdeltastream.change.Problem;
import org.pgdeltastream.change.ProblemException;
import org.pgdeltastream.change.Shown;
import org.pgdeltastream.change.SlotName;
import org.pgdeltastream.replication.SlotCapacity;
import org.pgdeltastream.slot.database.Database;
import org.pgdeltastream.slot.database.Settings;
import org.pgdeltastream.slot.stream.Slot;
import org.pgdeltastream.slot.stream.Slots;

/**
 * How many slots, snapshots and inits at once there may be: checked before a slot is made. Inits
 * that run at once may together pass the first two, by as many as they are.
 */
final class InitLimits {
  private static final System.Logger LOG = System.getLogger(InitLimits.class.getName());

  /** Each holds a walsender, and waits for the ends of transactions. */
  static final int AT_ONCE = 4;

  private static final int NAMED = 5;
  private static final Duration NEW = Duration.ofMinutes(1);

  private final Database database;
  private final Settings settings;
  private final Slots slots;
  private final Semaphore turns = new Semaphore(AT_ONCE);

  InitLimits(Database database, Settings settings, Slots slots) {
    this.database = database;
    this.settings = settings;
    this.slots = slots;
  }

  /** What is done in a turn. */
  @FunctionalInterface
  interface Making {
    NewSlot make() throws SQLException;
  }

  /**
   * Lets a slot be made.
   *
   * @param name of the slot, where the client has said it
   * @throws ProblemException at a limit
   */
  NewSlot enter(Optional<SlotName> name, Making making) throws SQLException {
    if (!turns.tryAcquire()) {
      throw new ProblemException(
          Problem.UPSTREAM_BUSY,
          AT_ONCE + " slots are being made already, which is as many as may be at once",
          "Try again in a moment: each waits for the end of transactions that write");
    }
    try {
      List<Slot> known = slots.all(); // before PostgreSQL is asked: leaves out later ones
      SlotCapacity capacity = SlotCapacity.read(database.connector());
      slots.forgetGone(known, capacity.slots().stream().map(SlotCapacity.Use::name).toList());
      checkSlots(name, capacity);
      int mostSnapshots =
          settings.snapshots() > 0
              ? settings.snapshots()
              : Math.max(1, capacity.mostConnections() / 4);
      checkSnapshots(mostSnapshots);
      NewSlot made = making.make();
      closeUnused(mostSnapshots);
      return made;
    } finally {
      turns.release();
    }
  }

  /** One whose name is taken is refused for that. */
  private void checkSlots(Optional<SlotName> name, SlotCapacity capacity) {
    List<SlotCapacity.Use> ours =
        capacity.slots().stream().filter(slot -> settings.matches(slot.name())).toList();
    int most =
        settings.slotsMaximum() > 0
            ? settings.slotsMaximum()
            : Math.max(1, capacity.mostSlots() / 2);
    Optional<String> wanted = name.map(SlotName::value);
    boolean taken = ours.stream().anyMatch(slot -> wanted.equals(Optional.of(slot.name())));
    if (ours.size() < most || taken) {
      return;
    }
    throw new ProblemException(
        Problem.SLOTS_EXHAUSTED,
        "PostgreSQL has %d slots whose names match %s; pgdelta.slots-maximum allows %d"
            .formatted(ours.size(), Shown.of(settings.slotPattern()), most),
        hint(ours));
  }

  /** Those that keep most WAL first, since they cost most. */
  private static String hint(List<SlotCapacity.Use> ours) {
    String idle =
        ours.stream()
            .filter(slot -> slot.ofThisDatabase() && !slot.active())
            .sorted(Comparator.comparingLong(SlotCapacity.Use::keptBytes).reversed())
            .limit(NAMED)
            .map(InitLimits::shown)
            .collect(Collectors.joining(", "));
    return (idle.isEmpty()
            ? "All are streamed now, or of other databases"
            : "Drop what nobody needs: " + idle)
        + "; or raise pgdelta.slots-maximum (by default half of PostgreSQL's max_replication_slots)";
  }

  private static String shown(SlotCapacity.Use slot) {
    String since =
        slot.inactiveSince()
            .map(when -> "inactive since " + when.truncatedTo(ChronoUnit.SECONDS))
            .orElse("inactive");
    long megabytes = (slot.keptBytes() + (1 << 20) - 1) >> 20;
    return String.format(
        Locale.ROOT, "DELETE /v1/slots/%s (%s, keeps %d MB of WAL)", slot.name(), since, megabytes);
  }

  private void checkSnapshots(int most) {
    if (slots.snapshots() >= most && slots.longestUnused(unusedSince()).isEmpty()) {
      throw new ProblemException(
          Problem.UPSTREAM_BUSY,
          most + " snapshots are open, and each is read or was made or read in the last minute",
          "Try again in a moment; close snapshots that were read (DELETE /v1/snapshot?slotName=…);"
              + " or raise pgdelta.snapshots: each holds a connection to PostgreSQL");
    }
  }

  /** Closes the snapshots that were unused for longest, in favour of the new one. */
  private void closeUnused(int mostSnapshots) {
    while (slots.snapshots() > mostSnapshots) {
      Instant since = unusedSince();
      Optional<Slot> unused = slots.longestUnused(since);
      if (unused.isEmpty()) {
        return;
      }
      if (unused.get().closeSnapshotIfUnused(since)) {
        LOG.log(
            INFO,
            "The snapshot of slot %s, unused for longest, is closed for a newer one: %d may be open"
                .formatted(unused.get().name(), mostSnapshots));
      }
    }
  }

  /** A new snapshot has a minute for its first read; half the lease if that is shorter. */
  private Instant unusedSince() {
    Duration half = settings.snapshotLease().dividedBy(2);
    return Instant.now().minus(half.compareTo(NEW) < 0 ? half : NEW);
  }
}
