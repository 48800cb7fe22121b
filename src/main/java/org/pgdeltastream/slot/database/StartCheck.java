package org.pgdeltastream.slot.database;

import static java.lang.System.Logger.Level.INFO;
import static java.lang.System.Logger.Level.WARNING;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.pgdeltastream.change.ProblemException;
import org.pgdeltastream.change.Shown;
import org.pgdeltastream.replication.ServerFacts;
import org.pgdeltastream.replication.connection.ReplicationConnector;

/** Checks PostgreSQL once, at the start, so that the log says before any call what is missing. */
public final class StartCheck implements Runnable {
  private static final System.Logger LOG = System.getLogger(StartCheck.class.getName());

  private final ReplicationConnector connector;

  public StartCheck(ReplicationConnector connector) {
    this.connector = connector;
  }

  /** One line of the log. */
  public record Line(System.Logger.Level level, String text) {}

  @Override
  public void run() {
    Line line = line();
    LOG.log(line.level(), line.text());
  }

  public Line line() {
    try {
      return of(ServerFacts.read(connector));
    } catch (SQLException e) {
      ProblemException problem = Problems.of(e);
      return new Line(WARNING, problem.getMessage() + ". " + problem.hint());
    }
  }

  private static Line of(ServerFacts server) {
    List<Meaning> missing = missing(server);
    StringBuilder text = new StringBuilder(summary(server));
    missing.forEach(
        what -> text.append(". ").append(what.message()).append(". ").append(what.hint()));
    return new Line(missing.isEmpty() ? INFO : WARNING, text.toString());
  }

  private static String summary(ServerFacts server) {
    return "PostgreSQL %s%s, database %s, role %s: wal_level %s, %d of %d replication slots and %d of %d walsenders in use"
        .formatted(
            server.version(),
            server.standby() ? " (a standby)" : "",
            Shown.of(server.database()),
            Shown.of(server.role()),
            server.walLevel(),
            server.slots(),
            server.mostSlots(),
            server.walsenders(),
            server.mostWalsenders());
  }

  private static List<Meaning> missing(ServerFacts server) {
    List<Meaning> missing = new ArrayList<>();
    if (server.pooled()) {
      missing.add(Meaning.POOLER);
    }
    if (!server.walLevel().equals("logical")) {
      missing.add(Meaning.WAL_LEVEL);
    }
    if (!server.replicates()) {
      missing.add(Meaning.NO_RIGHT);
    }
    if (server.mostSlots() == 0) {
      missing.add(Meaning.NO_SLOTS_ALLOWED);
    } else if (server.slots() >= server.mostSlots()) {
      missing.add(Meaning.SLOTS_EXHAUSTED);
    }
    if (server.walsenders() >= server.mostWalsenders()) {
      missing.add(Meaning.NO_WALSENDER);
    }
    if (server.readOnly() && !server.standby()) {
      missing.add(Meaning.READ_ONLY);
    }
    return missing;
  }
}
