package org.pgdeltastream.web.ops;

import java.time.Instant;
import org.pgdeltastream.delivery.StreamCounts;
import org.pgdeltastream.delivery.StreamCounts.Count;
import org.pgdeltastream.replication.SlotState;
import org.pgdeltastream.slot.board.Measured;
import org.pgdeltastream.slot.board.StreamReport;
import org.pgdeltastream.slot.stream.SlotReport;

/** What is measured of slots and their streams. */
final class SlotSamples {
  private static final double SECOND_NANOS = 1e9;

  private final Samples samples;
  private final Instant now;
  private final long nanos;

  /**
   * Adds samples to those.
   *
   * @param nanos the same moment by the clock of the counts
   */
  SlotSamples(Samples samples, Instant now, long nanos) {
    this.samples = samples;
    this.now = now;
    this.nanos = nanos;
  }

  void put(Measured measured) {
    measured.slots().forEach(this::put);
    measured
        .upstream()
        .ifPresent(
            look ->
                measured
                    .slots()
                    .forEach(slot -> look.slot(slot.name().value()).ifPresent(this::put)));
    samples.put(
        Family.SNAPSHOTS_OPEN,
        measured.slots().stream().filter(slot -> slot.snapshot().isPresent()).count());
    measured.streams().forEach(this::put);
  }

  private void put(SlotReport slot) {
    String name = slot.name().value();
    SlotReport.Wal wal = slot.wal();
    samples.put(Family.SLOT_ACTIVE, slot.active(), name);
    samples.put(Family.SLOT_LAG_BYTES, wal.lagBytes(), name);
    samples.put(Family.SLOT_RETAINED_WAL_BYTES, wal.retainedBytes(), name);
    wal.safeBytes().ifPresent(bytes -> samples.put(Family.SLOT_SAFE_WAL_BYTES, bytes, name));
    wal.status().ifPresent(status -> samples.put(Family.SLOT_WAL_STATUS, 1, name, status));
    wal.invalidationReason().ifPresent(why -> samples.put(Family.SLOT_INVALIDATED, 1, name, why));
    slot.inactiveSince()
        .ifPresent(since -> samples.put(Family.SLOT_INACTIVE_SINCE_TIMESTAMP_SECONDS, since, name));
    samples.put(Family.SLOT_SPILLED_BYTES, slot.spilledBytes(), name);
    samples.put(Family.SLOT_FAILOVER, slot.failover(), name);
    slot.snapshot()
        .ifPresent(
            open -> {
              samples.put(Family.SNAPSHOT_EXPIRES_TIMESTAMP_SECONDS, open.expires(), name);
              samples.put(Family.SNAPSHOT_XIDS, open.xidsHeld(), name);
            });
  }

  private void put(SlotState state) {
    samples.put(Family.SLOT_CATALOG_XIDS, state.xidsHeld(), state.row().name());
  }

  private void put(StreamReport stream) {
    String slot = stream.slot().value();
    StreamCounts counts = stream.counts();
    samples.put(Family.STREAM_STARTS, counts.get(Count.STARTS), slot);
    samples.put(Family.STREAM_RECONNECTS, counts.get(Count.RECONNECTS), slot);
    samples.put(Family.STREAM_TRANSACTIONS_SENT, counts.get(Count.TRANSACTIONS), slot);
    samples.put(Family.STREAM_CHANGES_FILTERED, counts.get(Count.FILTERED), slot);
    samples.put(Family.STREAM_RECEIVED_BYTES, counts.get(Count.RECEIVED_BYTES), slot);
    samples.put(Family.STREAM_SENT_BYTES, counts.get(Count.SENT_BYTES), slot);
    samples.put(Family.CATCH_UPS, counts.get(Count.CATCH_UPS), slot, "begun");
    samples.put(Family.CATCH_UPS, counts.get(Count.CATCH_UPS_FINISHED), slot, "finished");
    putChanges(slot, counts);
    putBusy(Family.STREAM_BUSY_SECONDS, slot, counts, Count.WAIT_NANOS, "wait");
    putBusy(Family.STREAM_BUSY_SECONDS, slot, counts, Count.DECODE_NANOS, "decode");
    putBusy(Family.STREAM_BUSY_SECONDS, slot, counts, Count.SEND_NANOS, "send");
    putAcknowledgements(stream, slot, counts);
    samples.put(Family.STREAM_COMMIT_DELAY_SECONDS, counts.commitDelays(), slot);
    putHeartbeats(slot, counts);
    putMoment(Family.STREAM_LAST_SENT_TIMESTAMP_SECONDS, counts.lastSent(), slot);
    stream
        .silence()
        .ifPresent(
            silence ->
                samples.put(
                    Family.STREAM_LAST_UPSTREAM_TIMESTAMP_SECONDS, now.minus(silence), slot));
  }

  private void putChanges(String slot, StreamCounts counts) {
    samples.put(Family.STREAM_CHANGES_SENT, counts.get(Count.INSERTS), slot, "insert");
    samples.put(Family.STREAM_CHANGES_SENT, counts.get(Count.UPDATES), slot, "update");
    samples.put(Family.STREAM_CHANGES_SENT, counts.get(Count.DELETES), slot, "delete");
    samples.put(Family.STREAM_CHANGES_SENT, counts.get(Count.TRUNCATES), slot, "truncate");
    samples.put(Family.STREAM_CHANGES_SENT, counts.get(Count.MESSAGES), slot, "message");
  }

  /** Seconds of one phase. */
  void putBusy(Family family, String of, StreamCounts counts, Count phase, String name) {
    samples.put(family, counts.get(phase) / SECOND_NANOS, of, name);
  }

  private void putAcknowledgements(StreamReport stream, String slot, StreamCounts counts) {
    samples.put(Family.STREAM_ACKNOWLEDGEMENTS, counts.get(Count.ACKNOWLEDGED), slot, "taken");
    samples.put(Family.STREAM_ACKNOWLEDGEMENTS, counts.get(Count.IGNORED), slot, "ignored");
    samples.put(Family.STREAM_ACKNOWLEDGEMENT_DELAY_SECONDS, counts.acknowledgementDelays(), slot);
    putMoment(Family.STREAM_LAST_ACKNOWLEDGED_TIMESTAMP_SECONDS, counts.lastAcknowledged(), slot);
    stream
        .unacknowledged()
        .ifPresent(
            open -> {
              samples.put(Family.STREAM_UNACKNOWLEDGED_TRANSACTIONS, open.transactions(), slot);
              samples.put(Family.STREAM_UNACKNOWLEDGED_BYTES, open.bytes(), slot);
            });
  }

  /** Only where there were some. */
  void putHeartbeats(String slot, StreamCounts counts) {
    if (counts.heartbeatDelays().seconds() > 0) {
      samples.put(Family.HEARTBEAT_DELAY_SECONDS, counts.heartbeatDelays(), slot);
    }
  }

  private void putMoment(Family family, long at, String slot) {
    if (at != StreamCounts.NEVER) {
      samples.put(family, now.minusNanos(nanos - at), slot);
    }
  }
}
