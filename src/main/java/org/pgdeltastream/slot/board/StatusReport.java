package org.pgdeltastream.slot.board;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.pgdeltastream.slot.feed.FeedReport;
import org.pgdeltastream.slot.stream.SlotReport;

/**
 * This server, PostgreSQL, and all slots and feeds, at a moment.
 *
 * @param streams of slots that this server has streamed
 */
public record StatusReport(
    Server server,
    BoardLook upstream,
    List<SlotReport> slots,
    List<FeedReport> feeds,
    List<SnapshotReport> snapshots,
    List<StreamReport> streams,
    Guard guard,
    Optional<Findings> doctor) {
  public StatusReport {
    slots = List.copyOf(slots);
    feeds = List.copyOf(feeds);
    snapshots = List.copyOf(snapshots);
    streams = List.copyOf(streams);
  }

  /**
   * The guard of the slots.
   *
   * @param fullIn when the first slot reaches PostgreSQL's limit; empty if that is not known, or
   *     never
   */
  public record Guard(String rules, boolean dryRun, Optional<Duration> fullIn) {}

  /** How much the last examination of PostgreSQL has found. */
  public record Findings(long errors, long warnings, long notes, Instant examined) {}

  /**
   * This server, and how much of what it may do it does.
   *
   * @param node its name in PostgreSQL's {@code application_name}
   */
  public record Server(
      String node, Instant started, int streams, int streamsLimit, int subscribersLimit) {}
}
