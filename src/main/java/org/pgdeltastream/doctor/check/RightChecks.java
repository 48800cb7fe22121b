package org.pgdeltastream.doctor.check;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.pgdeltastream.change.Shown;
import org.pgdeltastream.doctor.Check;
import org.pgdeltastream.doctor.Facts;
import org.pgdeltastream.doctor.Facts.Part;
import org.pgdeltastream.doctor.Facts.Role;
import org.pgdeltastream.doctor.Facts.Table;
import org.pgdeltastream.doctor.Finding;
import org.pgdeltastream.doctor.Finding.Severity;
import org.pgdeltastream.doctor.Fix;
import org.pgdeltastream.doctor.Fix.Who;
import org.pgdeltastream.doctor.Provider;
import org.pgdeltastream.doctor.SqlText;

/** What the role may do. */
final class RightChecks {
  private RightChecks() {}

  static List<Check> all() {
    return List.of(
        Check.of("replication_right", RightChecks::replicates),
        Check.of("may_publish", RightChecks::publishes),
        Check.of("tables_owned", Part.TABLES, RightChecks::owns),
        Check.of("not_readable", Part.TABLES, RightChecks::reads),
        Check.of("row_security", Part.TABLES, RightChecks::seesAllRows));
  }

  private static List<Finding> replicates(Facts facts) {
    Role role = facts.role();
    if (role.superuser() || role.replicates()) {
      return Found.nothing();
    }
    String name = SqlText.name(role.name());
    String sql =
        Provider.of(facts.settings()) == Provider.RDS
            ? "GRANT rds_replication TO " + name
            : "ALTER ROLE " + name + " REPLICATION";
    return Found.error(
        "replication_right",
        subject(facts),
        "The role may not replicate: it can neither make slots nor stream",
        Fix.of(Who.SUPERUSER, "Give it the right", sql));
  }

  private static List<Finding> publishes(Facts facts) {
    Role role = facts.role();
    if (role.superuser() || role.creates()) {
      return Found.nothing();
    }
    return List.of(
        new Finding(
            "may_publish",
            facts.wants().publications().isEmpty() ? Severity.ERROR : Severity.INFO,
            subject(facts),
            "The role may not make publications in the database, and pgoutput needs one",
            Fix.of(
                Who.OWNER,
                "Give it the right, or name a publication in pgdelta.publications",
                "GRANT CREATE ON DATABASE "
                    + SqlText.name(facts.server().database())
                    + " TO "
                    + SqlText.name(role.name()))));
  }

  /** A superuser publishes all; else PostgreSQL lets the owner alone add a table. */
  private static List<Finding> owns(Facts facts) {
    List<Table> foreign = facts.tables().stream().filter(table -> !table.owned()).toList();
    if (facts.role().superuser() || foreign.isEmpty()) {
      return Found.nothing();
    }
    return List.of(
        new Finding(
            "tables_owned",
            facts.wants().publications().isEmpty() ? Severity.WARNING : Severity.INFO,
            subject(facts),
            "The role owns %d of %d tables: the publications that the server makes have no others"
                .formatted(facts.tables().size() - foreign.size(), facts.tables().size()),
            Fix.of(
                Who.OWNER,
                "Make a publication, and name it in pgdelta.publications",
                "CREATE PUBLICATION pgdelta FOR TABLE " + SqlText.name(foreign.get(0).name()))));
  }

  private static List<Finding> reads(Facts facts) {
    Map<String, List<Table>> bySchema =
        facts.tables().stream()
            .filter(table -> !table.used() || !table.readable())
            .collect(
                Collectors.groupingBy(
                    table -> table.name().schema(), TreeMap::new, Collectors.toList()));
    return bySchema.entrySet().stream()
        .map(schema -> unreadable(facts, schema.getKey(), schema.getValue().size()))
        .toList();
  }

  private static Finding unreadable(Facts facts, String schema, int tables) {
    String in = "IN SCHEMA " + SqlText.name(schema);
    String to = " TO " + SqlText.name(facts.role().name());
    return new Finding(
        "not_readable",
        Severity.WARNING,
        "schema " + Shown.of(schema),
        "The role may not read %d tables of schema %s: snapshots of them are refused"
            .formatted(tables, Shown.of(schema)),
        Fix.of(
            Who.OWNER,
            "Let it read them, and those to come",
            "GRANT USAGE ON SCHEMA " + SqlText.name(schema) + to,
            "GRANT SELECT ON ALL TABLES " + in + to,
            "ALTER DEFAULT PRIVILEGES " + in + " GRANT SELECT ON TABLES" + to));
  }

  private static List<Finding> seesAllRows(Facts facts) {
    Role role = facts.role();
    if (role.superuser() || role.bypassesRowSecurity()) {
      return Found.nothing();
    }
    return facts.tables().stream()
        .filter(Table::hidden)
        .map(
            table ->
                new Finding(
                    "row_security",
                    Severity.ERROR,
                    Shown.of(table.name().toString()),
                    "Row level security hides rows from the role: its snapshots are refused, while"
                        + " the stream sends all rows",
                    Fix.of(
                        Who.SUPERUSER,
                        "Let the role see all rows",
                        "ALTER ROLE " + SqlText.name(role.name()) + " BYPASSRLS")))
        .toList();
  }

  private static String subject(Facts facts) {
    return "role " + Shown.of(facts.role().name());
  }
}
