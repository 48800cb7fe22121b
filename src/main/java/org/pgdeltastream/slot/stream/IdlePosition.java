package org.pgdeltastream.slot.stream;

import java.time.Duration;
import java.util.Optional;
import java.util.function.LongSupplier;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.delivery.AckTracker;

/**
 * Lets a slot move on while there is nothing for its client: other databases and tables write WAL
 * too. It offers the client an empty transaction to acknowledge, every ten seconds at most. If the
 * client leaves those unacknowledged, the server itself moves the slot on, once it would hold too
 * much WAL. For the reader's thread.
 */
final class IdlePosition {
  private static final long OFFER_NANOS = Duration.ofSeconds(10).toNanos();

  /** WAL that the server skipped by itself; a client may later give a position inside it. */
  @FunctionalInterface
  interface Jump {
    void jumped(Lsn after, Lsn upTo);
  }

  private final AckTracker acks;
  private final LongSupplier mostBytesHeld;
  private final Jump jump;
  private Lsn offered = Lsn.NONE;
  private long offeredAt;

  /**
   * Begins now.
   *
   * @param mostBytesHeld beyond which the slot is moved on for the client; 0: never
   */
  IdlePosition(AckTracker acks, LongSupplier mostBytesHeld, Jump jump, long now) {
    this.acks = acks;
    this.mostBytesHeld = mostBytesHeld;
    this.jump = jump;
    this.offeredAt = now;
  }

  /**
   * Nothing is left to send.
   *
   * @param walEnd up to where PostgreSQL has found nothing more for the client
   * @param from the client's own position
   * @return the end of an empty transaction to send now
   */
  Optional<Lsn> idle(Lsn walEnd, Lsn from, long now) {
    if (now - offeredAt < OFFER_NANOS) {
      return Optional.empty();
    }
    offeredAt = now;
    boolean isNews = walEnd.isAfter(from) && walEnd.isAfter(acks.lastSent());
    Lsn newest = isNews ? walEnd : acks.lastSent();
    moveOn(newest);
    offered = newest;
    return isNews ? Optional.of(walEnd) : Optional.empty();
  }

  /** The client had an offer for ten seconds and did not acknowledge it. */
  private void moveOn(Lsn newest) {
    Lsn acknowledged = acks.acknowledged();
    boolean left = offered.isAfter(acknowledged) && acks.areChangesAcknowledged();
    long held = newest.value() - acknowledged.value();
    long most = mostBytesHeld.getAsLong();
    if (most > 0 && left && held > most) {
      acks.passed(newest);
      jump.jumped(acknowledged, acks.acknowledged());
    }
  }
}
