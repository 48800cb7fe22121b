package org.pgdeltastream.replication.wal;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.change.OutputPlugin;
import org.pgdeltastream.change.SlotName;
import org.pgdeltastream.change.TableName;
import org.pgdeltastream.replication.connection.InputConnection;
import org.postgresql.PGConnection;

/**
 * A connection to a walsender. Command texts are ours, because the driver's builder escapes
 * nothing.
 *
 * <p>Source: manual, "Streaming Replication Protocol".
 */
public final class ReplicationConnection implements AutoCloseable {
  /**
   * PostgreSQL waits for each open transaction, one after the other, as long as for a lock; a
   * standby may wait for its primary.
   */
  private static final int CREATE_MILLIS = 20_000;

  private static final int START_MILLIS = 60_000;

  private final InputConnection opened;
  private final Connection connection;

  public ReplicationConnection(InputConnection opened) {
    this.opened = opened;
    this.connection = opened.connection();
  }

  /** The answer to CREATE_REPLICATION_SLOT. The connection's next command ends the snapshot. */
  public record Created(Lsn consistentPoint, String snapshotName) {}

  public Created createSlot(SlotName slot, OutputPlugin plugin) throws SQLException {
    String command =
        "CREATE_REPLICATION_SLOT %s LOGICAL %s EXPORT_SNAPSHOT"
            .formatted(TableName.quote(slot.value()), plugin.sqlName());
    connection.setNetworkTimeout(Runnable::run, CREATE_MILLIS); // it waits for ends of transactions
    try (Statement statement = connection.createStatement();
        ResultSet answer = statement.executeQuery(command)) {
      answer.next();
      return new Created(
          Lsn.parse(answer.getString("consistent_point")), answer.getString("snapshot_name"));
    }
  }

  /** Makes a slot that ends with this connection, without a snapshot. */
  void createTemporarySlot(SlotName slot, OutputPlugin plugin) throws SQLException {
    String command =
        "CREATE_REPLICATION_SLOT %s TEMPORARY LOGICAL %s NOEXPORT_SNAPSHOT"
            .formatted(TableName.quote(slot.value()), plugin.sqlName());
    connection.setNetworkTimeout(Runnable::run, CREATE_MILLIS); // it waits for ends of transactions
    try (Statement statement = connection.createStatement()) {
      statement.execute(command);
    }
  }

  /** The number of the walsender's process. */
  public int process() throws SQLException {
    return opened.driver().getBackendPID();
  }

  /** Which PostgreSQL this is. Source: manual, IDENTIFY_SYSTEM. */
  public ServerIdentity identify() throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet answer = statement.executeQuery("IDENTIFY_SYSTEM")) {
      answer.next();
      String systemId = answer.getString("systemid");
      int timeline = answer.getInt("timeline");
      String database = answer.getString("dbname");
      return new ServerIdentity(systemId, timeline, database, ancestors(timeline));
    }
  }

  /** None where PostgreSQL does not tell them: it may have removed the file. */
  private Map<Integer, Lsn> ancestors(int timeline) {
    if (timeline <= 1) {
      return Map.of();
    }
    try (Statement statement = connection.createStatement();
        ResultSet answer = statement.executeQuery("TIMELINE_HISTORY " + timeline)) {
      answer.next();
      return ServerIdentity.ancestors(answer.getString("content"));
    } catch (SQLException e) { // of a lost connection the next question fails
      return Map.of();
    }
  }

  /**
   * The positions of the slot and of the WAL that it will stream.
   *
   * @throws SQLException as for a lost connection if the slot is not here
   */
  public SlotPosition position(SlotName slot) throws SQLException {
    String sql =
        "select confirmed_flush_lsn::text, case when not pg_catalog.pg_is_in_recovery()"
            + " then pg_catalog.pg_current_wal_flush_lsn() end::text,"
            + " case when pg_catalog.pg_is_in_recovery()"
            + " then pg_catalog.pg_last_wal_replay_lsn() end::text"
            + " from pg_catalog.pg_replication_slots where slot_name = "
            + literal(slot.value());
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(sql)) {
      if (!row.next()) {
        throw new SQLException("The server that is to stream has no slot " + slot, "08006");
      }
      Optional<Lsn> confirmed = Optional.ofNullable(row.getString(1)).map(Lsn::parse);
      return new SlotPosition(
          confirmed.orElse(Lsn.NONE),
          Optional.ofNullable(row.getString(2)).map(Lsn::parse),
          Optional.ofNullable(row.getString(3)).map(Lsn::parse));
    }
  }

  /**
   * Streams from the slot's confirmed flush position, or from a later one.
   *
   * @param catchUp reads what lies before a later start
   */
  public ReplicationReader start(
      SlotName slot,
      Lsn start,
      Optional<CatchUp> catchUp,
      Map<String, String> options,
      Supplier<Lsn> flushPosition,
      WalListener listener)
      throws SQLException {
    String command =
        "START_REPLICATION SLOT %s LOGICAL %s (%s)"
            .formatted(TableName.quote(slot.value()), start, optionList(options));
    PGConnection driver = opened.driver();
    connection.setNetworkTimeout(Runnable::run, START_MILLIS);
    var copy = driver.getCopyAPI().copyDual(command);
    connection.setNetworkTimeout(Runnable::run, 0); // Silence is checked instead
    catchUp.ifPresent(queries -> queries.options(options));
    ReplicationStream stream = new ReplicationStream(copy, opened, flushPosition);
    return new ReplicationReader(this, driver.getBackendPID(), stream, catchUp, listener);
  }

  static String optionList(Map<String, String> options) {
    return options.entrySet().stream()
        .map(option -> TableName.quote(option.getKey()) + " " + literal(option.getValue()))
        .collect(Collectors.joining(", "));
  }

  /** A literal of the replication grammar, which has no escapes: a backslash is a backslash. */
  private static String literal(String value) {
    return "'" + value.replace("'", "''") + "'";
  }

  /** Ends it after the last report to the server. For the reader's thread. */
  void finish() {
    opened.finish();
  }

  @Override
  public void close() {
    opened.close();
  }
}
