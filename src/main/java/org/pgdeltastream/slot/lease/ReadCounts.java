package org.pgdeltastream.slot.lease;

import java.util.concurrent.atomic.AtomicLong;

/** How much was read under snapshots. For any thread. */
public final class ReadCounts {
  private final AtomicLong pages = new AtomicLong();
  private final AtomicLong pageBytes = new AtomicLong();
  private final AtomicLong tables = new AtomicLong();
  private final AtomicLong tableBytes = new AtomicLong();

  /** A page was read. */
  public void page(long bytes) {
    pages.getAndIncrement();
    pageBytes.getAndAdd(bytes);
  }

  /** A whole table, or a part of it, was sent, or as much as its client took. */
  public void table(long bytes) {
    tables.getAndIncrement();
    tableBytes.getAndAdd(bytes);
  }

  public long pages() {
    return pages.get();
  }

  public long pageBytes() {
    return pageBytes.get();
  }

  public long tables() {
    return tables.get();
  }

  public long tableBytes() {
    return tableBytes.get();
  }
}
