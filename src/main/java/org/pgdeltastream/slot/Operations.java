package org.pgdeltastream.slot;

import static java.lang.System.Logger.Level.INFO;

import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.change.Problem;
import org.pgdeltastream.change.ProblemException;
import org.pgdeltastream.change.SlotName;
import org.pgdeltastream.delivery.CloseReason;
import org.pgdeltastream.doctor.Finding;
import org.pgdeltastream.replication.SlotAdvance;
import org.pgdeltastream.slot.board.Board;
import org.pgdeltastream.slot.board.BoardLook;
import org.pgdeltastream.slot.board.Measured;
import org.pgdeltastream.slot.board.SnapshotReport;
import org.pgdeltastream.slot.board.SnapshotReports;
import org.pgdeltastream.slot.board.StatusReport;
import org.pgdeltastream.slot.board.StreamReport;
import org.pgdeltastream.slot.database.Database;
import org.pgdeltastream.slot.database.Problems;
import org.pgdeltastream.slot.database.Settings;
import org.pgdeltastream.slot.doctor.Examiner;
import org.pgdeltastream.slot.feed.Feeds;
import org.pgdeltastream.slot.guard.GuardAction;
import org.pgdeltastream.slot.guard.SlotGuard;
import org.pgdeltastream.slot.stream.Slot;
import org.pgdeltastream.slot.stream.SlotReport;
import org.pgdeltastream.slot.stream.SlotStream;
import org.pgdeltastream.slot.stream.Slots;
import org.pgdeltastream.slot.stream.ToldAdvance;

/**
 * What operators see and do. What is shown is at most a second old, and no call opens a connection;
 * the doctor's are at most a minute old, and each on connections of its own.
 */
public final class Operations {
  private static final System.Logger LOG = System.getLogger(Operations.class.getName());

  private final Instant started = Instant.now();
  private final Database database;
  private final Settings settings;
  private final Slots slots;
  private final Board board;
  private final SlotReports reports;
  private final SnapshotReads snapshotReads;
  private final SnapshotReports snapshotReports;
  private final Feeds feeds;
  private final SlotGuard guard;
  private final Heartbeats heartbeats;
  private final KafkaFeeds kafkaFeeds;
  private final Examiner doctor;

  Operations(
      Database database,
      Settings settings,
      Slots slots,
      Board board,
      SlotReports reports,
      SnapshotReads snapshotReads,
      Feeds feeds,
      SlotGuard guard,
      Heartbeats heartbeats) {
    this.database = database;
    this.settings = settings;
    this.slots = slots;
    this.board = board;
    this.reports = reports;
    this.snapshotReports = new SnapshotReports(slots, database.connector());
    this.snapshotReads = snapshotReads;
    this.feeds = feeds;
    this.guard = guard;
    this.heartbeats = heartbeats;
    this.kafkaFeeds = new KafkaFeeds(settings, feeds);
    doctor =
        new Examiner(
            database.connector(),
            settings,
            feeds::publications,
            feeds.bearers()::rights,
            () -> Optional.of(kafkaFeeds.forDoctor()));
  }

  public List<SlotReport> slots() {
    return reports.recent();
  }

  public SlotReport slot(SlotName name) {
    return reports.recent(name);
  }

  /** Says what is wrong with PostgreSQL. */
  public Examiner doctor() {
    return doctor;
  }

  public StatusReport status() {
    BoardLook look = reports.look();
    return new StatusReport(
        server(),
        look,
        reports.of(look),
        feeds.all(),
        snapshotReports.of(look),
        StreamReport.all(slots),
        guard.report(),
        findings());
  }

  private StatusReport.Server server() {
    return new StatusReport.Server(
        settings.node(),
        started,
        slots.streams().size(),
        settings.streams(),
        settings.ofFeeds().subscribers());
  }

  /** What is counted; what PostgreSQL says of it is at most a second old, or the last it said. */
  public Measured measured() {
    Optional<BoardLook> look = look();
    return new Measured(
        server(),
        look,
        look.map(reports::of).orElse(List.of()),
        StreamReport.all(slots),
        feeds.all(),
        slots.made(),
        slots.dropped(),
        slots.closes(),
        snapshotReads.counts(),
        snapshotReads.running(),
        guard.report(),
        guardActions(),
        findings(),
        heartbeats.written(),
        heartbeats.failed());
  }

  private Map<String, Long> guardActions() {
    return Stream.of(GuardAction.values())
        .collect(Collectors.toMap(GuardAction::word, guard::actions));
  }

  private Optional<StatusReport.Findings> findings() {
    return doctor
        .last()
        .map(
            last ->
                new StatusReport.Findings(
                    last.count(Finding.Severity.ERROR),
                    last.count(Finding.Severity.WARNING),
                    last.count(Finding.Severity.INFO),
                    last.examined()));
  }

  private Optional<BoardLook> look() {
    try {
      return Optional.of(reports.look());
    } catch (ProblemException e) {
      return Optional.empty(); // it was never reached
    }
  }

  /** What the guard has done so far. */
  public SlotGuard guard() {
    return guard;
  }

  /** The open snapshots of this server, and who reads whole tables under them. */
  public List<SnapshotReport> snapshots() {
    return snapshotReports.of(reports.look());
  }

  /**
   * Closes the client of a slot, which may come back; refused if this server streams it to nobody.
   *
   * @param by who asked for it, for the log
   */
  public void closeClient(SlotName name, String by) {
    refuseFeeds(name);
    reports.of(name);
    SlotStream stream =
        slots
            .find(name)
            .flatMap(Slot::stream)
            .orElseThrow(
                () ->
                    new ProblemException(
                        Problem.SLOT_BUSY,
                        "This server streams slot " + name + " to nobody",
                        "GET /v1/slots/" + name + " shows whether another program streams it"));
    LOG.log(INFO, "The client of slot " + name + " is closed, as " + by + " asked");
    stream.end(CloseReason.OPERATOR, "closed by an operator");
  }

  /**
   * Moves a slot that nobody streams; what lies between is lost to its client, which is told.
   *
   * @param to empty: to the newest position
   * @param by who asked for it, for the log
   */
  public SlotAdvance.Moved advance(SlotName name, Optional<Lsn> to, String by) {
    refuseFeeds(name);
    if (reports.of(name).active()) {
      throw new ProblemException(
          Problem.SLOT_BUSY,
          "Slot " + name + " is being streamed",
          "Close its client first: POST /v1/slots/" + name + "/close");
    }
    try {
      SlotAdvance.Moved moved =
          ToldAdvance.run(
              slots.remembered(name).known(),
              "an operator",
              () -> SlotAdvance.advance(database.connector(), name, to),
              SlotAdvance.Moved::forward);
      board.changed();
      LOG.log(
          INFO,
          "Slot %s was advanced from %s to %s, as %s asked; PostgreSQL keeps %d bytes less for it"
              .formatted(
                  name,
                  moved.before().confirmed(),
                  moved.after().confirmed(),
                  by,
                  moved.freedBytes()));
      return moved;
    } catch (SQLException e) {
      throw Problems.of(e);
    }
  }

  /** Whether PostgreSQL ever, or still, answered, and feeds in Kafka are read to their ends. */
  boolean wasReached(boolean still) {
    return board.last().filter(look -> !still || !look.stale()).isPresent() && kafkaFeeds.areNear();
  }

  private void refuseFeeds(SlotName name) {
    if (feeds.reads(name)) {
      throw FeedSlots.readBy(name);
    }
  }
}
