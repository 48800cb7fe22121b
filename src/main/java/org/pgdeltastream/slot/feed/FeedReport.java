package org.pgdeltastream.slot.feed;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.change.SlotName;
import org.pgdeltastream.delivery.CloseReason;
import org.pgdeltastream.delivery.StreamCounts;
import org.pgdeltastream.feed.FeedCounts;
import org.pgdeltastream.slot.shared.SharedReport;
import org.pgdeltastream.slot.upstream.KnownSlot;

/**
 * A feed as operators see it.
 *
 * @param state of its reader, in a word
 * @param position what ends up to here can be sent
 * @param oldest what ends after this can be sent again
 * @param subscribers how many clients follow it here
 * @param views how many different selections and formats they have
 * @param counts what it has done; goes on counting
 * @param journalBytes what its window takes in temporary files
 * @param shared where its log is one that several servers share
 * @param walEnd where PostgreSQL's WAL ends, as far as its walsender has said
 */
public record FeedReport(
    FeedDefinition definition,
    SlotName slotName,
    String state,
    Lsn position,
    Lsn oldest,
    int subscribers,
    int views,
    Lsn walEnd,
    List<String> warnings,
    Optional<Failure> lastFailure,
    FeedCounts counts,
    long journalBytes,
    Optional<SharedReport> shared) {
  public FeedReport {
    warnings = List.copyOf(warnings);
  }

  static FeedReport of(
      Feed feed,
      KnownSlot slot,
      FeedHead head,
      Optional<FeedRun> running,
      Optional<Failure> failure,
      Optional<SharedReport> shared) {
    List<String> warnings = new ArrayList<>(slot.warnings());
    head.journal().failure().ifPresent(warnings::add);
    shared.ifPresent(one -> warnings.addAll(one.warnings()));
    String idle = failure.isEmpty() ? "connecting" : "failed";
    return new FeedReport(
        feed.definition(),
        slot.name(),
        shared.map(one -> one.state().toString()).orElse(running.map(FeedRun::state).orElse(idle)),
        head.newest(),
        head.oldest(),
        feed.subscribers().size(),
        head.views(),
        running.map(one -> one.upstream().walEnd()).orElse(Lsn.NONE),
        warnings,
        failure,
        head.placement().counts,
        head.journal().bytes(),
        shared);
  }

  /** How often a subscriber was given something new. */
  public long writes() {
    return counts.writes();
  }

  /** Bytes of messages and their framing that subscribers were given. */
  public long sentBytes() {
    return counts.bytes();
  }

  /** Bytes of pgoutput's messages. */
  public long receivedBytes() {
    return counts.read().get(StreamCounts.Count.RECEIVED_BYTES);
  }

  /** How much WAL the window holds in PostgreSQL; none where another log has it. */
  public long heldBytes() {
    return shared.isPresent() ? 0 : Math.max(0, position.value() - oldest.value());
  }

  /** How much WAL is yet to be read. */
  public long lagBytes() {
    return Math.max(0, walEnd.max(position).value() - position.value());
  }

  /** Why its subscribers were last closed by us. */
  public record Failure(CloseReason reason, String detail, Instant at) {}
}
