package org.pgdeltastream.replication.facts;

import java.sql.Array;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.pgdeltastream.doctor.Facts.Identity;
import org.pgdeltastream.doctor.Facts.Role;
import org.pgdeltastream.doctor.Facts.Room;
import org.pgdeltastream.doctor.Facts.Server;
import org.pgdeltastream.doctor.ServerSettings;
import org.pgdeltastream.doctor.ServerSettings.Setting;
import org.postgresql.PGConnection;

/** The server, its settings, the role and what room there is. */
final class ServerRows {
  /** One command without a backslash, which a walsender takes too. */
  private static final String IDENTITY =
      """
      select %s as system, pg_catalog.pg_postmaster_start_time() as started,
        pg_catalog.pg_is_in_recovery() as standby""";

  private static final String SYSTEM =
      "(select system_identifier::text from pg_catalog.pg_control_system())";

  private static final String MAY_ASK =
      "select pg_catalog.has_function_privilege('pg_catalog.pg_control_system()', 'EXECUTE') as may";

  private static final String SERVER =
      """
      select current_setting('server_version_num')::int as number,
        current_setting('server_version') as version, current_database() as database,
        pg_catalog.pg_backend_pid() as process""";

  private static final String SETTINGS =
      """
      select name, setting, coalesce(unit, '') as unit, source, context
        from pg_catalog.pg_settings
       where name in ('wal_level', 'effective_wal_level', 'output_plugin_libraries',
           'max_slot_wal_keep_size', 'idle_replication_slot_timeout', 'wal_sender_timeout',
           'default_transaction_read_only', 'fsync', 'full_page_writes', 'synchronous_commit',
           'hot_standby_feedback', 'primary_slot_name', 'sync_replication_slots',
           'synchronized_standby_slots')
          or name like 'rds.%' or name like 'cloudsql.%' or name like 'azure.%'""";

  private static final String ROLE =
      """
      select r.rolname, r.rolsuper, r.rolbypassrls,
        r.rolreplication or exists (select from pg_catalog.pg_roles
            where rolname = 'rds_replication' and pg_catalog.pg_has_role(oid, 'member'))
          as replicates,
        pg_catalog.has_database_privilege(current_database(), 'CREATE') as creates,
        pg_catalog.pg_has_role('pg_read_all_stats', 'usage') as monitors,
        array(select setting from pg_catalog.pg_db_role_setting,
            unnest(setconfig) as setting
          where setrole in (0, r.oid)
            and setdatabase in (0, (select oid from pg_catalog.pg_database
                where datname = current_database()))
            and setting ~ '^(statement|idle_in_transaction_session|idle_session|transaction|lock)_timeout='
          order by 1) as overrides
        from pg_catalog.pg_roles as r where r.rolname = current_user""";

  /** Connections of walsenders are not among the others since PostgreSQL 12. */
  private static final String ROOM =
      """
      select (select count(*) from pg_catalog.pg_replication_slots) as slots,
        current_setting('max_replication_slots')::int as most_slots,
        (select count(*) from pg_catalog.pg_stat_replication) as senders,
        current_setting('max_wal_senders')::int as most_senders,
        (select coalesce(sum(numbackends), 0) from pg_catalog.pg_stat_database) as connections,
        current_setting('max_connections')::int
          - current_setting('superuser_reserved_connections')::int
          - coalesce(current_setting('reserved_connections', true), '0')::int
          as most_connections,
        (select count(*) from pg_catalog.pg_stat_activity where usename = current_user) as of_role,
        (select rolconnlimit from pg_catalog.pg_roles where rolname = current_user) as role_limit,
        (select numbackends from pg_catalog.pg_stat_database
          where datname = current_database()) as of_database,
        (select datconnlimit from pg_catalog.pg_database
          where datname = current_database()) as database_limit""";

  private final FactsSession session;

  ServerRows(FactsSession session) {
    this.session = session;
  }

  /** Asks who answers; without the system's number where the role may not ask for it. */
  String whoAnswers() throws SQLException {
    boolean may = session.one(MAY_ASK, row -> row.getBoolean("may"));
    return IDENTITY.formatted(may ? SYSTEM : "''");
  }

  Server server(Connection connection, Optional<Identity> ofReplication) throws SQLException {
    Identity identity = session.one(whoAnswers(), ServerRows::identity);
    Duration clockAhead = clockAhead();
    int process = connection.unwrap(PGConnection.class).getBackendPID();
    String driver = connection.getMetaData().getDriverVersion();
    return session.one(
        SERVER,
        row ->
            new Server(
                row.getInt("number"),
                row.getString("version"),
                row.getString("database"),
                identity.standby(),
                row.getInt("process") != process,
                identity,
                ofReplication,
                clockAhead,
                driver));
  }

  static Identity identity(ResultSet row) throws SQLException {
    return new Identity(row.getString("system"), time(row, "started"), row.getBoolean("standby"));
  }

  private static Instant time(ResultSet row, String column) throws SQLException {
    return row.getObject(column, OffsetDateTime.class).toInstant();
  }

  /** Zero where PostgreSQL's time lies between the question and the answer. */
  private Duration clockAhead() throws SQLException {
    Instant before = Instant.now();
    Instant there =
        session.one("select pg_catalog.clock_timestamp() as now", row -> time(row, "now"));
    Instant after = Instant.now();
    if (there.isBefore(before)) {
      return Duration.between(before, there);
    }
    return there.isAfter(after) ? Duration.between(after, there) : Duration.ZERO;
  }

  ServerSettings settings() throws SQLException {
    Map<String, Setting> all = new HashMap<>();
    session.all(
        SETTINGS,
        row ->
            all.put(
                row.getString("name"),
                new Setting(
                    row.getString("setting"),
                    row.getString("unit"),
                    row.getString("source"),
                    row.getString("context"))));
    return new ServerSettings(all);
  }

  Role role() throws SQLException {
    return session.one(
        ROLE,
        row ->
            new Role(
                row.getString("rolname"),
                row.getBoolean("rolsuper"),
                row.getBoolean("replicates"),
                row.getBoolean("rolbypassrls"),
                row.getBoolean("creates"),
                row.getBoolean("monitors"),
                texts(row.getArray("overrides"))));
  }

  private static List<String> texts(Array array) throws SQLException {
    return List.of((String[]) array.getArray());
  }

  Room room() throws SQLException {
    return session.one(
        ROOM,
        row ->
            new Room(
                row.getInt("slots"),
                row.getInt("most_slots"),
                row.getInt("senders"),
                row.getInt("most_senders"),
                row.getInt("connections"),
                row.getInt("most_connections"),
                row.getInt("of_role"),
                row.getInt("role_limit"),
                row.getInt("of_database"),
                row.getInt("database_limit")));
  }
}
