package org.pgdeltastream.filter;

/**
 * Reads dates and times as PostgreSQL writes them in ISO style and UTC: {@code 2024-02-29}, {@code
 * 0044-03-15 12:00:00.5 BC}, {@code 2024-02-29 12:00:00+00}, {@code infinity}. Source: manual,
 * "Date/Time Output".
 */
final class TimeText {
  private static final long DAY_MICROS = 86_400_000_000L;
  private static final long DAYS_UNTIL_2000 = 10_957; // PostgreSQL's last years have no room else

  private TimeText() {}

  /** Days since 1970-01-01 in the Gregorian calendar, which PostgreSQL extends to all times. */
  static long days(byte[] source, int start, int length) {
    long infinite = infinite(source, start);
    return infinite == 0 ? read(source, start, length, false) : infinite;
  }

  /** Microseconds since 2000-01-01 00:00. */
  static long micros(byte[] source, int start, int length) {
    long infinite = infinite(source, start);
    return infinite == 0 ? read(source, start, length, true) : infinite;
  }

  private static long infinite(byte[] source, int start) {
    if (source[start] == 'i') {
      return Long.MAX_VALUE;
    }
    return source[start] == '-' ? Long.MIN_VALUE : 0;
  }

  private static long read(byte[] source, int start, int length, boolean withTime) {
    int end = start + length;
    boolean beforeChrist = source[end - 1] == 'C';
    int dash = start;
    while (source[dash] != '-') {
      dash++;
    }
    long year = digits(source, start, dash);
    long days =
        days(
            beforeChrist ? 1 - year : year,
            digits(source, dash + 1, dash + 3),
            digits(source, dash + 4, dash + 6));
    return withTime ? (days - DAYS_UNTIL_2000) * DAY_MICROS + time(source, dash + 7, end) : days;
  }

  /** {@code 12:00:00.5}, and what follows. */
  private static long time(byte[] source, int at, int end) {
    long seconds =
        digits(source, at, at + 2) * 3600
            + digits(source, at + 3, at + 5) * 60
            + digits(source, at + 6, at + 8);
    long micros = 0;
    int i = at + 8;
    if (i < end && source[i] == '.') {
      long unit = 100_000;
      for (i++; i < end && source[i] >= '0' && source[i] <= '9'; i++) {
        micros += (source[i] - '0') * unit;
        unit /= 10;
      }
    }
    return seconds * 1_000_000 + micros;
  }

  private static long digits(byte[] source, int from, int to) {
    long number = 0;
    for (int i = from; i < to; i++) {
      number = number * 10 + (source[i] - '0');
    }
    return number;
  }

  /** Years of 365 days, and the leap days before: a year begins in March, so these come last. */
  private static long days(long year, long month, long day) {
    long marchYear = month > 2 ? year : year - 1;
    long marchMonth = month > 2 ? month - 3 : month + 9;
    long leapDays =
        Math.floorDiv(marchYear, 4L)
            - Math.floorDiv(marchYear, 100L)
            + Math.floorDiv(marchYear, 400L);
    long ofMonths = (153 * marchMonth + 2) / 5; // 31, 30, 31, 30, 31, and again
    return marchYear * 365 + leapDays + ofMonths + day - 719_469;
  }
}
