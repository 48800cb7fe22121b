package org.pgdeltastream.slot.lease;

import java.io.IOException;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.locks.LockSupport;
import org.pgdeltastream.change.HeapShare;
import org.pgdeltastream.change.HeapUsedUpException;
import org.pgdeltastream.change.Problem;
import org.pgdeltastream.change.ProblemException;
import org.pgdeltastream.slot.database.Problems;

/**
 * A page in memory, up to a bound, until it is known to be right and is written. In pieces as they
 * came: one array would be copied each time it grows.
 */
public final class PageBytes extends OutputStream {
  private static final long LEAST_NANOS = 100_000_000;
  private static final long MOST_NANOS = 2_000_000_000;
  private static final long PAUSE_NANOS = 2_000_000;

  private final List<byte[]> pieces = new ArrayList<>();
  private final int limit;
  private final HeapShare heap;
  private int size;

  public PageBytes(int limit, HeapShare heap) {
    this.limit = limit;
    this.heap = heap;
  }

  public int size() {
    return size;
  }

  public void writeTo(OutputStream out) throws IOException {
    for (byte[] piece : pieces) {
      out.write(piece);
    }
  }

  @Override
  public void write(int one) {
    write(new byte[] {(byte) one}, 0, 1);
  }

  @Override
  public void write(byte[] source, int start, int length) {
    if (length > limit - size) {
      throw new ProblemException(
          Problem.PAYLOAD_TOO_LARGE,
          "The page is larger than " + limit + " bytes",
          "Ask for fewer rows, or raise pgdelta.snapshot-page-bytes");
    }
    hold(size + length);
    pieces.add(Arrays.copyOfRange(source, start, start + length));
    size += length;
  }

  /** Waits a moment where the heap has no space, each page differently, so that not all give up. */
  private void hold(int bytes) {
    if (heap.tryHold(bytes)) {
      return;
    }
    long deadline =
        System.nanoTime() + ThreadLocalRandom.current().nextLong(LEAST_NANOS, MOST_NANOS);
    try {
      while (!heap.tryHold(bytes)) {
        if (heap.isHopeless(bytes) || System.nanoTime() - deadline > 0) {
          heap.hold(bytes);
        }
        LockSupport.parkNanos(PAUSE_NANOS);
      }
    } catch (HeapUsedUpException e) {
      close(); // before the query is ended, which takes a while: others need it
      throw Problems.of(e);
    }
  }

  /** Gives its memory back. */
  @Override
  public void close() {
    pieces.clear();
    heap.close();
  }
}
