package org.pgdeltastream.feed.log;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;
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
  private int to; // there is always one

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

  /** The log begins there now. The last mark up to there is kept: what follows is told by it. */
  synchronized void dropBefore(long base) {
    while (from + 1 < to && ends[from + 1] <= base) {
      from++;
    }
  }

  /**
   * Where what ends after this position begins in the log, though that may be dropped; -1 if it is
   * not known any more.
   */
  synchronized long after(Lsn position) {
    if (Long.compareUnsigned(position.value(), firsts[from]) < 0) {
      return -1;
    }
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

  /** The last one up to there in the log; null if that is dropped. */
  synchronized @Nullable Mark before(long end) {
    int at = lastUpTo(end);
    return at < 0 ? null : new Mark(new Lsn(lasts[at]), ends[at]);
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
