package org.pgdeltastream.slot.board;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.pgdeltastream.delivery.CloseCounts;
import org.pgdeltastream.slot.feed.FeedReport;
import org.pgdeltastream.slot.lease.ReadCounts;
import org.pgdeltastream.slot.stream.SlotReport;

/**
 * What is counted and measured.
 *
 * @param upstream empty before PostgreSQL was reached
 * @param slots none before PostgreSQL was reached
 * @param streams of slots that this server has streamed
 * @param made how many slots this server has made
 * @param dropped how many it has dropped
 * @param closes how streams ended
 * @param reads under snapshots
 * @param tables how many whole tables are read now
 * @param guardActions how often the guard has done what
 * @param heartbeats how many were written to PostgreSQL
 * @param heartbeatsFailed how many could not be written
 */
public record Measured(
    StatusReport.Server server,
    Optional<BoardLook> upstream,
    List<SlotReport> slots,
    List<StreamReport> streams,
    List<FeedReport> feeds,
    long made,
    long dropped,
    CloseCounts closes,
    ReadCounts reads,
    int tables,
    StatusReport.Guard guard,
    Map<String, Long> guardActions,
    Optional<StatusReport.Findings> doctor,
    long heartbeats,
    long heartbeatsFailed) {
  public Measured {
    slots = List.copyOf(slots);
    streams = List.copyOf(streams);
    feeds = List.copyOf(feeds);
    guardActions = Map.copyOf(guardActions);
  }
}
