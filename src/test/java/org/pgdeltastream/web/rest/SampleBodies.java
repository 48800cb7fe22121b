package org.pgdeltastream.web.rest;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.stream.Stream;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.change.OutputPlugin;
import org.pgdeltastream.change.SlotName;
import org.pgdeltastream.change.TableName;
import org.pgdeltastream.change.TableRequest;
import org.pgdeltastream.change.TableSummary;
import org.pgdeltastream.delivery.CloseReason;
import org.pgdeltastream.delivery.StreamCounts;
import org.pgdeltastream.feed.FeedCounts;
import org.pgdeltastream.journal.shared.KafkaSettings.Storage;
import org.pgdeltastream.replication.ServerState;
import org.pgdeltastream.replication.SlotAdvance;
import org.pgdeltastream.slot.NewSlot;
import org.pgdeltastream.slot.board.BoardLook;
import org.pgdeltastream.slot.board.SnapshotReport;
import org.pgdeltastream.slot.board.StatusReport;
import org.pgdeltastream.slot.board.StreamReport;
import org.pgdeltastream.slot.feed.FeedDefinition;
import org.pgdeltastream.slot.feed.FeedReport;
import org.pgdeltastream.slot.shared.SharedReport;
import org.pgdeltastream.slot.shared.SharedState;
import org.pgdeltastream.slot.stream.SlotReport;

/** Answers that leave nothing out. */
public final class SampleBodies {
  private static final SlotName NAME = new SlotName("delta_a");
  private static final Instant NOON = Instant.parse("2026-11-25T12:00:00Z");

  private SampleBodies() {}

  public static List<String> initFields() {
    return names(init());
  }

  public static Map<String, Object> init() {
    return Bodies.init(
        new NewSlot(
            NAME, OutputPlugin.WAL2JSON, List.of("p"), false, Lsn.NONE, NOON, List.of("warning")),
        "");
  }

  public static List<String> slotFields() {
    return names(slot());
  }

  public static Map<String, Object> slot() {
    return Bodies.slot(
        new SlotReport(
            NAME,
            "pgoutput",
            List.of("p"),
            true,
            Optional.of(new SlotReport.Client("10.0.0.1", NOON)),
            Optional.of(Lsn.NONE),
            Optional.of(Lsn.NONE),
            new SlotReport.Wal(
                1,
                2,
                OptionalLong.of(3),
                OptionalLong.of(4),
                Optional.of("reserved"),
                Optional.of("horizon")),
            Optional.of(NOON),
            true,
            5,
            Optional.of(new SlotReport.OpenSnapshot(NOON, 7)),
            Optional.of(new SlotReport.LastClose(Optional.empty(), 1001, "bye", NOON)),
            2,
            List.of("warning"),
            Optional.of(
                new SlotReport.Guard(
                    Optional.of("drop@95%"),
                    "held",
                    Optional.of(NOON),
                    Optional.of("why"),
                    Optional.of(Duration.ofMinutes(1)),
                    Optional.of(new SlotReport.GuardAction("close", "close@80%", NOON, 8)))),
            new SlotReport.Seen(NOON, true)));
  }

  /** Of the status, a snapshot and a slot that was moved; slots and feeds are told elsewhere. */
  public static List<String> statusFields() {
    return Stream.concat(names(status()).stream(), names(moved()).stream()).toList();
  }

  public static Map<String, Object> moved() {
    SlotAdvance.Position position = new SlotAdvance.Position(Lsn.NONE, Lsn.NONE, 1);
    return StatusBody.moved("delta_a", new SlotAdvance.Moved(position, position));
  }

  public static Map<String, Object> snapshot() {
    return StatusBody.snapshot(openSnapshot());
  }

  private static SnapshotReport openSnapshot() {
    return new SnapshotReport(
        NAME,
        NOON,
        NOON,
        7,
        List.of(
            new SnapshotReport.Read(
                new TableRequest("t", Optional.of("s"), List.of(), new TableRequest.Part(1, 2)),
                NOON,
                1,
                2,
                OptionalLong.of(3))));
  }

  public static Map<String, Object> status() {
    ServerState server =
        new ServerState(
            "18",
            false,
            Lsn.NONE,
            OptionalLong.of(1),
            1,
            2,
            3,
            4,
            new ServerState.OldestTransaction(1, 2, 3),
            List.of(),
            Map.of());
    return StatusBody.of(
        new StatusReport(
            new StatusReport.Server("main", NOON, 1, 2, 3),
            new BoardLook(server, NOON, false, OptionalDouble.of(1)),
            List.of(),
            List.of(),
            List.of(openSnapshot()),
            List.of(stream()),
            new StatusReport.Guard("*: warn@50%", true, Optional.of(Duration.ZERO)),
            Optional.of(new StatusReport.Findings(1, 2, 3, NOON))));
  }

  private static StreamReport stream() {
    StreamCounts counts = new StreamCounts();
    counts.acknowledged(1, 1);
    return new StreamReport(
        NAME, counts, Optional.of(new SlotReport.Unacknowledged(1, 2)), Optional.empty());
  }

  public static List<String> feedFields() {
    return names(feed());
  }

  public static Map<String, Object> feed() {
    return Bodies.feed(
        new FeedReport(
            new FeedDefinition("main", List.of("p"), 1, Duration.ofSeconds(1), Storage.WAL),
            new SlotName("delta_feed_main"),
            "streaming",
            Lsn.NONE,
            Lsn.NONE,
            1,
            1,
            Lsn.NONE,
            List.of("warning"),
            Optional.of(new FeedReport.Failure(CloseReason.UPSTREAM_LOST, "away", NOON)),
            new FeedCounts(),
            0,
            Optional.of(
                new SharedReport(
                    SharedState.LEADING,
                    "detail",
                    "pgdelta.main",
                    Optional.of("7f"),
                    Lsn.NONE,
                    true,
                    List.of()))));
  }

  public static List<String> tableFields() {
    return names(table());
  }

  public static Map<String, Object> table() {
    return Bodies.table(
        new TableSummary(
            new TableName("public", "users"),
            3,
            8192,
            List.of("id"),
            "default",
            true,
            List.of(new TableSummary.TypedColumn("id", "integer"))));
  }

  /** Also those of the objects inside. */
  private static List<String> names(Object value) {
    if (value instanceof List<?> list) {
      return list.stream().flatMap(item -> names(item).stream()).toList();
    }
    if (value instanceof Map<?, ?> map) {
      return map.entrySet().stream()
          .flatMap(
              entry ->
                  Stream.concat(
                      Stream.of(String.valueOf(entry.getKey())), names(entry.getValue()).stream()))
          .toList();
    }
    return List.of();
  }
}
