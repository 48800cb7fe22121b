package org.pgdeltastream.replication.publication;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.pgdeltastream.change.SlotName;
import org.pgdeltastream.change.TableName;
import org.pgdeltastream.replication.connection.ReplicationConnector;

/** Which publications PostgreSQL has, and what of its tables and settings an operator must know. */
public final class Publications {
  static final String INSERTS = "pgdeltastream_inserts";
  static final String CHANGES = "pgdeltastream_changes";

  /** The names of ours, as {@code publication_names} wants them. */
  public static final List<String> OWN = List.of(INSERTS, CHANGES);

  /** What a slot that uses ours forbids the owners of tables. */
  public static final String SET_UNLOGGED =
      "PostgreSQL refuses ALTER TABLE … SET UNLOGGED of published tables. Run in its transaction,"
          + " before it: ALTER PUBLICATION pgdeltastream_changes DROP TABLE … (and the same of"
          + " pgdeltastream_inserts, if it is not of all tables)";

  private static final String COLUMNS =
      "select distinct a.attname from pg_catalog.pg_publication_tables t"
          + " join pg_catalog.pg_namespace n on n.nspname = t.schemaname"
          + " join pg_catalog.pg_class c on c.relnamespace = n.oid and c.relname = t.tablename"
          + " join pg_catalog.pg_attribute a on a.attrelid = c.oid"
          + " where t.pubname = any (?) and t.schemaname = ? and t.tablename = ?"
          + " and a.attnum > 0 and not a.attisdropped"
          + " and coalesce(pg_catalog.jsonb_exists("
          + "pg_catalog.to_jsonb(t) -> 'attnames', a.attname), true)"; // from 15 on

  private final ReplicationConnector connector;

  public Publications(ReplicationConnector connector) {
    this.connector = connector;
  }

  /**
   * The publications of the database.
   *
   * @param oids by name: a publication that was dropped and made again has another
   * @param users the slots that use ours, as the comment of one of them says
   */
  public record Present(Map<String, Long> oids, Set<String> users) {
    public Present {
      oids = Map.copyOf(oids);
      users = Set.copyOf(users);
    }

    /** Which of these names PostgreSQL does not have. */
    public List<String> missing(List<String> names) {
      return names.stream().filter(name -> !oids.containsKey(name)).toList();
    }
  }

  public Present present() throws SQLException {
    String sql =
        "select pubname, oid, pubname = '%s', obj_description(oid, 'pg_publication')"
                .formatted(INSERTS)
            + " from pg_publication";
    return connector.ask(connection -> present(connection, sql));
  }

  private static Present present(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      Map<String, Long> oids = new HashMap<>();
      Set<String> users = new HashSet<>();
      while (rows.next()) {
        oids.put(rows.getString(1), rows.getLong(2));
        if (rows.getBoolean(3)) {
          users.addAll(PublicationUsers.read(Optional.ofNullable(rows.getString(4))));
        }
      }
      return new Present(oids, users);
    }
  }

  /**
   * Whether one of these was made or changed when WAL had been written already that the slot has
   * yet to send: a slot that was made later, perhaps by the name of an older one, lacks nothing.
   */
  public boolean areYoungerThan(SlotName slot, List<String> names) throws SQLException {
    String sql =
        "select exists (select from pg_catalog.pg_publication p, pg_catalog.pg_replication_slots s"
            + " where s.slot_name = ? and p.pubname = any (?)"
            + " and pg_catalog.age(p.xmin) <= pg_catalog.age(s.catalog_xmin))";
    return connector.ask(
        connection -> {
          try (PreparedStatement statement = connection.prepareStatement(sql)) {
            statement.setString(1, slot.value());
            statement.setArray(2, connection.createArrayOf("text", names.toArray()));
            try (ResultSet rows = statement.executeQuery()) {
              rows.next();
              return rows.getBoolean(1);
            }
          }
        });
  }

  /** The columns of a table that these publications send; none if they do not have the table. */
  public List<String> columns(List<String> names, TableName table) throws SQLException {
    return connector.ask(connection -> columns(connection, names, table));
  }

  /** The same, as the connection's transaction sees it. */
  public static List<String> columns(Connection connection, List<String> names, TableName table)
      throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(COLUMNS)) {
      statement.setArray(1, connection.createArrayOf("text", names.toArray()));
      statement.setString(2, table.schema());
      statement.setString(3, table.table());
      try (ResultSet rows = statement.executeQuery()) {
        List<String> columns = new ArrayList<>();
        while (rows.next()) {
          columns.add(rows.getString(1));
        }
        return columns;
      }
    }
  }

  /** What operators should know about the tables before they make a slot that sends them all. */
  public List<String> warnings() throws SQLException {
    try (Connection connection = connector.openOrdinary()) {
      return PublishedTable.withoutIdentity(connection);
    }
  }

  /** What operators should know about the server before they make a slot. */
  public List<String> serverWarnings() throws SQLException {
    try (Connection connection = connector.openOrdinary();
        Statement statement = connection.createStatement()) {
      if (connection.getMetaData().getDatabaseMajorVersion() < 13) {
        return List.of();
      }
      try (ResultSet rows = statement.executeQuery("show max_slot_wal_keep_size")) {
        rows.next();
        if (!"-1".equals(rows.getString(1))) {
          return List.of();
        }
      }
      return List.of(
          "max_slot_wal_keep_size is -1: a slot that nobody reads keeps WAL until the disk is full."
              + " Drop slots that are no longer needed, or set a limit");
    }
  }
}
