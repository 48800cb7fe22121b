package org.pgdeltastream.doctor.check;

import static java.util.Objects.requireNonNull;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BiFunction;
import java.util.stream.Stream;
import org.pgdeltastream.change.Shown;
import org.pgdeltastream.change.SlotName;
import org.pgdeltastream.change.TableName;
import org.pgdeltastream.doctor.Check;
import org.pgdeltastream.doctor.Facts;
import org.pgdeltastream.doctor.Facts.Part;
import org.pgdeltastream.doctor.Finding;
import org.pgdeltastream.doctor.Finding.Severity;
import org.pgdeltastream.doctor.Fix;
import org.pgdeltastream.doctor.Fix.Who;
import org.pgdeltastream.doctor.GrantedTable;
import org.pgdeltastream.doctor.SqlText;
import org.pgdeltastream.rights.FeedRight;
import org.pgdeltastream.rights.Role;
import org.pgdeltastream.rights.TableRight;

/** What the roles of {@code pgdelta.rights} name, and whether it is there and can be decided. */
final class RoleChecks {
  private static final String OWN = "pgdeltastream_"; // publications that the server keeps itself
  private static final String OR_OUT = ", or take it out of pgdelta.rights";

  /** A table that a role names, and what there is of it. */
  private record Named(
      String role, String feed, TableName name, TableRight right, GrantedTable table) {
    /** The columns that the feed has. */
    Set<String> columns() {
      return table.sent().getOrDefault(feed, table.columns());
    }
  }

  /** What is wrong alike for some roles. */
  private record Fault(String subject, Severity severity, String message, Fix fix) {}

  private RoleChecks() {}

  static List<Check> all() {
    return List.of(
        Check.of("rights_feed", Part.SLOTS, RoleChecks::feeds),
        check("rights_table", RoleChecks::table),
        check("rights_columns", (facts, named) -> columns(named)),
        check("rights_identity", (facts, named) -> identity(named)));
  }

  private static Check check(String id, BiFunction<Facts, Named, Optional<Fault>> judge) {
    return Check.of(
        id,
        Part.GRANTED,
        facts ->
            findings(
                id,
                named(facts)
                    .flatMap(
                        one ->
                            judge.apply(facts, one).stream()
                                .map(fault -> Map.entry(one.role(), fault)))));
  }

  private static List<Finding> findings(String id, Stream<Map.Entry<String, Fault>> faults) {
    Map<Fault, Set<String>> roles = new LinkedHashMap<>();
    faults.forEach(
        one -> roles.computeIfAbsent(one.getValue(), any -> new TreeSet<>()).add(one.getKey()));
    return roles.entrySet().stream()
        .map(one -> finding(id, one.getKey(), String.join(", ", one.getValue())))
        .toList();
  }

  private static Finding finding(String id, Fault fault, String roles) {
    return new Finding(
        id,
        fault.severity(),
        fault.subject(),
        fault.message() + "; named by " + Shown.of(roles),
        fault.fix());
  }

  private static Stream<Named> named(Facts facts) {
    List<Named> all = new ArrayList<>();
    for (Role role : facts.wants().rights().roles().values()) {
      for (Map.Entry<String, FeedRight> feed : role.feeds().entrySet()) {
        for (Map.Entry<TableName, TableRight> one : feed.getValue().tables().entrySet()) {
          GrantedTable table = requireNonNull(facts.granted().get(one.getKey()));
          all.add(new Named(role.name(), feed.getKey(), one.getKey(), one.getValue(), table));
        }
      }
    }
    return all.stream()
        .sorted(Comparator.comparing(Named::feed).thenComparing(one -> one.name().toString()));
  }

  private static List<Finding> feeds(Facts facts) {
    return findings(
        "rights_feed",
        facts.wants().rights().roles().values().stream()
            .flatMap(
                role ->
                    role.feeds().keySet().stream()
                        .filter(feed -> !isThere(facts, feed))
                        .sorted()
                        .map(feed -> Map.entry(role.name(), absent(feed)))));
  }

  private static boolean isThere(Facts facts, String feed) {
    return facts.wants().feeds().containsKey(feed)
        || facts.slots().stream().anyMatch(slot -> slot.name().equals(SlotName.OF_FEEDS + feed));
  }

  private static Fault absent(String feed) {
    return new Fault(
        "feed " + Shown.of(feed),
        Severity.WARNING,
        "There is no such feed",
        Fix.of(Who.OPERATOR, "Make it" + OR_OUT));
  }

  private static Optional<Fault> table(Facts facts, Named named) {
    if (named.table().columns().isEmpty()) {
      return fault(
          named,
          Severity.WARNING,
          "There is no such table",
          Fix.of(Who.OPERATOR, "Make it" + OR_OUT));
    }
    if (!named.columns().isEmpty()) {
      return Optional.empty();
    }
    String[] sql =
        facts.wants().feeds().getOrDefault(named.feed(), List.of()).stream()
            .filter(publication -> !publication.startsWith(OWN))
            .limit(1)
            .map(
                publication ->
                    "ALTER PUBLICATION "
                        + SqlText.name(publication)
                        + " ADD TABLE "
                        + SqlText.name(named.name()))
            .toArray(String[]::new);
    return fault(
        named,
        Severity.WARNING,
        "No publication of feed " + Shown.of(named.feed()) + " has the table",
        Fix.of(Who.OWNER, "Publish it" + OR_OUT, sql));
  }

  /** Without a column of its condition the role is refused the table. */
  private static Optional<Fault> columns(Named named) {
    if (named.columns().isEmpty()) {
      return Optional.empty();
    }
    Set<String> deciding = missing(named.right().deciding(), named.columns());
    Set<String> all =
        missing(Set.copyOf(named.right().columns().orElse(List.of())), named.columns());
    all.addAll(deciding);
    return all.isEmpty()
        ? Optional.empty()
        : fault(
            named,
            deciding.isEmpty() ? Severity.WARNING : Severity.ERROR,
            "Feed %s has no column %s of the table%s"
                .formatted(
                    Shown.of(named.feed()),
                    names(all),
                    deciding.isEmpty() ? "" : ", by which rows are chosen: the table is closed"),
            Fix.of(Who.OPERATOR, "Publish it" + OR_OUT));
  }

  /** The log must say which rows were updated or deleted, and nothing that may not be seen. */
  private static Optional<Fault> identity(Named named) {
    GrantedTable table = named.table();
    if (named.columns().isEmpty() || !named.right().needsOldRows()) {
      return Optional.empty();
    }
    Set<String> unknown = missing(named.right().deciding(), table.identity());
    unknown.retainAll(named.columns());
    Set<String> hidden =
        named
            .right()
            .columns()
            .map(seen -> missing(table.keys(), Set.copyOf(seen)))
            .orElse(Set.of());
    if (unknown.isEmpty() && hidden.isEmpty()) {
      return Optional.empty();
    }
    String what =
        unknown.isEmpty()
            ? "The replica identity has %s, which may not be seen: the table is closed"
            : "The replica identity lacks %s, by which rows are chosen: the table is closed";
    return fault(
        named,
        Severity.ERROR,
        what.formatted(names(unknown.isEmpty() ? hidden : unknown)),
        Fix.of(
            Who.OWNER,
            "Log whole old rows, of each partition too",
            "ALTER TABLE " + SqlText.name(named.name()) + " REPLICA IDENTITY FULL"));
  }

  private static Set<String> missing(Set<String> wanted, Set<String> there) {
    Set<String> missing = new TreeSet<>(wanted);
    missing.removeAll(there);
    return missing;
  }

  private static String names(Set<String> columns) {
    return Shown.of(String.join(", ", columns));
  }

  private static Optional<Fault> fault(Named named, Severity severity, String message, Fix fix) {
    return Optional.of(new Fault(Shown.of(named.name().toString()), severity, message, fix));
  }
}
