package org.pgdeltastream.doctor;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;

/**
 * What the doctor says.
 *
 * @param server one line about PostgreSQL, safe to be shown
 * @param findings the worst first
 * @param passed checks that found nothing
 */
public record Examination(
    String server,
    Instant examined,
    Duration took,
    List<Finding> findings,
    List<String> passed,
    List<Skipped> skipped) {
  public Examination {
    findings = List.copyOf(findings);
    passed = List.copyOf(passed);
    skipped = List.copyOf(skipped);
  }

  /** A check that could not be made, and what it needs. */
  public record Skipped(String check, String why) {}

  /** {@code error}, {@code warning} or {@code ok}: the worst finding's. */
  public String status() {
    if (count(Finding.Severity.ERROR) > 0) {
      return "error";
    }
    return count(Finding.Severity.WARNING) > 0 ? "warning" : "ok";
  }

  public long count(Finding.Severity severity) {
    return findings.stream().filter(finding -> finding.severity() == severity).count();
  }

  /** Such as {@code 1 error, 2 warnings, 0 notes; 30 checks found nothing, 2 were skipped}. */
  public String counts() {
    return String.format(
        Locale.ROOT,
        "%s, %s, %s; %s found nothing, %d %s skipped",
        some(count(Finding.Severity.ERROR), "error"),
        some(count(Finding.Severity.WARNING), "warning"),
        some(count(Finding.Severity.INFO), "note"),
        some(passed.size(), "check"),
        skipped.size(),
        skipped.size() == 1 ? "was" : "were");
  }

  private static String some(long count, String what) {
    return count + " " + what + (count == 1 ? "" : "s");
  }
}
