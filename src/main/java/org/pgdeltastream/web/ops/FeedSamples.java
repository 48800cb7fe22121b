package org.pgdeltastream.web.ops;

import org.pgdeltastream.delivery.StreamCounts;
import org.pgdeltastream.delivery.StreamCounts.Count;
import org.pgdeltastream.feed.FeedCounts;
import org.pgdeltastream.feed.log.Framing;
import org.pgdeltastream.slot.feed.FeedReport;
import org.pgdeltastream.slot.shared.SharedReport;

/** What is measured of feeds. */
final class FeedSamples {
  private final Samples samples;
  private final ServerSamples ofServer;
  private final SlotSamples ofSlots;

  FeedSamples(Samples samples, ServerSamples ofServer, SlotSamples ofSlots) {
    this.samples = samples;
    this.ofServer = ofServer;
    this.ofSlots = ofSlots;
  }

  void put(FeedReport report) {
    String feed = report.definition().name();
    FeedCounts counts = report.counts();
    StreamCounts read = counts.read();
    for (Framing framing : Framing.values()) {
      String way = transport(framing);
      samples.put(Family.FEED_SUBSCRIBERS, counts.subscribers(framing), feed, way);
      samples.put(Family.FEED_WRITES, counts.writes(framing), feed, way);
      samples.put(Family.FEED_SENT_BYTES, counts.bytes(framing), feed, way);
    }
    samples.put(Family.FEED_VIEWS, report.views(), feed);
    samples.put(Family.FEED_LAG_BYTES, report.lagBytes(), feed);
    samples.put(Family.FEED_WINDOW_BYTES, report.heldBytes(), feed);
    samples.put(Family.FEED_JOURNAL_BYTES, report.journalBytes(), feed);
    samples.put(Family.FEED_RECEIVED_BYTES, read.get(Count.RECEIVED_BYTES), feed);
    samples.put(Family.FEED_CONNECTIONS, read.get(Count.STARTS) + read.get(Count.RECONNECTS), feed);
    ofSlots.putBusy(Family.FEED_BUSY_SECONDS, feed, read, Count.WAIT_NANOS, "wait");
    ofSlots.putBusy(Family.FEED_BUSY_SECONDS, feed, read, Count.DECODE_NANOS, "decode");
    ofSlots.putHeartbeats(report.slotName().value(), read);
    samples.put(Family.FEED_LATE_SUBSCRIBERS, counts.late(), feed);
    samples.put(Family.FEED_REFETCHES, counts.refetched(), feed);
    samples.put(Family.FEED_SNAPSHOTS, counts.snapshotsGiven(), feed, "asked");
    samples.put(Family.FEED_SNAPSHOTS, counts.snapshotsMade(), feed, "read");
    report.shared().ifPresent(log -> put(log, feed));
    ofServer.putCloses(Family.FEED_CLOSES, counts.closes(), feed);
  }

  private void put(SharedReport log, String feed) {
    samples.put(Family.FEED_STATE, 1, feed, log.state().toString());
    samples.put(Family.FEED_NEAR_END, log.isNear(), feed);
  }

  /** The container's own websocket is one too. */
  private static String transport(Framing framing) {
    return switch (framing) {
      case WEBSOCKET -> "websocket";
      case TEXTS -> "endpoint";
      case EVENT_STREAM -> "events";
      case LINES -> "pull";
    };
  }
}
