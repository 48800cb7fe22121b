package org.pgdeltastream.slot.board;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.pgdeltastream.change.SlotName;
import org.pgdeltastream.delivery.StreamCounts;
import org.pgdeltastream.delivery.StreamCounts.Count;
import org.pgdeltastream.slot.stream.Slot;
import org.pgdeltastream.slot.stream.SlotReport;
import org.pgdeltastream.slot.stream.SlotStream;
import org.pgdeltastream.slot.stream.Slots;
import org.pgdeltastream.slot.stream.StreamOptions;

/**
 * The streams of a slot through this server.
 *
 * @param counts of all of them; go on counting
 * @param unacknowledged empty while there is no client
 * @param silence how long PostgreSQL has given no sign of life; empty while nothing is read
 */
public record StreamReport(
    SlotName slot,
    StreamCounts counts,
    Optional<SlotReport.Unacknowledged> unacknowledged,
    Optional<Duration> silence) {
  private static final double SECOND_NANOS = 1e9;

  /**
   * What was counted so far.
   *
   * @param changes inserts, updates, deletes, truncates and messages
   * @param waitSeconds for PostgreSQL
   * @param decodeSeconds also encoding
   * @param sendSeconds for the client
   */
  public record Totals(
      long transactions,
      long changes,
      long receivedBytes,
      long sentBytes,
      double waitSeconds,
      double decodeSeconds,
      double sendSeconds,
      Optional<Instant> lastSent,
      Optional<Instant> lastAcknowledged) {}

  /**
   * What was counted until now.
   *
   * @param nanos the same moment by the clock of the counts
   */
  public Totals totals(Instant now, long nanos) {
    return new Totals(
        counts.get(Count.TRANSACTIONS),
        counts.get(Count.INSERTS)
            + counts.get(Count.UPDATES)
            + counts.get(Count.DELETES)
            + counts.get(Count.TRUNCATES)
            + counts.get(Count.MESSAGES),
        counts.get(Count.RECEIVED_BYTES),
        counts.get(Count.SENT_BYTES),
        counts.get(Count.WAIT_NANOS) / SECOND_NANOS,
        counts.get(Count.DECODE_NANOS) / SECOND_NANOS,
        counts.get(Count.SEND_NANOS) / SECOND_NANOS,
        moment(counts.lastSent(), now, nanos),
        moment(counts.lastAcknowledged(), now, nanos));
  }

  private static Optional<Instant> moment(long at, Instant now, long nanos) {
    return at == StreamCounts.NEVER ? Optional.empty() : Optional.of(now.minusNanos(nanos - at));
  }

  /** Those of all slots that this server has streamed. */
  public static List<StreamReport> all(Slots slots) {
    return slots.all().stream()
        .filter(slot -> slot.counts().get(Count.STARTS) > 0)
        .filter(slot -> !StreamOptions.isTail(slot.name())) // each has a name of its own
        .map(StreamReport::of)
        .toList();
  }

  private static StreamReport of(Slot slot) {
    Optional<SlotStream> stream = slot.stream();
    return new StreamReport(
        slot.name(),
        slot.counts(),
        stream.map(SlotStream::unacknowledged),
        stream.flatMap(SlotStream::silence));
  }
}
