package org.pgdeltastream.doctor;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.pgdeltastream.change.Shown;

/** Looks for what is wrong, by all its checks. */
public final class Doctor {
  private static final int MOST_OF_A_CHECK = 20;

  private final List<Check> checks;

  public Doctor(List<Check> checks) {
    this.checks = List.copyOf(checks);
  }

  /** What is found, the worst first. */
  public Examination examine(Facts facts, Instant at, Duration took) {
    List<Finding> findings = new ArrayList<>();
    List<String> passed = new ArrayList<>();
    List<Examination.Skipped> skipped = new ArrayList<>();
    for (Check check : checks) {
      Optional<String> why = check.skipped(facts);
      if (why.isPresent()) {
        skipped.add(new Examination.Skipped(check.id(), why.get()));
        continue;
      }
      List<Finding> found = check.findings().apply(facts);
      if (found.isEmpty()) {
        passed.add(check.id());
      }
      findings.addAll(shortened(found));
    }
    findings.sort(Comparator.comparing(Finding::severity).reversed());
    return new Examination(server(facts), at, took, findings, passed, skipped);
  }

  /** A database of thousands of tables is not listed. */
  private static List<Finding> shortened(List<Finding> found) {
    if (found.size() <= MOST_OF_A_CHECK) {
      return found;
    }
    List<Finding> some = new ArrayList<>(found.subList(0, MOST_OF_A_CHECK));
    Finding last = some.get(MOST_OF_A_CHECK - 1);
    int more = found.size() - MOST_OF_A_CHECK;
    some.add(
        new Finding(
            last.check(),
            last.severity(),
            more + " more",
            "The same is found " + more + " more times",
            Fix.of(last.fix().who(), "Do the same there")));
    return some;
  }

  private static String server(Facts facts) {
    return "PostgreSQL %s%s, database %s, role %s"
        .formatted(
            Shown.of(facts.server().version()),
            facts.server().standby() ? " (a standby)" : "",
            Shown.of(facts.server().database()),
            Shown.of(facts.role().name()));
  }
}
