package org.pgdeltastream.doctor.check;

import java.time.Duration;
import java.util.List;
import java.util.Locale;
import org.pgdeltastream.doctor.Finding;
import org.pgdeltastream.doctor.Finding.Severity;
import org.pgdeltastream.doctor.Fix;

/** Short ways to write findings and the numbers in them. */
final class Found {
  private Found() {}

  static List<Finding> nothing() {
    return List.of();
  }

  static List<Finding> error(String check, String subject, String message, Fix fix) {
    return List.of(new Finding(check, Severity.ERROR, subject, message, fix));
  }

  static List<Finding> warning(String check, String subject, String message, Fix fix) {
    return List.of(new Finding(check, Severity.WARNING, subject, message, fix));
  }

  static List<Finding> note(String check, String subject, String message, Fix fix) {
    return List.of(new Finding(check, Severity.INFO, subject, message, fix));
  }

  /** Such as {@code 12 MB}; PostgreSQL's units, 1 kB is 1024 bytes. */
  static String bytes(long bytes) {
    if (bytes < 1L << 20) {
      return (bytes >> 10) + " kB";
    }
    return bytes < 10L << 30
        ? (bytes >> 20) + " MB"
        : String.format(Locale.ROOT, "%d GB", bytes >> 30);
  }

  /** Such as {@code 90 s}, {@code 12 min}, {@code 5 h}. */
  static String time(Duration time) {
    if (time.toMinutes() < 2) {
      return time.toSeconds() + " s";
    }
    return time.toHours() < 2 ? time.toMinutes() + " min" : time.toHours() + " h";
  }
}
