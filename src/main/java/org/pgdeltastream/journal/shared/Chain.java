package org.pgdeltastream.journal.shared;

import org.pgdeltastream.change.Lsn;

/**
 * Decides which records a reader takes. A record is new if it begins at or before what the reader
 * has, and ends behind that. With this rule each transaction is taken once and in order, and a
 * missing one is found, whoever writes: also a leader that does not know that it is none any more.
 *
 * <p>A writer's own records follow each other without a gap, and a writer begins at or before what
 * the log had when it looked; so before a transaction's first occurrence stand all earlier ones.
 */
public final class Chain {
  /** What to do with a record. */
  public enum Verdict {
    /** To take. */
    NEW,
    /** To take; of a transaction whose parts were taken, the rest does not come. */
    INSTEAD,
    /** To leave: what it holds was taken. */
    KNOWN,
    /** What stands before it is missing: {@link Chain#startAt} where it begins, to go on. */
    HOLE
  }

  private Lsn max = Lsn.NONE;
  private long incarnation;
  private boolean isOpen; // parts were taken of a transaction that has not ended
  private long openTerm;
  private int nextPart;

  /** All that ends up to here was taken, or is not wanted. */
  public void startAt(Lsn position, long ofIncarnation) {
    max = position;
    incarnation = ofIncarnation;
    isOpen = false;
  }

  /** All that ends up to here was taken. */
  public Lsn max() {
    return max;
  }

  /** Of what was taken. */
  public long incarnation() {
    return incarnation;
  }

  /** Whether what was taken last is a part, and the rest is to come. */
  public boolean isOpen() {
    return isOpen;
  }

  public Verdict take(RecordHeader next) {
    if (next.incarnation() != incarnation) {
      return Verdict.HOLE;
    }
    if (next.kind().continues()) {
      return takePart(next);
    }
    if (next.prev().isAfter(max)) {
      return Verdict.HOLE;
    }
    boolean isFirst = next.kind() == RecordKind.FIRST;
    if (isFirst ? max.isAfter(next.end()) : !next.end().isAfter(max)) {
      return Verdict.KNOWN; // one may end where the next one's commit record begins
    }
    Verdict verdict = isOpen ? Verdict.INSTEAD : Verdict.NEW;
    isOpen = isFirst;
    openTerm = next.term();
    nextPart = 1;
    if (!isFirst) {
      max = next.end();
    }
    return verdict;
  }

  /** One of another term, or of a transaction that was taken, has its beginning elsewhere. */
  private Verdict takePart(RecordHeader next) {
    if (!isOpen || next.term() != openTerm) {
      return Verdict.KNOWN;
    }
    if (next.part() != nextPart) {
      return next.part() < nextPart ? Verdict.KNOWN : Verdict.HOLE;
    }
    nextPart++;
    if (next.kind() == RecordKind.LAST) {
      isOpen = false;
      max = next.end();
    }
    return Verdict.NEW;
  }
}
