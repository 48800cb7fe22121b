package org.pgdeltastream.feed;

import java.util.Arrays;
import org.pgdeltastream.change.Lsn;

/**
 * Ends of transactions, and where those stand in a {@link FrameLog}, in order. One thread adds; any
 * may ask.
 */
final class Marks {
  private long[] firsts = new long[16]; // positions in the WAL; the first mark is the log's start
  private long[] lasts = new long[16]; // later positions up to which nothing more came
  private long[] ends = new long[16]; // in the log
  private int from;
  private int to;

  Marks(Lsn start) {
    add(start, 0);
  }

  synchronized void add(Lsn position, long end) {
    if (to > from && ends[to - 1] == end) {
      lasts[to - 1] = position.value();
      return;
    }
    if (to == ends.length) {
      makeSpace();
    }
    firsts[to] = position.value();
    lasts[to] = position.value();
    ends[to++] = end;
  }

  private void makeSpace() {
    int count = to - from;
    int size = count < ends.length / 2 ? ends.length : 2 * count;
    firsts = Arrays.copyOf(Arrays.copyOfRange(firsts, from, to), size);
    lasts = Arrays.copyOf(Arrays.copyOfRange(lasts, from, to), size);
    ends = Arrays.copyOf(Arrays.copyOfRange(ends, from, to), size);
    from = 0;
    to = count;
  }

  /** The log begins there now: within a transaction that is longer, the last mark is kept. */
  synchronized void dropBefore(long base) {
    while (from + 1 < to && ends[from + 1] <= base) {
      from++;
    }
  }

  /** Whether the log has everything that ends after this position. */
  synchronized boolean covers(Lsn position) {
    return from < to && Long.compareUnsigned(position.value(), firsts[from]) >= 0;
  }

  /** Where what ends after this position begins in the log; only if that {@link #covers} it. */
  synchronized long after(Lsn position) {
    int low = from;
    int high = to - 1;
    while (low < high) {
      int middle = (low + high + 1) >>> 1;
      if (Long.compareUnsigned(firsts[middle], position.value()) <= 0) {
        low = middle;
      } else {
        high = middle - 1;
      }
    }
    return ends[low];
  }

  /** The last position up to which all stands before there in the log; NONE if that is dropped. */
  synchronized Lsn before(long end) {
    int at = lastUpTo(end);
    return at < 0 ? Lsn.NONE : new Lsn(lasts[at]);
  }

  /** Where {@link #before} stands in the log. */
  synchronized long endBefore(long end) {
    int at = lastUpTo(end);
    return at < 0 ? end : ends[at];
  }

  private int lastUpTo(long end) {
    int found = -1;
    int low = from;
    int high = to - 1;
    while (low <= high) {
      int middle = (low + high) >>> 1;
      if (ends[middle] <= end) {
        found = middle;
        low = middle + 1;
      } else {
        high = middle - 1;
      }
    }
    return found;
  }
}
