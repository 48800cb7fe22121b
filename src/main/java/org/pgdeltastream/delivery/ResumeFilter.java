package org.pgdeltastream.delivery;

import java.io.IOException;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.change.MessageOutput;

/**
 * Drops, whole, the transactions that a client has already: those up to the position that it gave,
 * and those that this connection was sent before PostgreSQL was lost. PostgreSQL is not asked to
 * start there, because a position inside a commit record would make it skip that transaction.
 */
public final class ResumeFilter implements MessageOutput {
  private final Subscription subscription;
  private final AckTracker acks;
  private final Lsn from;
  private final Lsn dropUpTo;
  private boolean dropping;

  /**
   * Filters for one connection to PostgreSQL.
   *
   * @param from the client's own position; acknowledges each end up to there as it passes
   */
  public ResumeFilter(Subscription subscription, AckTracker acks, Lsn from) {
    this.subscription = subscription;
    this.acks = acks;
    this.from = from;
    Lsn sent = acks.lastSent();
    this.dropUpTo = from.max(sent);
  }

  @Override
  public void begin(Lsn earliestEnd) {
    dropping = !earliestEnd.isAfter(dropUpTo);
    if (!dropping) {
      subscription.begin(earliestEnd);
    }
  }

  @Override
  public void part(byte[] bytes, int start, int length) throws IOException {
    if (!dropping) {
      subscription.part(bytes, start, length);
    }
  }

  @Override
  public void last(byte[] bytes, int start, int length, Lsn endLsn) throws IOException {
    if (!dropping) {
      subscription.last(bytes, start, length, endLsn);
    } else if (!endLsn.equals(Lsn.NONE)) { // else one of several messages of the transaction
      dropped(endLsn);
    }
  }

  @Override
  public void lastWithoutChanges(byte[] bytes, int start, int length, Lsn endLsn)
      throws IOException {
    if (dropping) {
      dropped(endLsn);
    } else {
      subscription.lastWithoutChanges(bytes, start, length, endLsn);
    }
  }

  private void dropped(Lsn endLsn) throws PositionException {
    dropping = false;
    subscription.dropped();
    if (endLsn.isAfter(dropUpTo)) { // the client's position lies inside it
      throw new PositionException(from);
    }
    if (!endLsn.isAfter(from)) {
      acks.passed(endLsn);
    }
  }
}
