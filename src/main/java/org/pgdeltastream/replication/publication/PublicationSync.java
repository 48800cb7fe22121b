package org.pgdeltastream.replication.publication;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import org.pgdeltastream.change.Lsn;

/**
 * Brings our publications in step with the tables. ALTER PUBLICATION locks each table that it
 * names, so it names few at a time. It waits only shortly for a table that another session has
 * locked, and adds it later.
 */
final class PublicationSync {
  /** Bounds the locks of a transaction; PostgreSQL's smallest lock table holds some hundreds. */
  static final int CHUNK = 100;

  private static final int CHUNK_WAIT_MILLIS = 200;
  private static final int TABLE_WAIT_MILLIS = 2000; // an autovacuum gives way after a second
  private static final Duration LOCK_LIMIT = Duration.ofSeconds(5);

  private static final Set<String> LOCKED = Set.of("55P03", "40P01");

  /** The table was dropped, renamed, given away or changed by another session meanwhile. */
  private static final Set<String> CHANGED =
      Set.of("42P01", "3F000", "42501", "42704", "42710", "42809", "22023", "0A000");

  private static final String OUT_OF_LOCKS = "53200";

  private final Connection connection;
  private final List<PublishedTable> tables;
  private final long deadline;
  private final List<String> locked = new ArrayList<>();

  PublicationSync(Connection connection, boolean waitsForLocks) throws SQLException {
    this.connection = connection;
    this.tables = PublishedTable.differing(connection);
    this.deadline = System.nanoTime() + (waitsForLocks ? LOCK_LIMIT.toNanos() : 0);
  }

  /** The caller holds the lock on our publications. */
  Refreshed run() throws SQLException {
    alter(Publications.CHANGES, "drop", PublishedTable::dropChanges);
    List<String> inserts = alter(Publications.INSERTS, "add", PublishedTable::addInserts);
    List<String> changes = alter(Publications.CHANGES, "add", PublishedTable::addChanges);
    changes.removeAll(Set.copyOf(inserts));
    List<String> gaps = new ArrayList<>();
    if (!inserts.isEmpty() || !changes.isEmpty()) {
      Lsn position = position();
      addGap(gaps, "Changes", inserts, position);
      addGap(gaps, "Updates and deletes", changes, position);
    }
    return new Refreshed(gaps, leftOut(), locked.isEmpty());
  }

  private static void addGap(List<String> gaps, String what, List<String> tables, Lsn position) {
    if (!tables.isEmpty()) {
      gaps.add(
          "%s of %s before %s may be missing: until then %s not published"
              .formatted(
                  what,
                  LeftOut.shown(tables),
                  position,
                  tables.size() == 1 ? "it was" : "they were"));
    }
  }

  private List<String> leftOut() {
    Map<LeftOut, List<String>> names = new EnumMap<>(LeftOut.class);
    for (PublishedTable table : tables) {
      table
          .leftOut()
          .ifPresent(why -> names.computeIfAbsent(why, any -> new ArrayList<>()).add(table.name()));
    }
    if (!locked.isEmpty()) {
      names.put(LeftOut.LOCKED, locked.stream().distinct().sorted().toList());
    }
    return names.entrySet().stream()
        .map(entry -> entry.getKey().warning(entry.getValue()))
        .toList();
  }

  /** First the free tables, many at a time; then the others one by one. */
  private List<String> alter(String publication, String verb, Predicate<PublishedTable> which)
      throws SQLException {
    List<String> free = names(which.and(table -> !table.locked()));
    List<String> single = new ArrayList<>();
    List<String> done = new ArrayList<>();
    for (int from = 0; from < free.size(); from += CHUNK) {
      List<String> chunk = free.subList(from, Math.min(free.size(), from + CHUNK));
      try {
        alter(publication, verb, chunk, CHUNK_WAIT_MILLIS);
        done.addAll(chunk);
      } catch (SQLException e) {
        if (!isOfATable(e) && !OUT_OF_LOCKS.equals(e.getSQLState())) {
          throw e;
        }
        single.addAll(chunk);
      }
    }
    single.addAll(names(which.and(PublishedTable::locked)));
    for (String table : single) {
      if (alterOne(publication, verb, table)) {
        done.add(table);
      }
    }
    return done;
  }

  private boolean alterOne(String publication, String verb, String table) throws SQLException {
    try {
      boolean waits = System.nanoTime() < deadline;
      alter(publication, verb, List.of(table), waits ? TABLE_WAIT_MILLIS : 1);
      return true;
    } catch (SQLException e) {
      if (!isOfATable(e)) {
        throw e;
      }
      if (LOCKED.contains(e.getSQLState())) {
        locked.add(table);
      }
      return false;
    }
  }

  /** An error of a table, not of the publication, the role or the server. */
  static boolean isOfATable(SQLException e) {
    String state = String.valueOf(e.getSQLState());
    return LOCKED.contains(state) || CHANGED.contains(state);
  }

  /** ONLY: a child of the table may have no identity, or another owner. */
  private void alter(String publication, String verb, List<String> names, int waitMillis)
      throws SQLException {
    PublicationSession.execute(
        connection,
        "set lock_timeout = " + waitMillis,
        "alter publication %s %s table only %s"
            .formatted(publication, verb, String.join(", only ", names)));
  }

  private List<String> names(Predicate<PublishedTable> which) {
    return tables.stream().filter(which).map(PublishedTable::name).toList();
  }

  private Lsn position() throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery("select pg_current_wal_insert_lsn()::text")) {
      rows.next();
      return Lsn.parse(rows.getString(1));
    }
  }
}
