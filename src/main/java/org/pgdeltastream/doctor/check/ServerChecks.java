package org.pgdeltastream.doctor.check;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.pgdeltastream.change.Shown;
import org.pgdeltastream.doctor.Check;
import org.pgdeltastream.doctor.Facts;
import org.pgdeltastream.doctor.Facts.Identity;
import org.pgdeltastream.doctor.Facts.Part;
import org.pgdeltastream.doctor.Finding;
import org.pgdeltastream.doctor.Fix;
import org.pgdeltastream.doctor.Fix.Who;
import org.pgdeltastream.doctor.Provider;
import org.pgdeltastream.doctor.SqlText;

/** Which PostgreSQL it is, how it is reached, and how it is set up. */
final class ServerChecks {
  private static final int OLDEST = 10;
  private static final Duration CLOCK = Duration.ofSeconds(1);
  private static final List<Integer> OLDEST_DRIVER = List.of(42, 7, 6);

  private ServerChecks() {}

  static List<Check> all() {
    return List.of(
        Check.of("version", ServerChecks::version),
        Check.of("pooler", ServerChecks::pooler),
        Check.of("one_server", Part.REPLICATION, ServerChecks::oneServer),
        Check.of("wal_level", ServerChecks::walLevel),
        Check.of("plugin_allowed", ServerChecks::pluginAllowed),
        Check.of("read_only", ServerChecks::readOnly),
        Check.of("durability", ServerChecks::durability),
        Check.of("clock", ServerChecks::clock),
        Check.of("driver", ServerChecks::driver),
        Check.of("open_access", ServerChecks::openAccess));
  }

  private static List<Finding> version(Facts facts) {
    int major = facts.server().major();
    String subject = "PostgreSQL " + major;
    Fix fix = Fix.of(Who.ADMINISTRATOR, "Upgrade PostgreSQL");
    if (major < OLDEST) {
      return Found.error("version", subject, subject + " cannot be streamed from: 10 can", fix);
    }
    List<String> lacks = new ArrayList<>();
    if (major < 13) {
      lacks.add("no limit for the WAL that slots keep (13)");
    }
    if (major < 15) {
      lacks.add("no row filters and column lists of publications (15)");
    }
    if (major < 16) {
      lacks.add("no slots on standbys (16)");
    }
    if (major < 17) {
      lacks.add("no slots that a standby takes over (17)");
    }
    return lacks.isEmpty()
        ? Found.nothing()
        : Found.note("version", subject, subject + " has " + String.join(", ", lacks), fix);
  }

  private static List<Finding> pooler(Facts facts) {
    return facts.server().pooled()
        ? Found.error(
            "pooler",
            "the connection",
            "Another process answers than the one that let us in: a connection pooler, such as"
                + " PgBouncer, stands between",
            Fix.of(Who.OPERATOR, "Name PostgreSQL's own host and port: replication is not pooled"))
        : Found.nothing();
  }

  private static List<Finding> oneServer(Facts facts) {
    Identity ordinary = facts.server().identity();
    Optional<Identity> other = facts.server().ofReplication();
    if (other.isEmpty() || other.get().equals(ordinary)) {
      return Found.nothing();
    }
    boolean sameData = other.get().system().equals(ordinary.system());
    return Found.error(
        "one_server",
        "the host name",
        sameData
            ? "Two connections meet two instances of the same database, such as a primary and a"
                + " standby: a load balancer or a reader endpoint stands between"
            : "Two connections meet two PostgreSQL servers with different data",
        Fix.of(Who.OPERATOR, "Name one instance, the primary"));
  }

  private static List<Finding> walLevel(Facts facts) {
    Optional<String> effective = facts.settings().text("effective_wal_level");
    String level = effective.or(() -> facts.settings().text("wal_level")).orElse("");
    if (level.equals("logical")) {
      return Found.nothing();
    }
    String what =
        switch (Provider.of(facts.settings())) {
          case NONE -> "Set wal_level = logical";
          case RDS -> "Set rds.logical_replication = 1";
          case CLOUD_SQL -> "Set cloudsql.logical_decoding = on";
          case AZURE -> "Set wal_level = LOGICAL";
        };
    return Found.error(
        "wal_level",
        "wal_level",
        "wal_level is " + Shown.of(level) + ": PostgreSQL decodes no changes",
        Fix.setting(facts, what, true, "ALTER SYSTEM SET wal_level = logical"));
  }

  private static List<Finding> pluginAllowed(Facts facts) {
    Optional<String> allowed = facts.settings().text("output_plugin_libraries");
    if (allowed.isEmpty() || allowed.get().isBlank() || allowed.get().equals("*")) {
      return Found.nothing();
    }
    List<String> names = List.of(allowed.get().replace("\"", "").strip().split("\\s*,\\s*"));
    String subject = "output_plugin_libraries";
    Fix fix =
        Fix.setting(
            facts,
            "Allow the plugin",
            false,
            "ALTER SYSTEM SET output_plugin_libraries = 'pgoutput', 'test_decoding', 'wal2json'",
            "SELECT pg_reload_conf()");
    if (!names.contains("pgoutput")) {
      return Found.error(
          "plugin_allowed", subject, "PostgreSQL does not allow the plugin pgoutput", fix);
    }
    return names.contains("wal2json")
        ? Found.nothing()
        : Found.note(
            "plugin_allowed", subject, "PostgreSQL does not allow the plugin wal2json", fix);
  }

  private static List<Finding> readOnly(Facts facts) {
    boolean readOnly = facts.settings().is("default_transaction_read_only", "on");
    if (!readOnly || facts.server().standby()) {
      return Found.nothing();
    }
    return Found.warning(
        "read_only",
        "default_transaction_read_only",
        "PostgreSQL takes no writes from our role: the server cannot make publications",
        Fix.of(
            Who.SUPERUSER,
            "Let the role write",
            "ALTER ROLE "
                + SqlText.name(facts.role().name())
                + " SET default_transaction_read_only = off"));
  }

  private static List<Finding> durability(Facts facts) {
    List<Finding> findings = new ArrayList<>();
    for (String name : List.of("fsync", "full_page_writes", "synchronous_commit")) {
      if (facts.settings().is(name, "off")) {
        findings.addAll(
            Found.warning(
                "durability",
                name,
                name
                    + " is off: after a crash PostgreSQL may lack what clients have already been"
                    + " sent",
                Fix.setting(
                    facts,
                    "Set " + name + " = on",
                    false,
                    "ALTER SYSTEM SET " + name + " = on",
                    "SELECT pg_reload_conf()")));
      }
    }
    return findings;
  }

  private static List<Finding> clock(Facts facts) {
    Duration ahead = facts.server().clockAhead();
    return ahead.abs().compareTo(CLOCK) <= 0
        ? Found.nothing()
        : Found.note(
            "clock",
            "the clocks",
            "PostgreSQL's clock is %d ms %s this machine's: delays are shown wrong by that"
                .formatted(ahead.abs().toMillis(), ahead.isNegative() ? "behind" : "ahead of"),
            Fix.of(Who.ADMINISTRATOR, "Let both machines take the time from the network (NTP)"));
  }

  private static List<Finding> driver(Facts facts) {
    String version = facts.server().driver();
    return isOld(version)
        ? Found.warning(
            "driver",
            "PostgreSQL's JDBC driver",
            "The driver is " + Shown.of(version) + ", older than 42.7.6",
            Fix.of(Who.OPERATOR, "Give the application server a newer driver"))
        : Found.nothing();
  }

  private static boolean isOld(String version) {
    String[] parts = version.split("[^0-9]+", -1);
    for (int i = 0; i < OLDEST_DRIVER.size(); i++) {
      if (i >= parts.length || !parts[i].matches("[0-9]{1,6}")) {
        return false; // not a version as we know them
      }
      int difference = Integer.parseInt(parts[i]) - OLDEST_DRIVER.get(i);
      if (difference != 0) {
        return difference < 0;
      }
    }
    return false;
  }

  private static List<Finding> openAccess(Facts facts) {
    return facts.wants().open()
        ? Found.warning(
            "open_access",
            "pgdelta.open",
            "pgdelta.open is on: whoever reaches this server reads all tables and drops slots",
            Fix.of(Who.OPERATOR, "Set pgdelta.tokens and leave pgdelta.open out"))
        : Found.nothing();
  }
}
