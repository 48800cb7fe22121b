package org.pgdeltastream.slot.shared;

import static java.lang.System.Logger.Level.WARNING;

import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.change.Shown;
import org.pgdeltastream.feed.log.FeedPosition;
import org.pgdeltastream.journal.shared.LogEnd;
import org.pgdeltastream.journal.shared.RecordHeader;
import org.pgdeltastream.journal.shared.RecordKind;
import org.pgdeltastream.replication.wal.ServerIdentity;
import org.pgdeltastream.slot.upstream.Refusal;

/** Where a leader goes on: compares the log's end with what PostgreSQL was told to forget. */
record LogStart(FeedCondition condition, String log, LogEnd end, ServerIdentity server) {
  private static final System.Logger LOG = System.getLogger(LogStart.class.getName());

  /**
   * The first record of a term.
   *
   * @param confirmed what ends up to here PostgreSQL does not send again
   * @param written up to where it has WAL; empty for a standby
   * @throws Refusal if the log lacks something, or has what PostgreSQL has not, and no operator has
   *     accepted that
   */
  RecordHeader term(Lsn confirmed, Optional<Lsn> written) throws Refusal {
    Optional<Refusal> why = refusal(confirmed, written);
    if (why.isPresent()) {
      if (!condition.takeGapAccepted()) {
        throw why.get();
      }
      return term(confirmed, random());
    }
    if (confirmed.isAfter(end.committed())) {
      LOG.log(
          WARNING,
          "{0}: readers of committed records alone may miss or repeat what lies between {1} and {2}",
          log,
          end.committed(),
          confirmed);
    }
    long incarnation =
        end.last()
            .map(RecordHeader::incarnation)
            .orElseGet(() -> condition.incarnation() == 0 ? random() : condition.incarnation());
    return term(end.committed().max(confirmed), incarnation);
  }

  private Optional<Refusal> refusal(Lsn confirmed, Optional<Lsn> written) {
    boolean isEmpty = end.last().isEmpty();
    if (isEmpty ? !end.wasEmptied() : confirmed.isAfter(end.written())) {
      return Optional.of(condition.lost(log, end.written(), confirmed));
    }
    if (!isEmpty && hasDiverged(end.last().get().timeline(), written)) {
      return Optional.of(condition.diverged(log, written()));
    }
    return Optional.empty();
  }

  /** Who reads all knows more than the end shows, where copies of what is older stand last. */
  private Lsn written() {
    long incarnation = end.last().map(RecordHeader::incarnation).orElse(0L);
    return end.written().max(condition.written(incarnation));
  }

  /** What the log has beyond a switch of timelines, this PostgreSQL has not. */
  private boolean hasDiverged(int timeline, Optional<Lsn> written) {
    FeedPosition.Stamp then = stamp(timeline);
    boolean isShorter = written.filter(written()::isAfter).isPresent();
    return isShorter
        || then.at(written()).mismatch(stamp(server.timeline()), server.ancestors()).isPresent();
  }

  private FeedPosition.Stamp stamp(int timeline) {
    return FeedPosition.Stamp.of(server.systemId(), server.database(), timeline);
  }

  private RecordHeader term(Lsn from, long incarnation) {
    return new RecordHeader(
        RecordKind.TERM, 0, from, from, random(), incarnation, server.timeline());
  }

  private static long random() {
    return ThreadLocalRandom.current().nextLong();
  }

  /** Who leads since when, for those who look into the topic. */
  byte[] text(RecordHeader term, String node, Lsn confirmed) {
    return "node=%s term=%x system=%s timeline=%d confirmed=%s start=%s"
        .formatted(
            Shown.of(node), term.term(), server.systemId(), term.timeline(), confirmed, term.end())
        .getBytes(StandardCharsets.UTF_8);
  }
}
