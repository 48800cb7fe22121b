package org.pgdeltastream.replication;

import static java.lang.System.Logger.Level.WARNING;

import java.net.SocketTimeoutException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.change.OutputPlugin;
import org.pgdeltastream.change.Problem;
import org.pgdeltastream.change.ProblemException;
import org.pgdeltastream.change.SlotName;
import org.pgdeltastream.replication.connection.HolderName;
import org.pgdeltastream.replication.connection.ReplicationConnector;
import org.pgdeltastream.replication.wal.CatchUp;
import org.pgdeltastream.replication.wal.ReplicationConnection;
import org.pgdeltastream.replication.wal.ReplicationReader;
import org.pgdeltastream.replication.wal.SlotRow;
import org.pgdeltastream.replication.wal.WalListener;

/**
 * Creates, finds, streams and drops replication slots. Questions go to the kept connection; what
 * changes something uses connections of its own.
 */
public final class ReplicationSlots {
  private static final System.Logger LOG = System.getLogger(ReplicationSlots.class.getName());

  private static final String GONE = "42704";
  private static final int HOLD_MILLIS = 5_000;
  private static final long DROPPING_NANOS = 2_000_000_000L;
  private static final long DROP_PAUSE_NANOS = 100_000_000;

  private final ReplicationConnector connector;

  public ReplicationSlots(ReplicationConnector connector) {
    this.connector = connector;
  }

  /** Makes a slot and holds its snapshot. If the second part fails, the slot is dropped again. */
  public CreatedSlot create(SlotName slot, OutputPlugin plugin) throws SQLException {
    try (ReplicationConnection walsender = new ReplicationConnection(connector.openReplication())) {
      ReplicationConnection.Created created = createSlot(walsender, slot, plugin);
      Connection holder = null;
      boolean held = false;
      try {
        holder = connector.openHolder(slot);
        holder.setNetworkTimeout(Runnable::run, HOLD_MILLIS);
        ExportedSnapshot snapshot = ExportedSnapshot.adopt(created.snapshotName(), holder);
        held = true;
        return new CreatedSlot(created.consistentPoint(), snapshot);
      } finally {
        if (!held) {
          if (holder != null) {
            holder.abort(Runnable::run);
          }
          dropOrWarn(slot);
        }
      }
    }
  }

  /** For a slot that is not needed after a failure, which the caller reports. */
  public void dropOrWarn(SlotName slot) {
    long deadline =
        System.nanoTime() + DROPPING_NANOS; // an attempt may take longer, where nobody answers
    while (true) {
      try {
        drop(slot, connector.openWatch());
        return;
      } catch (SQLException e) {
        if (GONE.equals(e.getSQLState())) {
          return;
        }
        if (System.nanoTime() - deadline > 0) {
          LOG.log(WARNING, "Slot " + slot + " was made in vain and is left: drop it", e);
          return;
        }
        LockSupport.parkNanos(DROP_PAUSE_NANOS); // its backend ends in a moment
      }
    }
  }

  /**
   * If it takes too long, or its answer was lost, it is ended: else PostgreSQL would still make the
   * slot, and nobody would know of it.
   */
  private ReplicationConnection.Created createSlot(
      ReplicationConnection walsender, SlotName slot, OutputPlugin plugin) throws SQLException {
    int process = walsender.process();
    boolean wasThere = find(slot).isPresent();
    try {
      return walsender.createSlot(slot, plugin);
    } catch (SQLException e) {
      boolean late = e.getCause() instanceof SocketTimeoutException;
      if (!late && !isLost(e)) {
        throw e;
      }
      boolean standby = false;
      try {
        standby = terminate(process);
      } catch (SQLException failure) {
        e.addSuppressed(failure);
        if (isLost(failure)) {
          LOG.log(WARNING, "Slot " + slot + " may be made in vain yet: PostgreSQL is away", e);
          throw e; // whatever else is asked now would take as long
        }
      }
      if (!wasThere) {
        dropOrWarn(slot);
      }
      if (late && standby) {
        throw waitsForPrimary(e);
      }
      throw late ? new SQLException("PostgreSQL did not make the slot in time", "55P03", e) : e;
    }
  }

  private static boolean isLost(SQLException e) {
    return String.valueOf(e.getSQLState()).startsWith("08");
  }

  private static ProblemException waitsForPrimary(SQLException cause) {
    return new ProblemException(
        Problem.UPSTREAM_BUSY,
        "This PostgreSQL is a standby, which makes a slot only when its primary has written down"
            + " which transactions run; an idle primary does so seldom",
        "Run on the primary: SELECT pg_log_standby_snapshot(); and try again at the same time",
        cause);
  }

  /** Ends the backend; returns whether PostgreSQL is a standby. */
  private boolean terminate(int process) throws SQLException {
    try (Connection connection = connector.openWatch();
        PreparedStatement statement =
            connection.prepareStatement(
                "select pg_catalog.pg_terminate_backend(?), pg_catalog.pg_is_in_recovery()")) {
      statement.setInt(1, process);
      try (ResultSet row = statement.executeQuery()) {
        row.next();
        return row.getBoolean(2);
      }
    }
  }

  /**
   * Opens a stream; the caller runs the reader, which closes it.
   *
   * @param start the end of a transaction: PostgreSQL skips those up to there. Below the slot's
   *     confirmed position it has no effect.
   * @param catchUp reads what the slot has missed before its end, instead of the walsender
   */
  public ReplicationReader stream(
      SlotName slot,
      Lsn start,
      Optional<CatchUp> catchUp,
      Map<String, String> options,
      Supplier<Lsn> flushPosition,
      WalListener listener)
      throws SQLException {
    ReplicationConnection walsender = new ReplicationConnection(connector.openReplication());
    try {
      if (listener.asksForServer()) {
        listener.onServer(walsender.identify());
      }
      listener.onSlot(walsender.position(slot));
      Lsn first = catchUp.map(CatchUp::end).orElse(start);
      return walsender.start(slot, first, catchUp, options, flushPosition, listener);
    } catch (SQLException e) {
      walsender.close();
      throw e;
    }
  }

  /** Ends the stream that a server of this program holds; never a foreign program's. */
  public void terminateOurs(SlotName slot) throws SQLException {
    String sql =
        "select pg_terminate_backend(a.pid) from pg_stat_activity a join pg_replication_slots s"
            + " on s.active_pid = a.pid where s.slot_name = ?"
            + " and a.application_name like 'pgdeltastream/%'";
    ask(
        sql,
        statement -> {
          statement.setString(1, slot.value());
          return statement.execute();
        });
  }

  /** What streams the slot; empty if nothing does. */
  public Optional<SlotHolder> holder(SlotName slot) throws SQLException {
    return ask(
        SlotHolder.SQL,
        statement -> {
          statement.setString(1, slot.value());
          try (ResultSet rows = statement.executeQuery()) {
            return rows.next() ? Optional.of(SlotHolder.of(rows)) : Optional.empty();
          }
        });
  }

  /** The application_name of the server that holds the slot's snapshot; empty if none does. */
  public Optional<String> snapshotHolder(SlotName slot) throws SQLException {
    String sql =
        "select pg_catalog.left(application_name, -pg_catalog.length(?))"
            + " from pg_catalog.pg_stat_activity where datname = pg_catalog.current_database()"
            + " and application_name like 'pgdeltastream/%'"
            + " and pg_catalog.right(application_name, pg_catalog.length(?)) = ?";
    String end = HolderName.end(slot);
    return ask(
        sql,
        statement -> {
          statement.setString(1, end);
          statement.setString(2, end);
          statement.setString(3, end);
          try (ResultSet rows = statement.executeQuery()) {
            return rows.next() ? Optional.of(rows.getString(1)) : Optional.empty();
          }
        });
  }

  /**
   * What decoding depends on.
   *
   * @param version PostgreSQL's major version
   * @param encoding the database's, by PostgreSQL's name
   */
  public record Server(int version, String encoding) {}

  public Server server() throws SQLException {
    return ask(
        "select pg_catalog.current_setting('server_encoding')",
        statement -> {
          try (ResultSet row = statement.executeQuery()) {
            row.next();
            return new Server(version(statement.getConnection()), row.getString(1));
          }
        });
  }

  private static int version(Connection connection) throws SQLException {
    return connection.getMetaData().getDatabaseMajorVersion();
  }

  public void drop(SlotName slot) throws SQLException {
    drop(slot, connector.openOrdinary());
  }

  private static void drop(SlotName slot, Connection opened) throws SQLException {
    try (Connection connection = opened;
        PreparedStatement statement =
            connection.prepareStatement("select pg_catalog.pg_drop_replication_slot(?)")) {
      statement.setString(1, slot.value());
      statement.execute();
    }
  }

  public Optional<SlotRow> find(SlotName slot) throws SQLException {
    return list().stream().filter(row -> row.name().equals(slot.value())).findFirst();
  }

  /** Every lasting slot of the server, by name. */
  public List<SlotRow> list() throws SQLException {
    return connector.ask(
        connection -> {
          try (PreparedStatement statement =
                  connection.prepareStatement(SlotQuery.sql(version(connection), ""));
              ResultSet rows = statement.executeQuery()) {
            List<SlotRow> found = new ArrayList<>();
            while (rows.next()) {
              found.add(SlotQuery.row(rows));
            }
            return found;
          }
        });
  }

  /**
   * Whether PostgreSQL has not written this position yet. Never of a standby: missing WAL is on its
   * way, and after a restart it may not even know what it has.
   */
  public boolean isBeyondWal(Lsn lsn) throws SQLException {
    return ask(
        "select case when pg_is_in_recovery() then false"
            + " else pg_current_wal_flush_lsn() < ?::pg_lsn end",
        statement -> {
          statement.setString(1, lsn.toString());
          try (ResultSet rows = statement.executeQuery()) {
            rows.next();
            return rows.getBoolean(1);
          }
        });
  }

  private interface Question<T> {
    T ask(PreparedStatement statement) throws SQLException;
  }

  private <T> T ask(String sql, Question<T> question) throws SQLException {
    return connector.ask(
        connection -> {
          try (PreparedStatement statement = connection.prepareStatement(sql)) {
            return question.ask(statement);
          }
        });
  }
}
