package org.pgdeltastream.change;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A position in the write-ahead log, unsigned 64 bits; prints and sorts the way PostgreSQL does.
 *
 * <p>Source: PostgreSQL's manual, "pg_lsn Type".
 */
public record Lsn(long value) implements Comparable<Lsn> {
  /** 0/0, which PostgreSQL calls invalid: no position. */
  public static final Lsn NONE = new Lsn(0);

  private static final Pattern TEXT = Pattern.compile("([0-9A-Fa-f]{1,8})/([0-9A-Fa-f]{1,8})");

  /**
   * Reads two hex halves, {@code 16/3002D50}.
   *
   * @throws IllegalArgumentException if the text is anything else
   */
  public static Lsn parse(String text) {
    Matcher halves = TEXT.matcher(text);
    if (!halves.matches()) {
      throw new IllegalArgumentException("Not an LSN: " + Shown.of(text));
    }
    long high = Long.parseLong(halves.group(1), 16);
    long low = Long.parseLong(halves.group(2), 16);
    return new Lsn(high << 32 | low);
  }

  public boolean isAfter(Lsn other) {
    return compareTo(other) > 0;
  }

  /** The later one. */
  public Lsn max(Lsn other) {
    return isAfter(other) ? this : other;
  }

  @Override
  public int compareTo(Lsn other) {
    return Long.compareUnsigned(value, other.value);
  }

  @Override
  public String toString() {
    return String.format(Locale.ROOT, "%X/%X", value >>> 32, value & 0xFFFF_FFFFL);
  }
}
