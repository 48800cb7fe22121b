package org.pgdeltastream.bench;

import java.nio.charset.StandardCharsets;

/** Counts server-sent events that have data, in a chunked body (RFC 9112, section 7.1) or not. */
final class EventCounter implements MessageCounter {
  private static final byte[] DATA = "\ndata: ".getBytes(StandardCharsets.US_ASCII);

  private long left; // bytes of the present chunk
  private long size; // of the next one, as far as it is read
  private boolean hasSize;
  private int matched; // bytes of DATA

  EventCounter(boolean isChunked) {
    left = isChunked ? 0 : Long.MAX_VALUE;
  }

  @Override
  public int take(byte[] bytes, int from, int to) {
    int count = 0;
    for (int i = from; i < to; i++) {
      if (left == 0) {
        header(bytes[i]);
        continue;
      }
      left--;
      byte next = bytes[i];
      matched = next == DATA[matched] ? matched + 1 : next == DATA[0] ? 1 : 0;
      if (matched == DATA.length) {
        matched = 0;
        count++;
      }
    }
    return count;
  }

  /** The line that ends a chunk's data is empty. */
  private void header(byte next) {
    int digit = Character.digit(next, 16);
    if (digit >= 0) {
      size = size << 4 | digit;
      hasSize = true;
    } else if (next == '\n' && hasSize) {
      left = size;
      size = 0;
      hasSize = false;
    }
  }
}
