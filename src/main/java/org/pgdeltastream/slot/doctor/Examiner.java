package org.pgdeltastream.slot.doctor;

import static java.lang.System.Logger.Level.INFO;
import static java.lang.System.Logger.Level.WARNING;

import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.pgdeltastream.change.Problem;
import org.pgdeltastream.change.ProblemException;
import org.pgdeltastream.doctor.Doctor;
import org.pgdeltastream.doctor.Examination;
import org.pgdeltastream.doctor.Facts;
import org.pgdeltastream.doctor.Facts.Kafka;
import org.pgdeltastream.doctor.Facts.Wants;
import org.pgdeltastream.doctor.Finding.Severity;
import org.pgdeltastream.doctor.check.Checks;
import org.pgdeltastream.doctor.check.Limits;
import org.pgdeltastream.replication.connection.OpenSockets;
import org.pgdeltastream.replication.connection.ReplicationConnector;
import org.pgdeltastream.replication.facts.FactsReader;
import org.pgdeltastream.rights.Rights;
import org.pgdeltastream.slot.database.Problems;
import org.pgdeltastream.slot.database.Settings;

/**
 * Examines PostgreSQL, one examination at a time, and keeps the last one for a minute. For any
 * thread.
 */
public final class Examiner implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(Examiner.class.getName());
  private static final Duration FRESH = Duration.ofSeconds(60);
  private static final int TURN_SECONDS = 10;

  private final OpenSockets sockets = new OpenSockets();
  private final FactsReader reader;
  private final Supplier<Wants> wants;
  private final Doctor doctor = new Doctor(Checks.all(Limits.USUAL));
  private final Clock clock;
  private final ReentrantLock turn = new ReentrantLock();
  private volatile @Nullable Examination last;

  /**
   * Opens nothing yet.
   *
   * @param feeds the publications of the feeds that are known
   * @param rights the roles, as they are when it is asked
   * @param kafka how this server uses it; empty where none runs
   */
  public Examiner(
      ReplicationConnector connector,
      Settings settings,
      Supplier<Map<String, List<String>>> feeds,
      Supplier<Rights> rights,
      Supplier<Optional<Kafka>> kafka) {
    this(connector, settings, feeds, rights, kafka, Clock.systemUTC());
  }

  Examiner(
      ReplicationConnector connector,
      Settings settings,
      Supplier<Map<String, List<String>>> feeds,
      Supplier<Rights> rights,
      Supplier<Optional<Kafka>> kafka,
      Clock clock) {
    reader = new FactsReader(connector.within(sockets), settings::matches, kafka);
    wants = () -> new Wants(settings.publications(), settings.open(), feeds.get(), rights.get());
    this.clock = clock;
  }

  /**
   * The last examination if it is fresh, or if another one is under way; else a new one.
   *
   * @throws ProblemException if PostgreSQL cannot be asked
   */
  public Examination examine() {
    Examination known = last;
    if (known != null && isFresh(known)) {
      return known;
    }
    if (!turn.tryLock()) {
      if (known != null) {
        return known;
      }
      awaitTurn();
    }
    try {
      known = last;
      return known != null && isFresh(known) ? known : examineNow();
    } finally {
      turn.unlock();
    }
  }

  /** The last, whatever its age; empty before the first. Asks nobody. */
  public Optional<Examination> last() {
    return Optional.ofNullable(last);
  }

  private boolean isFresh(Examination known) {
    return Duration.between(known.examined(), clock.instant()).compareTo(FRESH) < 0;
  }

  private void awaitTurn() {
    try {
      if (turn.tryLock(TURN_SECONDS, TimeUnit.SECONDS)) {
        return;
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    throw new ProblemException(
        Problem.UPSTREAM_BUSY, "PostgreSQL is being examined", "Try again in a moment");
  }

  private Examination examineNow() {
    Instant begin = clock.instant();
    try {
      Facts facts = reader.read(wants.get());
      Examination made = doctor.examine(facts, begin, Duration.between(begin, clock.instant()));
      last = made;
      return made;
    } catch (SQLException e) {
      throw Problems.of(e);
    }
  }

  /** Examines and tells the log: how much was found, and each error. Never throws. */
  public void log() {
    try {
      Examination examination = examine();
      LOG.log(INFO, "The doctor finds: " + examination.counts() + ". GET /v1/doctor shows them");
      examination.findings().stream()
          .filter(finding -> finding.severity() == Severity.ERROR)
          .forEach(
              finding ->
                  LOG.log(
                      WARNING,
                      "%s: %s. %s"
                          .formatted(finding.subject(), finding.message(), finding.fix().what())));
    } catch (ProblemException e) {
      LOG.log(WARNING, "The doctor cannot ask: " + e.getMessage() + ". " + e.hint());
    }
  }

  /** Cuts an examination that is under way; there is none from now on. */
  @Override
  public void close() {
    sockets.close();
  }
}
