package org.pgdeltastream.replication.wal;

import static java.lang.System.Logger.Level.DEBUG;
import static java.lang.System.Logger.Level.INFO;

import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.change.SessionSettings;
import org.pgdeltastream.replication.connection.InputConnection;
import org.pgdeltastream.replication.connection.ReplicationConnector;
import org.pgdeltastream.replication.connection.Silence;
import org.pgdeltastream.replication.connection.SocketInput;
import org.postgresql.copy.CopyOut;

/**
 * A temporary copy of a slot, and the end of the WAL when the first of them was made. It is read in
 * pieces and ends with its connection.
 *
 * <p>Source: manual, "Replication Management Functions".
 */
final class SlotCopy implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(SlotCopy.class.getName());
  private static final int FIRST_VERSION = 12; // that can copy slots
  private static final int FIRST_PIECE = 8; // one part of so many: shows whether more pay
  private static final int SAMPLE = 64; // one part of so many is read beforehand
  private static final int SAMPLE_MILLIS = 3_000;
  private static final int NETWORK_MILLIS = 2_000; // more than PostgreSQL's own limit
  private static final int WIDE = 256; // bytes of a message: there the walsender is as quick
  private static final String BAD_OPTION = "22023";
  private static final int MOST_PIECES = 4; // at once
  private static final int MOST_PIECES_AGAIN = 8; // decoded again for each

  private final InputConnection database;
  private final int process;
  private final String name;
  private final long pieceBytes;
  private final Lsn end;
  private final Silence silence;

  private SlotCopy(InputConnection database, int process, long pieceBytes, Lsn end) {
    this.database = database;
    this.process = process;
    this.name = name(process);
    this.pieceBytes = pieceBytes;
    this.end = end;
    SocketInput input = database.input().orElseThrow();
    this.silence = new Silence(input::receivedAt, System.nanoTime());
  }

  private static String name(int process) {
    return "pgdelta_catch_up_" + process;
  }

  InputConnection database() {
    return database;
  }

  /** The backend that reads it. */
  int process() {
    return process;
  }

  Lsn end() {
    return end;
  }

  /** Of the backend. */
  Silence silence() {
    return silence;
  }

  /** Ends an idle backend, and with it the copy. */
  @Override
  public void close() {
    database.close();
  }

  /** Cancels what may still run, since decoding ignores a lost connection; in bounded time. */
  void cancel() {
    try {
      database.driver().cancelQuery();
    } catch (SQLException e) {
      // it is gone already, or cannot be reached
    } finally {
      database.close();
    }
  }

  /**
   * Whether a slot has missed so much that queries are quicker. Each begins at the restart
   * position: where a long transaction holds that back, they are not.
   */
  static boolean pays(SlotRow slot, long pieceBytes) {
    return pieceBytes > 0
        && !slot.active()
        && slot.lagBytes() >= pieceBytes
        && slot.decodedAgainBytes() <= MOST_PIECES_AGAIN * pieceBytes;
  }

  /** Copies the slot; empty where PostgreSQL cannot, or refuses it, or where messages are wide. */
  static Optional<SlotCopy> of(
      ReplicationConnector connector, SlotRow slot, long pieceBytes, Map<String, String> options)
      throws SQLException {
    InputConnection database = open(connector);
    try {
      int process = database.driver().getBackendPID();
      if (database.input().isPresent() && copy(database, slot.name(), name(process))) {
        SlotCopy copy = new SlotCopy(database, process, pieceBytes, walEnd(database));
        Optional<String> wide = tooWide(copy.sampledWidth(options));
        if (wide.isEmpty()) {
          return Optional.of(copy);
        }
        throw new CatchUpEndException(wide.get());
      }
    } catch (SQLException e) {
      LOG.log(INFO, "Slot " + slot.name() + " is read by its walsender alone: " + e.getMessage());
    }
    database.close();
    return Optional.empty();
  }

  /** Its backend ends even if we have no time to cancel its query. */
  private static InputConnection open(ReplicationConnector connector) throws SQLException {
    InputConnection opened = connector.openWithInput();
    try (Statement statement = opened.connection().createStatement()) {
      statement.execute(SessionSettings.ofLongQueries());
    } catch (SQLException e) {
      LOG.log(
          DEBUG,
          "PostgreSQL cannot check whether its client is gone (client_connection_check_interval)",
          e);
    }
    return opened;
  }

  /** This copy, and a second one where PostgreSQL has a slot and a connection for it. */
  List<SlotCopy> andAnother(ReplicationConnector connector) {
    try {
      InputConnection another = open(connector);
      try {
        int process = another.driver().getBackendPID();
        copy(another, name, name(process));
        SlotCopy second = new SlotCopy(another, process, pieceBytes, end);
        second.limit(0);
        return List.of(this, second);
      } catch (SQLException e) {
        another.close();
        throw e;
      }
    } catch (SQLException e) {
      LOG.log(INFO, name + " is read without another beside it: " + e.getMessage());
      return List.of(this);
    }
  }

  /** Becomes a copy of that one, which has read further. */
  void follow(SlotCopy former) throws SQLException {
    try (PreparedStatement drop =
        database.connection().prepareStatement("select pg_catalog.pg_drop_replication_slot(?)")) {
      drop.setString(1, name);
      drop.execute();
    }
    copy(database, former.name, name);
  }

  private static boolean copy(InputConnection database, String slot, String name)
      throws SQLException {
    if (database.connection().getMetaData().getDatabaseMajorVersion() < FIRST_VERSION) {
      return false;
    }
    String sql =
        "select pg_catalog.pg_copy_logical_replication_slot(?, ?, true)"
            + " where not pg_catalog.pg_is_in_recovery()";
    try (PreparedStatement statement = database.connection().prepareStatement(sql)) {
      statement.setString(1, slot);
      statement.setString(2, name);
      try (ResultSet rows = statement.executeQuery()) {
        return rows.next();
      }
    }
  }

  private static Lsn walEnd(InputConnection database) throws SQLException {
    try (Statement statement = database.connection().createStatement();
        ResultSet rows =
            statement.executeQuery("select pg_catalog.pg_current_wal_flush_lsn()::text")) {
      rows.next();
      return Lsn.parse(rows.getString(1));
    }
  }

  /** Why a walsender is as quick with messages of so many bytes; empty where it is not. */
  static Optional<String> tooWide(long bytes) {
    return bytes > WIDE
        ? Optional.of("messages of " + bytes + " bytes cost more to take")
        : Optional.empty();
  }

  /**
   * The mean size of the first messages, in bytes; 0 where they do not show it. It fails where
   * PostgreSQL takes long: no connection holds the slot yet, and nothing checks the client.
   */
  private long sampledWidth(Map<String, String> options) throws SQLException {
    String sql =
        "select coalesce(avg(length(data)), 0)::bigint from pg_catalog.pg_logical_slot_peek_binary_changes"
            + arguments(nextEnd(Lsn.NONE, SAMPLE).orElse(end), options);
    limit(SAMPLE_MILLIS);
    long mean = 0;
    try (Statement statement = database.connection().createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      rows.next();
      mean = rows.getLong(1);
    } catch (SQLException e) {
      if (!BAD_OPTION.equals(e.getSQLState())) { // else the stream does without it, or ends
        throw e;
      }
    }
    limit(0); // silence is noticed otherwise
    return mean;
  }

  /** For the queries that follow; PostgreSQL itself ends one that takes longer. 0: none. */
  private void limit(int milliseconds) throws SQLException {
    int network = milliseconds == 0 ? 0 : milliseconds + NETWORK_MILLIS;
    database.connection().setNetworkTimeout(Runnable::run, network);
    try (Statement statement = database.connection().createStatement()) {
      statement.execute("set statement_timeout = " + milliseconds);
    }
  }

  /**
   * Where the next piece ends; none after the last. Pieces grow with the WAL decoded twice.
   *
   * @param start the end of what was read: an earlier copy would repeat it
   */
  Optional<Lsn> nextEnd(Lsn start, boolean first) throws SQLException {
    return nextEnd(start, first ? FIRST_PIECE : 1);
  }

  private Optional<Lsn> nextEnd(Lsn start, int part) throws SQLException {
    String sql =
        "select confirmed_flush_lsn::text,"
            + " pg_catalog.pg_wal_lsn_diff(confirmed_flush_lsn, restart_lsn)::bigint"
            + " from pg_catalog.pg_replication_slots where slot_name = ?";
    try (PreparedStatement statement = database.connection().prepareStatement(sql)) {
      statement.setString(1, name);
      try (ResultSet rows = statement.executeQuery()) {
        rows.next();
        Lsn done = Lsn.parse(rows.getString(1));
        if (start.isAfter(done)) {
          throw new CatchUpEndException(name + " stands at " + done + ", before " + start);
        }
        long again = rows.getLong(2);
        if (again > MOST_PIECES_AGAIN * pieceBytes) {
          throw new CatchUpEndException("a long transaction has the same WAL decoded each time");
        }
        long bytes =
            part > 1
                ? pieceBytes / part
                : Math.max(pieceBytes, Math.min(again, MOST_PIECES * pieceBytes));
        Lsn next = new Lsn(done.value() + bytes);
        return Optional.of(end.isAfter(next) ? next : end).filter(piece -> end.isAfter(done));
      }
    }
  }

  /** A row for each piece of the plugin's output, when the first are there: position, output. */
  CopyOut rows(Lsn upTo, Map<String, String> options) throws SQLException {
    String sql =
        "copy (select lsn, data from pg_catalog.pg_logical_slot_get_binary_changes%s) to stdout (format binary)"
            .formatted(arguments(upTo, options));
    return database.driver().getCopyAPI().copyOut(sql);
  }

  /** Safe whatever {@code standard_conforming_strings} is; not for the replication grammar. */
  static String literal(String value) {
    String quoted = "'" + value.replace("'", "''") + "'";
    return value.indexOf('\\') < 0 ? quoted : "E" + quoted.replace("\\", "\\\\");
  }

  private String arguments(Lsn upTo, Map<String, String> options) {
    return options.entrySet().stream()
        .flatMap(option -> Stream.of(option.getKey(), option.getValue()))
        .map(word -> ", " + literal(word))
        .collect(Collectors.joining("", "('" + name + "', '" + upTo + "', null", ")"));
  }
}
