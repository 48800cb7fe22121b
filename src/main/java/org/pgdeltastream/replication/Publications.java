package org.pgdeltastream.replication;

import static java.util.stream.Collectors.joining;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.change.SlotName;

/**
 * Our own publications, for slots whose client named none: one of every table's inserts and
 * truncates, which need no replica identity, and one of the updates and deletes of those tables
 * that have one, so that an application's own UPDATE or DELETE never begins to fail. Which slots
 * use them stands in the comment of the first, because PostgreSQL keeps no such thing.
 *
 * <p>Source: manual, "CREATE PUBLICATION" and "ALTER TABLE", REPLICA IDENTITY.
 */
public final class Publications {
  static final String INSERTS = "pgdeltastream_inserts";
  static final String CHANGES = "pgdeltastream_changes";

  /** The names of ours, as {@code publication_names} wants them. */
  public static final List<String> OWN = List.of(INSERTS, CHANGES);

  private static final long LOCK = 0x7067_6465_6c74_6173L; // "pgdeltas": one at a time

  private final ReplicationConnector connector;

  public Publications(ReplicationConnector connector) {
    this.connector = connector;
  }

  /** Which of these names PostgreSQL does not have. */
  public List<String> missing(List<String> names) throws SQLException {
    Set<String> present = oids().keySet();
    return names.stream().filter(name -> !present.contains(name)).toList();
  }

  /** The object identifiers of all publications by name: one made anew has another. */
  public Map<String, Long> oids() throws SQLException {
    try (Connection connection = connector.openOrdinary();
        Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery("select pubname, oid from pg_publication")) {
      Map<String, Long> oids = new HashMap<>();
      while (rows.next()) {
        oids.put(rows.getString(1), rows.getLong(2));
      }
      return oids;
    }
  }

  /**
   * What a refresh did.
   *
   * @param added tables whose updates and deletes are published from now on
   * @param leftOut what is not published, and why
   * @param position where PostgreSQL's log stood after it
   */
  public record Refreshed(List<String> added, List<String> leftOut, Lsn position) {}

  /** Makes our publications, or takes in the tables that came or changed since. */
  public Refreshed refresh() throws SQLException {
    try (Connection connection = connector.openOrdinary()) {
      connection.setAutoCommit(false);
      lock(connection);
      List<String> leftOut = new ArrayList<>();
      Set<String> present = ownPresent(connection);
      if (!present.contains(INSERTS)) {
        createInserts(connection, leftOut);
      }
      if (!present.contains(CHANGES)) {
        execute(connection, createSql(CHANGES, "", "update, delete"));
      }
      List<String> added = synchronize(connection, leftOut);
      connection.commit();
      String position = names(connection, "select pg_current_wal_insert_lsn()::text").get(0);
      connection.commit();
      return new Refreshed(added, leftOut, Lsn.parse(position));
    }
  }

  /** Writes down that this slot uses our publications. */
  public void remember(SlotName slot) throws SQLException {
    rewriteComment(slot, true);
  }

  /** Strikes the slot; the publications go when no slot uses them any more. */
  public void forget(SlotName slot) throws SQLException {
    rewriteComment(slot, false);
  }

  /** Whether this slot was written down, by this server or another. */
  public boolean isRemembered(SlotName slot) throws SQLException {
    try (Connection connection = connector.openOrdinary()) {
      return slotsInComment(connection).contains(slot.value());
    }
  }

  private void rewriteComment(SlotName slot, boolean uses) throws SQLException {
    try (Connection connection = connector.openOrdinary()) {
      connection.setAutoCommit(false);
      lock(connection);
      if (!ownPresent(connection).contains(INSERTS)) {
        return;
      }
      Set<String> slots = slotsInComment(connection);
      Set<String> alive =
          new TreeSet<>(names(connection, "select slot_name from pg_replication_slots"));
      slots.retainAll(alive);
      if (uses) {
        slots.add(slot.value());
      } else {
        slots.remove(slot.value());
      }
      if (slots.isEmpty()) {
        execute(connection, "drop publication if exists " + INSERTS + ", " + CHANGES);
      } else {
        execute(
            connection,
            "comment on publication %s is 'slots: %s'"
                .formatted(INSERTS, slots.stream().collect(joining(", "))));
      }
      connection.commit();
    }
  }

  private static Set<String> slotsInComment(Connection connection) throws SQLException {
    String sql =
        "select obj_description(oid, 'pg_publication') from pg_publication where pubname = '"
            + INSERTS
            + "' and obj_description(oid, 'pg_publication') is not null";
    Set<String> slots = new LinkedHashSet<>();
    for (String comment : names(connection, sql)) {
      for (String slot : comment.replaceFirst("^slots: ", "").split(", ", -1)) {
        if (slot.matches("[a-z0-9_]{1,63}")) {
          slots.add(slot);
        }
      }
    }
    return slots;
  }

  private static Set<String> ownPresent(Connection connection) throws SQLException {
    Set<String> present = new TreeSet<>(names(connection, "select pubname from pg_publication"));
    present.retainAll(OWN);
    return present;
  }

  /** For all tables where we may; else for those that we own. */
  private static void createInserts(Connection connection, List<String> leftOut)
      throws SQLException {
    String publish = version(connection) >= 11 ? "insert, truncate" : "insert";
    var savepoint = connection.setSavepoint();
    try {
      execute(connection, createSql(INSERTS, "for all tables", publish));
    } catch (SQLException e) {
      if (!"42501".equals(e.getSQLState())) {
        throw e;
      }
      connection.rollback(savepoint);
      List<String> owned = names(connection, tableSql("pg_has_role(c.relowner, 'USAGE')"));
      execute(
          connection,
          createSql(
              INSERTS, owned.isEmpty() ? "" : "for table " + String.join(", ", owned), publish));
      leftOut.add(
          "The database role may not publish all tables: only the tables that it owns are streamed."
              + " Let a superuser run: CREATE PUBLICATION … FOR ALL TABLES, and name it at init");
    }
  }

  private static String createSql(String name, String tables, String publish) {
    return "create publication %s %s with (publish = '%s')".formatted(name, tables, publish);
  }

  /** The publication of changes holds exactly the tables with a usable identity that we own. */
  private static List<String> synchronize(Connection connection, List<String> leftOut)
      throws SQLException {
    List<String> usable = names(connection, tableSql(USABLE));
    List<String> owned =
        names(connection, tableSql(USABLE + " and pg_has_role(c.relowner, 'USAGE')"));
    List<String> published = names(connection, publishedSql());
    List<String> toAdd = owned.stream().filter(table -> !published.contains(table)).toList();
    List<String> toDrop = published.stream().filter(table -> !usable.contains(table)).toList();
    alter(connection, "add table ", toAdd);
    alter(connection, "drop table ", toDrop);
    List<String> foreign = usable.stream().filter(table -> !owned.contains(table)).toList();
    if (!foreign.isEmpty()) {
      leftOut.add(
          "Updates and deletes of tables of other owners are left out: "
              + String.join(", ", foreign)
              + ". Publish them in a publication of your own and name it at init");
    }
    List<String> without = names(connection, tableSql("not " + USABLE));
    if (!without.isEmpty()) {
      leftOut.add(withoutIdentity(without));
    }
    return toAdd;
  }

  private static void alter(Connection connection, String verb, List<String> tables)
      throws SQLException {
    if (!tables.isEmpty()) {
      execute(connection, "alter publication " + CHANGES + " " + verb + String.join(", ", tables));
    }
  }

  /** The warning about tables whose updates and deletes PostgreSQL does not log. */
  static String withoutIdentity(List<String> quotedTables) {
    return "Updates and deletes of tables without a replica identity are left out: "
        + String.join(", ", quotedTables)
        + ". Give each a primary key, or ALTER TABLE … REPLICA IDENTITY FULL";
  }

  /** Tables without a usable replica identity, quoted. */
  public List<String> warnings() throws SQLException {
    try (Connection connection = connector.openOrdinary()) {
      List<String> warnings = new ArrayList<>();
      List<String> without = names(connection, tableSql("not " + USABLE));
      if (!without.isEmpty()) {
        warnings.add(withoutIdentity(without));
      }
      return warnings;
    }
  }

  /** What operators should know about the server before they make a slot. */
  public List<String> serverWarnings() throws SQLException {
    try (Connection connection = connector.openOrdinary()) {
      if (version(connection) < 13
          || !names(connection, "show max_slot_wal_keep_size").equals(List.of("-1"))) {
        return List.of();
      }
      return List.of(
          "max_slot_wal_keep_size is -1: a slot that nobody reads keeps WAL until the disk is full."
              + " Drop slots that are no longer needed, or set a limit");
    }
  }

  /** PostgreSQL accepts an UPDATE: FULL, or a valid immediate key. */
  private static final String USABLE =
      """
      (c.relreplident = 'f' or exists (select 1 from pg_index i where i.indrelid = c.oid \
      and i.indisvalid and i.indimmediate \
      and ((c.relreplident = 'd' and i.indisprimary) \
      or (c.relreplident = 'i' and i.indisreplident))))""";

  private static String tableSql(String condition) {
    return """
        select format('%%I.%%I', n.nspname, c.relname) from pg_class c
          join pg_namespace n on n.oid = c.relnamespace
         where c.relkind = 'r' and c.relpersistence = 'p' and c.oid >= 16384
           and n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast') and %s
         order by 1"""
        .formatted(condition);
  }

  private static String publishedSql() {
    return "select format('%%I.%%I', n.nspname, c.relname) from pg_publication_rel r"
            .replace("%%", "%")
        + " join pg_publication p on p.oid = r.prpubid join pg_class c on c.oid = r.prrelid"
        + " join pg_namespace n on n.oid = c.relnamespace where p.pubname = '"
        + CHANGES
        + "' order by 1";
  }

  private static void lock(Connection connection) throws SQLException {
    try (PreparedStatement statement =
        connection.prepareStatement("select pg_advisory_xact_lock(?)")) {
      statement.setLong(1, LOCK);
      statement.execute();
    }
  }

  private static int version(Connection connection) throws SQLException {
    return connection.getMetaData().getDatabaseMajorVersion();
  }

  private static List<String> names(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      List<String> names = new ArrayList<>();
      while (rows.next()) {
        names.add(rows.getString(1));
      }
      return names;
    }
  }

  private static void execute(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }
}
