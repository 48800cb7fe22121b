package org.pgdeltastream.delivery;

import java.util.Arrays;
import org.pgdeltastream.change.Lsn;

/**
 * What one connection was sent and what its client has acknowledged. Positions are the end LSNs of
 * transactions; they only grow. The reader's thread adds, the client's thread acknowledges, any
 * thread reads.
 */
public final class AckTracker {
  static final int CAPACITY = 65_536;
  private static final int FIRST_CAPACITY = 64;

  /** The effect of an acknowledgement. */
  public enum Verdict {
    ACCEPTED,
    /** At or below the acknowledged position, or above what this connection was sent. */
    IGNORED
  }

  private final int capacity;
  private long[] boundaries; // grows: most clients are at the end
  private long[] bytesSent;
  private long[] sentAt;
  private int size;
  private long lastWithChanges;
  private volatile Lsn acknowledged;
  private volatile long ignored;
  private volatile long bytesAcknowledged;
  private long acknowledgedSentAt;

  /** Starts at the slot's confirmed flush position. */
  public AckTracker(Lsn confirmedFlush) {
    this(confirmedFlush, CAPACITY);
  }

  AckTracker(Lsn confirmedFlush, int capacity) {
    acknowledged = confirmedFlush;
    this.capacity = capacity;
    boundaries = new long[Math.min(capacity, FIRST_CAPACITY)];
    bytesSent = new long[boundaries.length];
    sentAt = new long[boundaries.length];
  }

  /** The slot's confirmed flush position is known now; nothing was sent yet. */
  public synchronized void startAt(Lsn confirmedFlush) {
    if (confirmedFlush.isAfter(acknowledged)) {
      acknowledged = confirmedFlush;
    }
  }

  /**
   * A transaction's end is about to be sent: from now on the client may acknowledge it.
   *
   * @param bytes how many were sent to this client, this transaction's included
   * @param now when, by the clock of the sends
   */
  public synchronized void sending(Lsn endLsn, long bytes, long now) {
    lastWithChanges = endLsn.value();
    sendingWithoutChanges(endLsn, bytes, now);
  }

  /** The end of a transaction that is empty for this client is about to be sent. */
  synchronized void sendingWithoutChanges(Lsn endLsn, long bytes, long now) {
    if (size > 0 && Long.compareUnsigned(endLsn.value(), boundaries[size - 1]) <= 0) {
      return;
    }
    if (size == boundaries.length) {
      makeSpace();
    }
    boundaries[size] = endLsn.value();
    sentAt[size] = now;
    bytesSent[size++] = bytes;
  }

  /**
   * The client acknowledges up to here. Between two boundaries it counts as the lower one, because
   * PostgreSQL must never get a position that is not the end of a transaction sent here.
   */
  public synchronized Verdict acknowledge(Lsn lsn) {
    int at = lastAtOrBelow(lsn);
    boolean beyondSent = at == size - 1 && (size == 0 || lsn.isAfter(new Lsn(boundaries[at])));
    if (at < 0 || beyondSent || !new Lsn(boundaries[at]).isAfter(acknowledged)) {
      ignored++;
      return Verdict.IGNORED;
    }
    acknowledged = new Lsn(boundaries[at]);
    bytesAcknowledged = bytesSent[at];
    acknowledgedSentAt = sentAt[at];
    int left = size - at - 1;
    System.arraycopy(boundaries, at + 1, boundaries, 0, left);
    System.arraycopy(bytesSent, at + 1, bytesSent, 0, left);
    System.arraycopy(sentAt, at + 1, sentAt, 0, left);
    keepLast(left);
    return Verdict.ACCEPTED;
  }

  /** Acknowledges without a message now: the client did so before, or the slot is idle. */
  public synchronized void passed(Lsn endLsn) {
    sendingWithoutChanges(endLsn, size == 0 ? bytesAcknowledged : bytesSent[size - 1], 0);
    if (acknowledge(endLsn) == Verdict.IGNORED) {
      ignored--; // not an acknowledgement of the client's
    }
  }

  /** The newest end that was sent, or the acknowledged position if nothing was. */
  public synchronized Lsn lastSent() {
    return size == 0 ? acknowledged : new Lsn(boundaries[size - 1]);
  }

  /** All transactions with changes that were sent are acknowledged. */
  public synchronized boolean areChangesAcknowledged() {
    return Long.compareUnsigned(lastWithChanges, acknowledged.value()) <= 0;
  }

  /** The highest position that the client has acknowledged. */
  public Lsn acknowledged() {
    return acknowledged;
  }

  /** When what was acknowledged last was sent. */
  public synchronized long acknowledgedSentAt() {
    return acknowledgedSentAt;
  }

  /** How many transactions were sent and are not acknowledged; of very many a lower number. */
  public synchronized int unacknowledged() {
    return lastAtOrBelow(acknowledged) < 0 ? size : size - 1;
  }

  /** How many of the bytes sent are acknowledged. */
  public long bytesAcknowledged() {
    return bytesAcknowledged;
  }

  /** How many acknowledgements had no effect. */
  public long ignored() {
    return ignored;
  }

  /** Keeps the newest boundary even when it is acknowledged: later acknowledgements need it. */
  private void keepLast(int left) {
    size = left;
    if (left == 0) {
      boundaries[0] = acknowledged.value();
      bytesSent[0] = bytesAcknowledged;
      sentAt[0] = acknowledgedSentAt;
      size = 1;
    }
  }

  private int lastAtOrBelow(Lsn lsn) {
    int low = 0;
    int high = size - 1;
    while (low <= high) {
      int middle = (low + high) >>> 1;
      if (Long.compareUnsigned(boundaries[middle], lsn.value()) <= 0) {
        low = middle + 1;
      } else {
        high = middle - 1;
      }
    }
    return high;
  }

  private void makeSpace() {
    if (size < capacity) {
      int more = Math.min(capacity, 2 * size);
      boundaries = Arrays.copyOf(boundaries, more);
      bytesSent = Arrays.copyOf(bytesSent, more);
      sentAt = Arrays.copyOf(sentAt, more);
    } else {
      thinOut();
    }
  }

  /** Drops every second old boundary; an acknowledgement of one counts for the next lower one. */
  private void thinOut() {
    int kept = 0;
    for (int i = 1; i < size; i += 2) {
      boundaries[kept] = boundaries[i];
      sentAt[kept] = sentAt[i];
      bytesSent[kept++] = bytesSent[i];
    }
    size = kept;
  }
}
