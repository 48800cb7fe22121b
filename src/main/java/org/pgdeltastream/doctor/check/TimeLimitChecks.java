package org.pgdeltastream.doctor.check;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import org.pgdeltastream.change.Shown;
import org.pgdeltastream.doctor.Check;
import org.pgdeltastream.doctor.Facts;
import org.pgdeltastream.doctor.Finding;
import org.pgdeltastream.doctor.Fix;
import org.pgdeltastream.doctor.Fix.Who;

/** PostgreSQL's time limits. Source: manual, "Sending Servers", "Client Connection Defaults". */
final class TimeLimitChecks {
  private static final String SENDER = "wal_sender_timeout";
  private static final long LEAST_MILLIS = 10_000;

  private TimeLimitChecks() {}

  static List<Check> all() {
    return List.of(
        Check.of("sender_timeout", TimeLimitChecks::sender),
        Check.of("role_timeouts", TimeLimitChecks::ofRole));
  }

  private static List<Finding> sender(Facts facts) {
    OptionalLong millis = facts.settings().millis(SENDER);
    boolean ourOwn = facts.settings().isOverridden(SENDER); // our sessions set it again
    if (millis.isEmpty() || ourOwn || millis.getAsLong() >= LEAST_MILLIS) {
      return Found.nothing();
    }
    return Found.warning(
        "sender_timeout",
        SENDER,
        millis.getAsLong() == 0
            ? "wal_sender_timeout is 0: a slot stays in use after its reader's network has died"
            : "wal_sender_timeout is %d ms: PostgreSQL may end the stream of a slow client"
                .formatted(millis.getAsLong()),
        Fix.setting(
            facts,
            "Set wal_sender_timeout = 60s",
            false,
            "ALTER SYSTEM SET wal_sender_timeout = '60s'",
            "SELECT pg_reload_conf()"));
  }

  private static List<Finding> ofRole(Facts facts) {
    List<Finding> findings = new ArrayList<>();
    for (String setting : facts.role().overrides()) {
      findings.addAll(
          Found.note(
              "role_timeouts",
              Shown.of(setting.replaceFirst("=.*", "")),
              "The role or the database has "
                  + Shown.of(setting)
                  + ": our sessions set it again, which a pooler between may forbid",
              Fix.of(Who.SUPERUSER, "Nothing, unless sessions are ended")));
    }
    return findings;
  }
}
