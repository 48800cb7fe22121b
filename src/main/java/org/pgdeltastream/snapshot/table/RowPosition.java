package org.pgdeltastream.snapshot.table;

import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Where a row version lies: it stays there as long as the snapshot sees it, unless the table is
 * rewritten. Source: manual, "System Columns".
 *
 * @param table the number of the table itself, which may be a partition
 */
record RowPosition(long table, long block, int item) {
  private static final Pattern TEXT =
      Pattern.compile("([0-9]{1,10}) \\(([0-9]{1,10}),([0-9]{1,5})\\)");

  /** As {@code tableoid} and {@code ctid} are printed, with a space between. */
  static Optional<RowPosition> parse(String text) {
    Matcher parts = TEXT.matcher(text);
    return parts.matches()
        ? Optional.of(
            new RowPosition(
                Long.parseLong(parts.group(1)),
                Long.parseLong(parts.group(2)),
                Integer.parseInt(parts.group(3))))
        : Optional.empty();
  }

  /** A condition that only this row meets. */
  String sql() {
    return String.format(
        Locale.ROOT, "tableoid = '%d'::oid and ctid = '(%d,%d)'::tid", table, block, item);
  }

  @Override
  public String toString() {
    return String.format(Locale.ROOT, "%d (%d,%d)", table, block, item);
  }
}
