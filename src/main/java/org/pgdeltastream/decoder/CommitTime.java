package org.pgdeltastream.decoder;

import java.time.DateTimeException;
import java.time.LocalDate;
import java.util.Arrays;

/** Reads the time of a commit where wal2json writes it, in ISO style and UTC. */
final class CommitTime {
  static final long UNKNOWN = Long.MIN_VALUE;

  private static final byte[] KEY = Wal2JsonDecoder.ascii("\"timestamp\":\"");
  private static final int FARTHEST = 96; // behind the longest xid and nextlsn
  private static final int LEAST = "2000-01-01 00:00:00".length();
  private static final long POSTGRES_EPOCH_DAY = LocalDate.of(2000, 1, 1).toEpochDay();
  private static final int MICROSECOND_DIGITS = 6;

  private CommitTime() {}

  /** Microseconds since 2000-01-01 in the head of this message; UNKNOWN if it has no time. */
  static long of(byte[] message, int start, int end) {
    int limit = Math.min(end - KEY.length - LEAST, start + FARTHEST);
    for (int at = start; at < limit; at++) {
      if (Arrays.equals(message, at, at + KEY.length, KEY, 0, KEY.length)) {
        return parse(message, at + KEY.length, end);
      }
    }
    return UNKNOWN;
  }

  private static long parse(byte[] text, int at, int end) {
    try {
      long day =
          LocalDate.of(number(text, at, 4), number(text, at + 5, 2), number(text, at + 8, 2))
              .toEpochDay();
      long hours = (day - POSTGRES_EPOCH_DAY) * 24 + number(text, at + 11, 2);
      long seconds = (hours * 60 + number(text, at + 14, 2)) * 60 + number(text, at + 17, 2);
      return seconds * 1_000_000 + fraction(text, at + LEAST, end);
    } catch (DateTimeException e) {
      return UNKNOWN;
    }
  }

  /** PostgreSQL leaves out zeros at the end of a fraction. */
  private static int fraction(byte[] text, int point, int end) {
    int micros = 0;
    int at = point;
    boolean inside = text[at] == '.';
    for (int digit = 0; digit < MICROSECOND_DIGITS; digit++) {
      inside = inside && ++at < end && text[at] >= '0' && text[at] <= '9';
      micros = micros * 10 + (inside ? text[at] - '0' : 0);
    }
    return micros;
  }

  private static int number(byte[] text, int from, int digits) {
    int value = 0;
    for (int at = from; at < from + digits; at++) {
      value = value * 10 + text[at] - '0';
    }
    return value;
  }
}
