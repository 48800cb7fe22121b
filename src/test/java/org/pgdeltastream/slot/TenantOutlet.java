package org.pgdeltastream.slot;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.util.Arrays;
import org.pgdeltastream.delivery.CloseReason;
import org.pgdeltastream.feed.Outlet;

/** Takes all, keeps nothing, and counts whose values came: {@code m~07~} is tenant 7's. */
final class TenantOutlet implements Outlet {
  static final int TENANTS = 100;

  private static final byte[] BEGIN = {'m', '~'};
  private static final int LENGTH = BEGIN.length + 3;
  private static final byte[] LAST = "the last".getBytes(ISO_8859_1);

  private final long[] counts = new long[TENANTS]; // in the monitor
  private byte[] rest = {}; // of the piece before
  private boolean hasLast;

  /** How many values of a tenant came. */
  synchronized long count(int tenant) {
    return counts[tenant];
  }

  /** How many values of all others came. */
  synchronized long others(int tenant) {
    return Arrays.stream(counts).sum() - counts[tenant];
  }

  synchronized boolean hasLast() {
    return hasLast;
  }

  @Override
  public boolean isReady() {
    return true;
  }

  @Override
  public synchronized void write(byte[] bytes, int start, int length) {
    byte[] all = Arrays.copyOf(rest, rest.length + length);
    System.arraycopy(bytes, start, all, rest.length, length);
    int at = 0;
    for (; at + LENGTH <= all.length; at++) {
      if (all[at] == BEGIN[0] && all[at + 1] == BEGIN[1] && all[at + 4] == BEGIN[1]) {
        counts[10 * (all[at + 2] - '0') + all[at + 3] - '0']++;
      } else if (all[at] == LAST[0] && at + LAST.length <= all.length) {
        hasLast |= Arrays.equals(all, at, at + LAST.length, LAST, 0, LAST.length);
      }
    }
    rest = Arrays.copyOfRange(all, Math.max(0, Math.min(at, all.length)), all.length);
  }

  @Override
  public void flush() {}

  @Override
  public void ping() {}

  @Override
  public boolean isAnswered() {
    return false;
  }

  @Override
  public boolean end(CloseReason reason, String detail) {
    return true;
  }

  @Override
  public void cut() {}
}
