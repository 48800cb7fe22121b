package org.pgdeltastream.snapshot;

import java.util.HashSet;
import java.util.Set;
import java.util.stream.LongStream;
import java.util.stream.Stream;

/**
 * Which transactions a snapshot sees, as {@code pg_current_snapshot()} prints it: {@code
 * 725:731:725,728}. Only transactions themselves are in it, no subtransactions; a prepared one is
 * in progress until it is committed. Source: manual, "Transaction ID and Snapshot Information
 * Functions".
 *
 * @param xmin all that are older have ended
 * @param xmax this one and all that are younger are not seen
 * @param inProgress those between that are not seen
 */
public record Visibility(long xmin, long xmax, Set<Long> inProgress) {
  public Visibility {
    inProgress = Set.copyOf(inProgress);
  }

  /** Reads what PostgreSQL prints. */
  static Visibility parse(String text) {
    String[] parts = text.split(":", -1);
    Set<Long> inProgress = new HashSet<>();
    Stream.of(parts[2].split(","))
        .filter(xid -> !xid.isEmpty())
        .map(Long::valueOf)
        .forEach(inProgress::add);
    return new Visibility(Long.parseLong(parts[0]), Long.parseLong(parts[1]), inProgress);
  }

  /** Whether the snapshot sees what this transaction has committed; its 32 bits of the stream. */
  public boolean sees(long xid) {
    long whole = xmax + (int) (xid - xmax); // the nearest with these bits
    return whole < xmax && !inProgress.contains(whole);
  }

  /** Those that it does not see, up to that one, by their 32 bits. */
  public LongStream unseen(int newest) {
    long beyond = Math.max(0, newest - (int) xmax + 1L);
    return LongStream.concat(
            inProgress.stream().mapToLong(Long::longValue), LongStream.range(xmax, xmax + beyond))
        .map(whole -> whole & 0xFFFF_FFFFL);
  }
}
