package org.pgdeltastream.slot.board;

import java.time.Duration;
import java.util.Optional;
import org.pgdeltastream.change.SlotName;
import org.pgdeltastream.delivery.StreamCounts;
import org.pgdeltastream.slot.stream.Slot;
import org.pgdeltastream.slot.stream.SlotReport;
import org.pgdeltastream.slot.stream.SlotStream;

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
  public static StreamReport of(Slot slot) {
    Optional<SlotStream> stream = slot.stream();
    return new StreamReport(
        slot.name(),
        slot.counts(),
        stream.map(SlotStream::unacknowledged),
        stream.flatMap(SlotStream::silence));
  }
}
