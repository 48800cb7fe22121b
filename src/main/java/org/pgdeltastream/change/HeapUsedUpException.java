package org.pgdeltastream.change;

import java.io.IOException;

/** Something needs more of the {@link HeapBudget} than is free. */
public final class HeapUsedUpException extends IOException {
  private static final long serialVersionUID = 1L;

  private final boolean hopeless;

  HeapUsedUpException(long wanted, long size) {
    super(
        wanted > size
            ? megabytes(wanted) + " are more than pgdelta.heap-bytes, " + megabytes(size)
            : "others use what is left of pgdelta.heap-bytes");
    this.hopeless = wanted > size;
  }

  /** It needs more than the whole budget. */
  public boolean isHopeless() {
    return hopeless;
  }

  private static String megabytes(long bytes) {
    return (bytes >> 20) + " MB";
  }
}
