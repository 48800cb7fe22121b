package org.pgdeltastream.replication;

import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Optional;
import java.util.Properties;
import java.util.UUID;
import javax.sql.DataSource;
import org.pgdeltastream.change.SlotName;
import org.pgdeltastream.replication.ReplicationSocketFactory.Purpose;
import org.postgresql.Driver;
import org.postgresql.PGConnection;

/**
 * Opens connections: replication connections, which carry commands and streams, and ordinary ones
 * for the catalog and for snapshots that are held. Replication connections are opened by ourselves
 * with the driver properties that a stream needs, or taken from a DataSource of the administrator.
 */
public final class ReplicationConnector {
  /** The same for every connection that shows values (contract: display settings). */
  private static final String DISPLAY =
      "set timezone = 'UTC'; set datestyle = 'ISO'; set intervalstyle = 'postgres';"
          + " set bytea_output = 'hex'; set extra_float_digits = 3;"
          + " set search_path = \"$user\", public; set client_min_messages = error";

  /** lock_timeout bounds the making of a slot; no server setting may end a held snapshot. */
  private static final String OPTIONS =
      "-c lock_timeout=10s -c statement_timeout=0 -c idle_in_transaction_session_timeout=0";

  private final ConnectionSettings settings;
  private final Optional<DataSource> replicationSource;
  private final Optional<OpenSockets> cuts;

  public ReplicationConnector(ConnectionSettings settings, Optional<DataSource> replicationSource) {
    this(settings, replicationSource, Optional.empty());
  }

  private ReplicationConnector(
      ConnectionSettings settings,
      Optional<DataSource> replicationSource,
      Optional<OpenSockets> cuts) {
    this.settings = settings;
    this.replicationSource = replicationSource;
    this.cuts = cuts;
  }

  /**
   * The same, with connections that can be cut from outside; those of an administrator's DataSource
   * cannot.
   */
  public ReplicationConnector within(OpenSockets sockets) {
    return new ReplicationConnector(settings, replicationSource, Optional.of(sockets));
  }

  /** An ordinary connection with our display settings; the caller closes it. */
  public Connection openOrdinary() throws SQLException {
    return openOrdinary(commonProperties());
  }

  /** The same, for the snapshot of this slot, which its name tells. */
  Connection openHolder(SlotName slot) throws SQLException {
    Properties properties = commonProperties();
    properties.setProperty("ApplicationName", HolderName.of(settings.applicationName(), slot));
    return openOrdinary(properties);
  }

  private Connection openOrdinary(Properties properties) throws SQLException {
    Connection connection = connect(properties);
    try (Statement statement = connection.createStatement()) {
      statement.execute(DISPLAY);
      if (connection.getMetaData().getDatabaseMajorVersion() >= 17) {
        statement.execute("set transaction_timeout = 0");
      }
      return connection;
    } catch (SQLException e) {
      connection.close();
      throw e;
    }
  }

  /** A connection that fails within a few seconds where PostgreSQL does not answer. */
  Connection openWatch() throws SQLException {
    Properties properties = commonProperties();
    properties.setProperty("connectTimeout", "3");
    properties.setProperty("sslResponseTimeout", "3000");
    properties.setProperty("socketTimeout", "3");
    return connect(properties);
  }

  /** A connection to a walsender; the caller closes it. */
  ReplicationConnection openReplication() throws SQLException {
    if (replicationSource.isPresent()) {
      return new ReplicationConnection(
          prepared(replicationSource.get().getConnection(), Optional.empty()));
    }
    Properties properties = commonProperties();
    properties.setProperty("replication", "database");
    properties.setProperty("assumeMinServerVersion", "10");
    properties.setProperty("preferQueryMode", "simple");
    return new ReplicationConnection(openWithInput(properties));
  }

  /** An ordinary connection that shows values as a walsender does; the caller closes it. */
  InputConnection openWithInput() throws SQLException {
    return openWithInput(commonProperties());
  }

  private InputConnection openWithInput(Properties properties) throws SQLException {
    Purpose purpose = new Purpose(true, cuts);
    Connection connection = connect(properties, purpose);
    try {
      return prepared(connection, Optional.of(purpose.input()));
    } catch (IOException e) {
      connection.close();
      throw new SQLException("The connection was lost at its start", "08006", e);
    }
  }

  private static InputConnection prepared(Connection connection, Optional<SocketInput> input)
      throws SQLException {
    try (Statement statement = connection.createStatement()) {
      for (String setting : DISPLAY.split(";", -1)) { // a walsender takes one command at a time
        statement.execute(setting);
      }
      boolean encrypted = isEncrypted(connection);
      return new InputConnection(connection, input, encrypted);
    } catch (SQLException e) {
      connection.close();
      throw e;
    }
  }

  private static boolean isEncrypted(Connection connection) throws SQLException {
    // pg_stat_ssl would need a query of the catalog, which a walsender of database mode answers
    try (Statement statement = connection.createStatement();
        var rows =
            statement.executeQuery(
                "select ssl from pg_catalog.pg_stat_ssl where pid = "
                    + connection.unwrap(PGConnection.class).getBackendPID())) {
      return rows.next() && rows.getBoolean(1);
    }
  }

  private Properties commonProperties() {
    Properties properties = new Properties();
    properties.setProperty("user", settings.user());
    properties.setProperty("password", settings.password());
    properties.setProperty("ApplicationName", settings.applicationName());
    properties.setProperty("connectTimeout", "10");
    properties.setProperty("socketTimeout", "60"); // no call waits for ever on a dead network
    properties.setProperty("tcpKeepAlive", "true");
    properties.setProperty("options", OPTIONS);
    properties.setProperty("socketFactory", ReplicationSocketFactory.class.getName());
    properties.setProperty("socketFactoryArg", ReplicationSocketFactory.NO_KEY);
    return properties;
  }

  private Connection connect(Properties properties) throws SQLException {
    return cuts.isPresent()
        ? connect(properties, new Purpose(false, cuts))
        : connectByDriver(properties);
  }

  private Connection connect(Properties properties, Purpose purpose) throws SQLException {
    String key = UUID.randomUUID().toString();
    properties.setProperty("socketFactoryArg", key);
    ReplicationSocketFactory.expect(key, purpose);
    try {
      return connectByDriver(properties);
    } finally {
      ReplicationSocketFactory.forget(key);
    }
  }

  /** The driver loads the socket factory by the thread's class loader: ours, for this call. */
  private Connection connectByDriver(Properties properties) throws SQLException {
    Thread thread = Thread.currentThread();
    ClassLoader before = thread.getContextClassLoader();
    thread.setContextClassLoader(ReplicationSocketFactory.class.getClassLoader());
    try {
      Connection connection = new Driver().connect(settings.url(), properties);
      if (connection == null) {
        throw new SQLException(
            "Not a PostgreSQL URL (jdbc:postgresql://host:port/database): " + settings.url(),
            "08001");
      }
      return connection;
    } finally {
      thread.setContextClassLoader(before);
    }
  }
}
