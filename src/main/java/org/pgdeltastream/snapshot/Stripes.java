package org.pgdeltastream.snapshot;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.pgdeltastream.change.TableRequest.Part;

/**
 * Cuts tables into stripes of neighbouring blocks and deals them out to the parts in turn. Where a
 * stripe begins never depends on how long the table is, because parts are read at different times
 * and the table may grow meanwhile; what the snapshot sees stays where it is.
 */
final class Stripes {
  static final long BLOCKS = 256; // 2 MB: many enough to share, long enough to read in one go
  private static final long BEHIND_ALL = 4_294_967_295L; // manual, "Database Limits"
  private static final int RANGE_SCAN = 14; // PostgreSQL's version that finds a range of blocks

  private Stripes() {}

  /**
   * The conditions whose rows, together, are the part's; an empty text stands for all rows. There
   * is always at least one.
   *
   * @param blocks how many the longest table of the family has now
   */
  static List<String> of(Part part, long blocks, int serverVersion) {
    if (part.equals(Part.WHOLE)) {
      return List.of("");
    }
    if (serverVersion < RANGE_SCAN) {
      return List.of(remainder(part));
    }
    List<String> conditions = new ArrayList<>();
    long start = (part.number() - 1) * BLOCKS;
    do {
      conditions.add(range(start, start + BLOCKS));
      start += part.of() * BLOCKS;
    } while (start < blocks);
    return conditions;
  }

  private static String range(long from, long to) {
    return String.format(
        Locale.ROOT,
        " where ctid >= '(%d,0)'::tid and ctid < '(%d,0)'::tid",
        Math.min(from, BEHIND_ALL),
        Math.min(to, BEHIND_ALL));
  }

  /** One pass over the whole table; its answer is the same as the ranges'. */
  private static String remainder(Part part) {
    return String.format(
        Locale.ROOT,
        " where pg_catalog.split_part(pg_catalog.translate(ctid::text, '(', ''), ',', 1)::bigint"
            + " / %d %% %d = %d",
        BLOCKS,
        part.of(),
        part.number() - 1);
  }
}
