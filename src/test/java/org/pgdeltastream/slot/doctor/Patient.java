package org.pgdeltastream.slot.doctor;

import static org.awaitility.Awaitility.await;

import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.pgdeltastream.change.HeapBudget;
import org.pgdeltastream.change.TableName;
import org.pgdeltastream.doctor.Doctor;
import org.pgdeltastream.doctor.Examination;
import org.pgdeltastream.doctor.Facts.Wants;
import org.pgdeltastream.doctor.Finding;
import org.pgdeltastream.doctor.check.Checks;
import org.pgdeltastream.doctor.check.Limits;
import org.pgdeltastream.replication.connection.ConnectionSettings;
import org.pgdeltastream.replication.connection.ReplicationConnector;
import org.pgdeltastream.replication.facts.FactsReader;
import org.pgdeltastream.rights.FeedRight;
import org.pgdeltastream.rights.Rights;
import org.pgdeltastream.rights.Role;
import org.pgdeltastream.rights.TableRight;
import org.pgdeltastream.support.TestDatabase;

/** A PostgreSQL that is examined by a doctor to whom each moment is long and each byte is much. */
final class Patient {
  private static final Limits SMALL =
      new Limits(
          10,
          Duration.ofMillis(-1),
          Duration.ofDays(1),
          Duration.ofMillis(-1),
          Duration.ofMillis(-1),
          -1,
          0,
          0,
          500_000_000);
  private static final Duration DEADLINE = Duration.ofSeconds(20);

  private final ReplicationConnector connector;
  private List<String> wanted = List.of();
  private Rights rights = Rights.NONE;

  Patient(TestDatabase database, String role) {
    this(database, role, Optional.empty());
  }

  Patient(TestDatabase database, String role, Optional<DataSource> replication) {
    connector =
        new ReplicationConnector(
            new ConnectionSettings(database.jdbcUrl(), role, "", "pgdeltastream/doctor"),
            replication,
            new HeapBudget(1 << 20));
  }

  void wants(String... publications) {
    wanted = List.of(publications);
  }

  void grantsNothing() {
    rights = Rights.NONE;
  }

  /** The roles a and b may see this of feed shop, whose publication is wanted. */
  void grants(String feed, TableName table, TableRight right) {
    FeedRight feedRight = new FeedRight(Map.of(table, right), Set.of(), false);
    rights =
        new Rights(
            Stream.of("a", "b")
                .map(
                    name ->
                        new Role(
                            name,
                            false,
                            false,
                            Map.of(feed, feedRight),
                            org.pgdeltastream.rights.Limits.NONE))
                .collect(Collectors.toMap(Role::name, role -> role)),
            Optional.empty());
  }

  Examination examine() throws SQLException {
    FactsReader reader =
        new FactsReader(connector, name -> name.startsWith("delta_"), Optional::empty);
    Wants wants = new Wants(wanted, false, Map.of("shop", List.of("wanted")), rights);
    return new Doctor(Checks.all(SMALL)).examine(reader.read(wants), Instant.EPOCH, Duration.ZERO);
  }

  /** What this check finds of what begins so. */
  List<Finding> findings(String check, String subject) throws SQLException {
    return examine().findings().stream()
        .filter(finding -> finding.check().startsWith(check))
        .filter(finding -> finding.subject().startsWith(subject))
        .toList();
  }

  /** Settings and statistics take effect a moment later. */
  List<Finding> awaitFindings(String check, String subject) {
    return await(check + " to be found")
        .atMost(DEADLINE)
        .until(() -> findings(check, subject), found -> !found.isEmpty());
  }

  void awaitNone(String check, String subject) {
    await(check + " to be cured")
        .atMost(DEADLINE)
        .until(() -> findings(check, subject), List::isEmpty);
  }
}
