package org.pgdeltastream.slot.board;

import java.time.Instant;
import java.util.List;
import org.pgdeltastream.slot.feed.FeedReport;
import org.pgdeltastream.slot.stream.SlotReport;

/** This server, PostgreSQL, and all slots and feeds, at a moment. */
public record StatusReport(
    Server server,
    BoardLook upstream,
    List<SlotReport> slots,
    List<FeedReport> feeds,
    List<SnapshotReport> snapshots) {
  public StatusReport {
    slots = List.copyOf(slots);
    feeds = List.copyOf(feeds);
    snapshots = List.copyOf(snapshots);
  }

  /**
   * This server, and how much of what it may do it does.
   *
   * @param node its name in PostgreSQL's {@code application_name}
   */
  public record Server(
      String node, Instant started, int streams, int streamsLimit, int subscribersLimit) {}
}
