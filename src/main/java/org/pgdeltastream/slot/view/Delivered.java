package org.pgdeltastream.slot.view;

import java.util.Arrays;
import java.util.OptionalLong;
import org.pgdeltastream.snapshot.ViewRead;

/**
 * Which of the newest transactions a feed has sent. A commit that waits for a synchronous standby
 * is in the WAL, and sent, while no snapshot sees it. One thread adds, any asks.
 */
public final class Delivered {
  private static final int COUNT = 1 << 23; // a megabyte

  private long[] bits = {}; // in the monitor, as is what follows; by the last bits of the number
  private int newest;
  private OptionalLong since = OptionalLong.empty();

  /** Forgets all: nothing is known of transactions that began before now. */
  public synchronized void clear() {
    bits = new long[0];
    since = OptionalLong.empty();
  }

  /** It is sent now; 32 bits of its number. */
  public synchronized void add(int xid) {
    if (bits.length == 0) {
      bits = new long[COUNT / Long.SIZE];
      newest = xid - 1;
    }
    if (xid - newest >= COUNT) {
      Arrays.fill(bits, 0);
      newest = xid - 1;
    }
    while (newest - xid < 0) {
      newest++;
      bits[word(newest)] &= ~bit(newest);
    }
    if (newest - xid < COUNT) {
      bits[word(xid)] |= bit(xid);
    }
  }

  private static int word(int xid) {
    return (xid & COUNT - 1) / Long.SIZE;
  }

  private static long bit(int xid) {
    return 1L << xid; // of the last six bits
  }

  /** The first transaction that had not begun by now; only the first call counts. */
  synchronized void knownSince(long xid) {
    since = since.isPresent() ? since : OptionalLong.of(xid);
  }

  /** Those that were sent so far. */
  synchronized Sent sent() {
    return new Sent(bits.clone(), newest);
  }

  private synchronized boolean isBefore(int xid) {
    return since.isEmpty() || (int) since.getAsLong() - xid > 0;
  }

  /** Those that were sent at a moment. */
  final class Sent {
    private final long[] bits;
    private final int newest;

    private Sent(long[] bits, int newest) {
      this.bits = bits;
      this.newest = newest;
    }

    /**
     * A transaction that was sent, and that the snapshot does not see; its 32 bits. Where commits
     * may wait for a standby, also one that is too old to know whether it was sent, unless it is
     * prepared.
     */
    OptionalLong unseen(ViewRead.State snapshot) {
      int last = bits.length == 0 ? (int) snapshot.visible().xmax() - 1 : newest;
      return snapshot
          .visible()
          .unseen(last)
          .filter(
              xid ->
                  has((int) xid)
                      || (snapshot.isSynchronous()
                          && isUnknown((int) xid)
                          && !snapshot.prepared().contains(xid)))
          .findFirst();
    }

    private boolean has(int xid) {
      return isHeld(xid) && (bits[word(xid)] & bit(xid)) != 0;
    }

    private boolean isHeld(int xid) {
      return bits.length > 0 && newest - xid >= 0 && newest - xid < COUNT;
    }

    private boolean isUnknown(int xid) {
      return isBefore(xid) || (bits.length > 0 && newest - xid >= COUNT);
    }
  }
}
