package org.pgdeltastream.replication.publication;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.pgdeltastream.change.Problem;
import org.pgdeltastream.change.ProblemException;
import org.pgdeltastream.change.SlotName;
import org.pgdeltastream.replication.connection.ReplicationConnector;
import org.postgresql.PGConnection;

/**
 * A connection that changes our publications, one at a time among all servers of this program. The
 * name of a slot that is being made is locked until its maker closes the session, or dies.
 */
final class PublicationSession implements AutoCloseable {
  private static final long LOCK = 0x7067_6465_6c74_6173L; // "pgdeltas"
  private static final int NAMES = 0x7067_646c; // "pgdl", beside the name's hash
  private static final int LOCK_WAIT_MILLIS = 15_000;
  private static final int DROP_WAIT_MILLIS = 200;
  private static final int ANSWER_MILLIS = 25_000; // a statement may take 20 s

  private final Connection connection;

  PublicationSession(ReplicationConnector connector) throws SQLException {
    connection = connector.openOrdinary();
    try {
      connection.setNetworkTimeout(Runnable::run, ANSWER_MILLIS);
      execute(connection, "set statement_timeout = '20s'", "set synchronous_commit = local");
      if (connection.getMetaData().getDatabaseMajorVersion() >= 14) {
        execute(connection, "set idle_session_timeout = 0");
      }
      refusePooler();
    } catch (SQLException e) {
      connection.close();
      throw e;
    }
  }

  /** Behind a pooler our session lock may belong to another session in the next transaction. */
  private void refusePooler() throws SQLException {
    int pid = connection.unwrap(PGConnection.class).getBackendPID();
    if (!isTrue("select pg_backend_pid() = " + pid)) {
      throw new SQLException("A connection pooler stands between", "08P01");
    }
  }

  /** Our publications as they are. */
  private record Own(Set<String> names, boolean ownedByUs, Set<String> users) {}

  Connection connection() {
    return connection;
  }

  /** For making and dropping: a session needs the lock for a moment, with few tables. */
  void lock() throws SQLException {
    lock(LOCK_WAIT_MILLIS);
  }

  void lock(int waitMillis) throws SQLException {
    execute(connection, "set lock_timeout = " + waitMillis);
    execute(connection, "select pg_advisory_lock(" + LOCK + ")");
  }

  boolean tryLock() throws SQLException {
    return isTrue("select pg_try_advisory_lock(" + LOCK + ")");
  }

  void unlock() throws SQLException {
    execute(connection, "select pg_advisory_unlock(" + LOCK + ")");
  }

  /** False if another session makes a slot of this name. */
  boolean lockName(SlotName slot) throws SQLException {
    return isTrue("select pg_try_advisory_lock(%s, %s)".formatted(NAMES, slot.value().hashCode()));
  }

  boolean isSlot(SlotName slot) throws SQLException {
    return isTrue(
        "select exists (select from pg_replication_slots where slot_name = '" + slot + "')");
  }

  /** Changes when a table, a publication or a slot may have come, gone or changed. */
  static String state(Connection connection) throws SQLException {
    return strings(
            connection,
            "select txid_current_snapshot()::text || coalesce((select string_agg(slot_name, ','"
                + " order by slot_name) from pg_replication_slots"
                + " where database = current_database()), '')")
        .get(0);
  }

  long newestRelation() throws SQLException {
    return Long.parseLong(strings("select max(oid)::text from pg_class").get(0));
  }

  boolean isStandby() throws SQLException {
    return isTrue("select pg_is_in_recovery()");
  }

  boolean isAbsent() throws SQLException {
    return own().names().isEmpty();
  }

  /** Makes the publications where they are missing, and records the slot; both or nothing. */
  void use(SlotName slot) throws SQLException {
    if (isStandby()) {
      throw new ProblemException(
          Problem.UPSTREAM_CONFIG,
          "This PostgreSQL is a standby, which makes no publications",
          "Make publications on the primary and name them (publication=…), or init there");
    }
    Own own = own();
    if (!own.ownedByUs()) {
      throw new ProblemException(
          Problem.UPSTREAM_CONFIG,
          "The publications " + String.join(", ", own.names()) + " belong to another role",
          "Connect as their owner, or let it run ALTER PUBLICATION … OWNER TO …;"
              + " or name a publication (publication=…)");
    }
    Set<String> users = new TreeSet<>(own.users());
    if (!own.names().containsAll(Publications.OWN)) {
      drop(); // others made or dropped one alone: its users have a gap
      users.clear();
    }
    users.add(slot.value());
    connection.setAutoCommit(false);
    try {
      if (isAbsent()) {
        create();
      }
      write(users);
      connection.commit();
    } finally {
      connection.rollback(); // has no effect after the commit
      connection.setAutoCommit(true);
    }
  }

  /** Records a slot that was made before the publications. */
  void adopt(SlotName slot) throws SQLException {
    Own own = own();
    if (own.names().contains(Publications.INSERTS) && own.users().add(slot.value())) {
      write(own.users());
    }
  }

  void strike(SlotName slot) throws SQLException {
    Own own = own();
    if (own.users().remove(slot.value()) && !own.users().isEmpty()) {
      write(own.users());
    } else if (own.users().isEmpty()) {
      drop();
    }
  }

  /**
   * Removes slots that are gone, unless they are being made; the last one's publications too.
   *
   * @return whether every slot that is left exists
   */
  boolean prune() throws SQLException {
    Own own = own();
    if (own.names().isEmpty()) {
      return true;
    }
    Set<String> idle = new TreeSet<>(); // nobody makes them now: read before the present slots
    for (String name : own.users()) {
      if (isTrue("select pg_try_advisory_xact_lock(%s, %s)".formatted(NAMES, name.hashCode()))) {
        idle.add(name);
      }
    }
    List<String> alive =
        strings("select slot_name from pg_replication_slots where database = current_database()");
    Set<String> left = new TreeSet<>(own.users());
    left.removeIf(name -> idle.contains(name) && !alive.contains(name));
    if (left.isEmpty()) {
      drop();
    } else if (!left.equals(own.users())) {
      write(left);
    }
    return alive.containsAll(left);
  }

  /** DROP PUBLICATION locks each table that is in it, so most are taken out before. */
  private void drop() throws SQLException {
    Set<String> names = own().names();
    if (names.isEmpty()) {
      return;
    }
    for (String publication : names) {
      List<String> tables = tables(publication);
      for (int from = PublicationSync.CHUNK; from < tables.size(); from += PublicationSync.CHUNK) {
        int to = Math.min(tables.size(), from + PublicationSync.CHUNK);
        takeOut(publication, tables.subList(from, to));
      }
    }
    execute(
        connection,
        "set lock_timeout = " + LOCK_WAIT_MILLIS,
        "drop publication if exists " + String.join(", ", Publications.OWN));
  }

  private void takeOut(String publication, List<String> tables) throws SQLException {
    try {
      execute(
          connection,
          "set lock_timeout = " + DROP_WAIT_MILLIS,
          "alter publication %s drop table only %s"
              .formatted(publication, String.join(", only ", tables)));
    } catch (SQLException e) {
      if (!PublicationSync.isOfATable(e)) {
        throw e;
      }
      // some are locked, or gone: DROP PUBLICATION does them
    }
  }

  private List<String> tables(String publication) throws SQLException {
    return strings(
        """
        select format('%%I.%%I', n.nspname, c.relname) from pg_publication_rel r
          join pg_publication p on p.oid = r.prpubid join pg_class c on c.oid = r.prrelid
          join pg_namespace n on n.oid = c.relnamespace where p.pubname = '%s'"""
            .formatted(publication));
  }

  /** Inserts of all tables where we may, which locks none; else of those that come in later. */
  private void create() throws SQLException {
    int version = connection.getMetaData().getDatabaseMajorVersion();
    String inserts = version >= 11 ? "insert, truncate" : "insert";
    Savepoint before = connection.setSavepoint();
    try {
      execute(connection, createSql(Publications.INSERTS, "for all tables", inserts));
    } catch (SQLException e) {
      if (!"42501".equals(e.getSQLState())) {
        throw e;
      }
      connection.rollback(before);
      execute(connection, createSql(Publications.INSERTS, "", inserts));
    }
    execute(connection, createSql(Publications.CHANGES, "", "update, delete"));
  }

  private static String createSql(String name, String tables, String publish) {
    return "create publication %s %s with (publish = '%s')".formatted(name, tables, publish);
  }

  private void write(Set<String> users) throws SQLException {
    execute(
        connection,
        "comment on publication %s is '%s'"
            .formatted(Publications.INSERTS, PublicationUsers.write(users)));
  }

  private Own own() throws SQLException {
    String sql =
        "select pubname, pg_has_role(pubowner, 'USAGE'), obj_description(oid, 'pg_publication')"
            + " from pg_publication where pubname in ('%s', '%s') order by pubname"
                .formatted(Publications.INSERTS, Publications.CHANGES);
    Set<String> names = new TreeSet<>();
    Set<String> users = new TreeSet<>();
    boolean ownedByUs = true;
    try (Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      while (rows.next()) {
        names.add(rows.getString(1));
        ownedByUs &= rows.getBoolean(2);
        if (rows.getString(1).equals(Publications.INSERTS)) {
          users.addAll(PublicationUsers.read(Optional.ofNullable(rows.getString(3))));
        }
      }
    }
    return new Own(names, ownedByUs, users);
  }

  private boolean isTrue(String sql) throws SQLException {
    return strings(sql).equals(List.of("t"));
  }

  private List<String> strings(String sql) throws SQLException {
    return strings(connection, sql);
  }

  private static List<String> strings(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      List<String> strings = new ArrayList<>();
      while (rows.next()) {
        strings.add(rows.getString(1));
      }
      return strings;
    }
  }

  static void execute(Connection connection, String... statements) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      for (String sql : statements) {
        statement.execute(sql);
      }
    }
  }

  /** Unlocks everything. */
  @Override
  public void close() throws SQLException {
    connection.close();
  }
}
