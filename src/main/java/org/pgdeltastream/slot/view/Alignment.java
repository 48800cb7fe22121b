package org.pgdeltastream.slot.view;

import java.time.Duration;
import java.util.OptionalLong;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.change.Problem;
import org.pgdeltastream.change.ProblemException;
import org.pgdeltastream.snapshot.ViewRead;

/**
 * Where a feed was when a snapshot was asked for, and what it had sent by then. Of what it sends
 * later each snapshot says what it does not see. For one thread.
 */
final class Alignment {
  private static final long BLOCKED_NANOS = Duration.ofSeconds(10).toNanos();

  private final Lsn start;
  private final Delivered.Sent sent;
  private final long since = System.nanoTime();

  Alignment(SpoolSource feed, Delivered delivered) {
    this.start = feed.head(); // first: what was sent by then is among what was sent
    this.sent = delivered.sent();
  }

  Lsn start() {
    return start;
  }

  /**
   * Whether a snapshot sees all that was sent; else a later one may.
   *
   * @throws ProblemException BLOCKED_BY_UNACKNOWLEDGED_COMMIT if none does for ten seconds
   */
  boolean isSeen(ViewRead.State state) {
    OptionalLong blocker = sent.unseen(state);
    if (blocker.isPresent() && System.nanoTime() - since > BLOCKED_NANOS) {
      throw new ProblemException(
          Problem.BLOCKED_BY_UNACKNOWLEDGED_COMMIT,
          "Transaction %d is in the feed, and waits for a synchronous standby: no snapshot sees it"
              .formatted(blocker.getAsLong()),
          "See to that standby, or to synchronous_standby_names; then ask again");
    }
    return blocker.isEmpty();
  }
}
