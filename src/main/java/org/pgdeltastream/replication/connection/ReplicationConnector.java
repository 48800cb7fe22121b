package org.pgdeltastream.replication.connection;

import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Optional;
import java.util.Properties;
import java.util.UUID;
import javax.sql.DataSource;
import org.pgdeltastream.change.HeapBudget;
import org.pgdeltastream.change.SessionSettings;
import org.pgdeltastream.change.SlotName;
import org.pgdeltastream.replication.connection.ReplicationSocketFactory.Purpose;
import org.postgresql.Driver;

/**
 * Opens connections: replication connections, which carry commands and streams, and ordinary ones
 * for the catalog and for snapshots that are held. We open replication connections ourselves with
 * the driver properties that a stream needs, or take them from an administrator's DataSource.
 */
public final class ReplicationConnector {
  /** From the first moment; the rest of {@link SessionSettings} follows. */
  private static final String OPTIONS =
      " -c lock_timeout=10s -c statement_timeout=0 -c idle_in_transaction_session_timeout=0";

  private static final int WATCH_MILLIS = 3_000;
  private static final int QUESTION_MILLIS = 15_000; // PostgreSQL itself ends them before
  private static final int CALL_MILLIS = 20_000; // one that takes longer says so itself
  private static final int DECODING_MILLIS = 60_000;

  private final ConnectionSettings settings;
  private final Optional<DataSource> replicationSource;
  private final HeapBudget heap;
  private final Optional<OpenSockets> cuts;
  private final ControlConnection control;

  /**
   * Opens nothing yet.
   *
   * @param replicationSource the administrator's, for connections to walsenders
   * @param heap for large messages
   */
  public ReplicationConnector(
      ConnectionSettings settings, Optional<DataSource> replicationSource, HeapBudget heap) {
    this.settings = settings;
    this.replicationSource = replicationSource;
    this.heap = heap;
    this.cuts = Optional.empty();
    this.control = new ControlConnection(sockets -> within(sockets).openForQuestions());
  }

  private ReplicationConnector(ReplicationConnector uncut, OpenSockets sockets) {
    this.settings = uncut.settings;
    this.heap = uncut.heap;
    this.replicationSource = uncut.replicationSource;
    this.cuts = Optional.of(sockets);
    this.control = uncut.control;
  }

  /**
   * The same, with connections that can be cut from outside; those of an administrator's DataSource
   * cannot.
   */
  public ReplicationConnector within(OpenSockets sockets) {
    return new ReplicationConnector(this, sockets);
  }

  /** The kept connection for questions, which all of the same server share. */
  public ControlConnection control() {
    return control;
  }

  /** Asks on the kept connection. */
  public <T> T ask(ControlConnection.Question<T> question) throws SQLException {
    return control.ask(cuts.orElseGet(OpenSockets::new), question);
  }

  /** An ordinary connection with our display settings; the caller closes it. */
  public Connection openOrdinary() throws SQLException {
    return openOrdinary(commonProperties());
  }

  /** The same, for the snapshot of this slot; the connection's name contains the slot's. */
  public Connection openHolder(SlotName slot) throws SQLException {
    Properties properties = commonProperties();
    properties.setProperty("ApplicationName", HolderName.of(settings.applicationName(), slot));
    return openOrdinary(properties);
  }

  private Connection openOrdinary(Properties properties) throws SQLException {
    return configured(connect(properties), CALL_MILLIS, SessionSettings.ofSession());
  }

  /**
   * Closes the connection if it refuses the settings.
   *
   * @param millis how long each answer may take from then on; the first ones may take less
   */
  private static Connection configured(Connection connection, int millis, String... settings)
      throws SQLException {
    try (Statement statement = connection.createStatement()) {
      for (String setting : settings) {
        statement.execute(setting);
      }
      connection.setNetworkTimeout(Runnable::run, millis);
      return connection;
    } catch (SQLException e) {
      connection.close();
      throw e;
    }
  }

  /** A connection that fails within a few seconds where PostgreSQL does not answer. */
  public Connection openWatch() throws SQLException {
    Properties properties = commonProperties();
    properties.setProperty("connectTimeout", "3");
    properties.setProperty("sslResponseTimeout", "3000");
    properties.setProperty("socketTimeout", "3");
    return configured(connect(properties), WATCH_MILLIS, SessionSettings.ofSession());
  }

  /** A connection whose questions end in time, and do not wait for locks. */
  private Connection openForQuestions() throws SQLException {
    return configured(connect(commonProperties()), QUESTION_MILLIS, SessionSettings.ofQuestions());
  }

  /** A connection to a walsender; the caller closes it. */
  public InputConnection openReplication() throws SQLException {
    InputConnection opened =
        replicationSource.isPresent()
            ? withInput(replicationSource.get().getConnection(), Optional.empty())
            : connectWithInput(walsenderProperties());
    configured(
        opened.connection(),
        CALL_MILLIS,
        SessionSettings.ofSession(),
        SessionSettings.ofWalsender());
    return opened;
  }

  private Properties walsenderProperties() {
    Properties properties = commonProperties();
    properties.setProperty("replication", "database");
    properties.setProperty("assumeMinServerVersion", "10");
    properties.setProperty("preferQueryMode", "simple");
    return properties;
  }

  /** An ordinary connection that shows values as a walsender does; the caller closes it. */
  public InputConnection openWithInput() throws SQLException {
    InputConnection opened = connectWithInput(commonProperties());
    configured(opened.connection(), DECODING_MILLIS, SessionSettings.ofSession());
    return opened;
  }

  /** The input stays the driver's where the administrator names another socket factory. */
  private InputConnection connectWithInput(Properties properties) throws SQLException {
    if (!isOurs(properties)) {
      return withInput(connect(properties), Optional.empty());
    }
    Purpose purpose = new Purpose(true, cuts);
    Connection connection = connect(properties, purpose);
    try {
      return withInput(connection, Optional.of(purpose.input()));
    } catch (IOException e) {
      connection.close();
      throw new SQLException("The connection was lost at its start", "08006", e);
    }
  }

  private InputConnection withInput(Connection connection, Optional<SocketInput> input) {
    return new InputConnection(connection, input, heap.share());
  }

  private static boolean isOurs(Properties properties) {
    return ReplicationSocketFactory.class.getName().equals(properties.getProperty("socketFactory"));
  }

  /** The URL's parameters count, except those that our connections depend on. */
  private Properties commonProperties() {
    Properties properties = new Properties();
    properties.setProperty("connectTimeout", "10");
    properties.setProperty("tcpKeepAlive", "true");
    properties.setProperty("socketFactory", ReplicationSocketFactory.class.getName());
    properties.putAll(settings.parameters());
    properties.setProperty("socketTimeout", "10"); // for the login; then each call has its own
    if (isOurs(properties)) {
      properties.setProperty("socketFactoryArg", ReplicationSocketFactory.NO_KEY);
    }
    properties.setProperty("user", settings.user());
    properties.setProperty("password", settings.password());
    properties.setProperty("ApplicationName", settings.applicationName());
    properties.setProperty("options", (properties.getProperty("options", "") + OPTIONS).strip());
    properties.setProperty("readOnly", "false");
    properties.remove("replication");
    properties.remove("assumeMinServerVersion");
    return properties;
  }

  private Connection connect(Properties properties) throws SQLException {
    return cuts.isPresent() && isOurs(properties)
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
      Connection connection = new Driver().connect(settings.address(), properties);
      if (connection == null) {
        throw new SQLException(
            "Not a PostgreSQL URL (jdbc:postgresql://host:port/database): " + settings.address(),
            "08001");
      }
      return connection;
    } finally {
      thread.setContextClassLoader(before);
    }
  }
}
