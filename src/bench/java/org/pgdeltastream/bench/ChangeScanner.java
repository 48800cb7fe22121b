package org.pgdeltastream.bench;

import java.io.IOException;
import java.util.Arrays;
import java.util.function.LongConsumer;

/** Counts the changes in JSON that comes piece by piece, and checks the order of their ids. */
final class ChangeScanner {
  private final byte[] mark;
  private final int[] skip = new int[256];
  private final long[] lanes;
  private final LongConsumer ids;
  private int changes;

  /**
   * Begins.
   *
   * @param mark what stands before each change's id, and nowhere else
   * @param lanes see {@link Workload}
   * @param ids is told each
   */
  ChangeScanner(String mark, int lanes, LongConsumer ids) {
    this.mark = DrainClient.ascii(mark);
    this.lanes = new long[lanes];
    this.ids = ids;
    Arrays.fill(skip, mark.length());
    for (int i = 0; i < mark.length() - 1; i++) {
      skip[this.mark[i]] = mark.length() - 1 - i;
    }
  }

  int changes() {
    return changes;
  }

  /**
   * Looks at a piece, by Horspool's algorithm.
   *
   * @return up to where it is done; the rest is wanted again in front of the next piece
   */
  int scan(byte[] text, int from, int to) throws IOException {
    int last = mark.length - 1;
    int at = from + last;
    while (at < to) {
      byte found = text[at];
      if (found != mark[last] || !Arrays.equals(text, at - last, at, mark, 0, last)) {
        at += skip[found & 0xFF];
        continue;
      }
      int end = at + 1;
      long value = 0;
      while (end < to && text[end] >= '0' && text[end] <= '9') {
        value = value * 10 + text[end++] - '0';
      }
      if (end == to) {
        break; // the number may go on
      }
      found(value);
      at = end + last;
    }
    return Math.min(at - last, to);
  }

  private void found(long value) throws IOException {
    changes++;
    ids.accept(value);
    if (lanes.length > 0) {
      int lane = (int) (value % lanes.length);
      if (value / lanes.length != lanes[lane]++) {
        throw new IOException("id " + value + " is not the next one of lane " + lane);
      }
    }
  }
}
