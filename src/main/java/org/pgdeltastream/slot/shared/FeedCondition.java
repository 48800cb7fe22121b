package org.pgdeltastream.slot.shared;

import static java.lang.System.Logger.Level.INFO;

import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.delivery.CloseReason;
import org.pgdeltastream.journal.shared.SharedLog;
import org.pgdeltastream.slot.upstream.Refusal;

/** How a shared feed is on this server. For any thread. */
final class FeedCondition {
  private static final System.Logger LOG = System.getLogger(FeedCondition.class.getName());
  private static final int NEAR = 64; // records, of 512 KB at most

  private final AtomicBoolean gapAccepted = new AtomicBoolean();
  private volatile SharedState state = SharedState.FOLLOWING;
  private volatile String detail = "";
  private volatile Lsn written = Lsn.NONE; // as far as it was read here
  private volatile boolean isNear;
  private volatile long incarnation; // of what was read
  private volatile long term;

  /**
   * What was read of the log.
   *
   * @param ofIncarnation 0 for none; another one than that which lost something: it was accepted
   *     somewhere
   * @param behind how many records there are beyond; -1: not known
   */
  synchronized void follows(Lsn upTo, long ofIncarnation, long behind) {
    written = upTo;
    if (ofIncarnation != incarnation && ofIncarnation != 0) {
      isWell();
    }
    incarnation = ofIncarnation == 0 ? incarnation : ofIncarnation;
    isNear = behind >= 0 && behind <= NEAR;
    if (state == SharedState.WAITING_FOR_KAFKA) {
      state = SharedState.FOLLOWING;
    }
  }

  /** Somebody leads: nothing is lost, or it was accepted elsewhere. */
  synchronized void someoneLeads(long newTerm) {
    if (newTerm != term) {
      isWell();
    }
  }

  private void isWell() {
    if (isLost()) {
      gapAccepted.set(false);
      detail = "";
      state = SharedState.FOLLOWING;
    }
  }

  /** How far it was read here, of this incarnation. */
  synchronized Lsn written(long ofIncarnation) {
    return ofIncarnation == incarnation ? written : Lsn.NONE;
  }

  /** Of what was read; 0 if nothing was. */
  long incarnation() {
    return incarnation;
  }

  /** The log does not answer. */
  synchronized void isAway() {
    if (state == SharedState.FOLLOWING) {
      state = SharedState.WAITING_FOR_KAFKA;
    }
  }

  /**
   * The log cannot be read.
   *
   * @param isMissing it is not there: who leads finds out what that means
   */
  synchronized void cannotFollow(boolean isMissing) {
    isNear = isMissing;
    if (!isMissing) {
      isAway();
    } else if (state == SharedState.WAITING_FOR_KAFKA) { // it has answered
      state = SharedState.FOLLOWING;
    }
  }

  /** Who does not reach the log leaves the slot to those that do. */
  synchronized boolean mayLead() {
    return isNear && state != SharedState.WAITING_FOR_KAFKA;
  }

  synchronized void leads(long newTerm) {
    term = newTerm;
    gapAccepted.set(false); // of what was not lost
    detail = "";
    state = SharedState.LEADING;
  }

  synchronized void leadsNoMore() {
    if (state == SharedState.LEADING) {
      state = SharedState.FOLLOWING;
    }
  }

  /** The log lacks what PostgreSQL was told to forget. */
  synchronized Refusal lost(String log, Lsn end, Lsn confirmed) {
    detail =
        "%s ends at %s, but its slot is confirmed to %s: what lies between is lost"
            .formatted(log, end, confirmed);
    state = SharedState.JOURNAL_LOST;
    return new Refusal(CloseReason.POSITION_LOST, detail);
  }

  /** The log has what this PostgreSQL never had. */
  synchronized Refusal diverged(String log, Lsn end) {
    detail =
        "%s ends at %s, which this PostgreSQL never had: it was restored, or promoted too early"
            .formatted(log, end);
    state = SharedState.DIVERGED;
    return new Refusal(CloseReason.DIVERGED, detail);
  }

  /** Whether there is something to accept. */
  synchronized boolean acceptGap() {
    if (!isLost()) {
      return false;
    }
    LOG.log(INFO, "An operator accepts that " + detail);
    gapAccepted.set(true);
    return true;
  }

  private boolean isLost() {
    return state == SharedState.JOURNAL_LOST || state == SharedState.DIVERGED;
  }

  boolean isGapAccepted() {
    return gapAccepted.get();
  }

  boolean takeGapAccepted() {
    return gapAccepted.getAndSet(false);
  }

  SharedReport report(SharedLog log, Lsn durable) {
    SharedState now = state;
    return new SharedReport(
        now,
        detail,
        log.name(),
        now == SharedState.LEADING ? Optional.of(Long.toHexString(term)) : Optional.empty(),
        durable,
        isNear,
        log.warnings());
  }
}
