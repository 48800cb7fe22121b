package org.pgdeltastream.launch.server;

import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.Proxy;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import org.apache.catalina.LifecycleState;
import org.apache.catalina.connector.Connector;
import org.apache.catalina.core.StandardHost;
import org.apache.tomee.embedded.Configuration;
import org.apache.tomee.embedded.Container;
import org.pgdeltastream.launch.command.Address;

/**
 * An embedded TomEE that serves the WAR at {@code /}. At most one at a time in a JVM: TomEE's
 * system instance is static. The settings of the database are system properties while the server
 * runs.
 */
public final class Server implements AutoCloseable {
  /** 401 and 403 are the application's: access is configured. */
  private static final Set<Integer> APPLICATION_ANSWERS = Set.of(200, 401, 403);

  private static final int PING_MILLIS = 20_000;

  /** In seconds, for the login and the pool's looks; the application sets those of its reads. */
  private static final String TIME_LIMITS =
      "connectTimeout=10;socketTimeout=10;cancelSignalTimeout=10;tcpKeepAlive=true";

  private final Container container;
  private final SystemProperties properties;
  private final Availability availability;
  private final Path workDirectory;
  private final String host;
  private final int port;

  private Server(
      Container container,
      SystemProperties properties,
      Availability availability,
      Path workDirectory,
      String host,
      int port) {
    this.container = container;
    this.properties = properties;
    this.availability = availability;
    this.workDirectory = workDirectory;
    this.host = host;
    this.port = port;
  }

  /**
   * Starts the server and returns when the application answers.
   *
   * @param host the address to listen on
   * @param port the port to listen on; 0 takes a free one
   * @param jdbcUrl {@code jdbc:postgresql://host:port/database}
   * @param password blank where the database asks for none
   * @param workDirectory the server's own; it must not be in use
   * @throws IOException if the port cannot be had or the application does not come up
   */
  public static Server start(
      Path war,
      String host,
      int port,
      String jdbcUrl,
      String user,
      String password,
      Path workDirectory)
      throws IOException {
    Server server = begin(host, port, jdbcUrl, user, password, workDirectory);
    try {
      server.deploy(war);
      return server;
    } catch (IOException e) {
      try (server) {
        throw e;
      }
    }
  }

  /** Starts the server without the application, which is not answered for yet. */
  public static Server begin(
      String host, int port, String jdbcUrl, String user, String password, Path workDirectory)
      throws IOException {
    SystemProperties properties = new SystemProperties();
    LeanStart.prepare();
    Container container = new Container();
    Availability availability = new Availability();
    try {
      properties.set("pgdelta.database-url", jdbcUrl);
      properties.set("pgdelta.database-user", user);
      properties.set("pgdelta.database-password", password);
      Files.createDirectories(workDirectory);
      Properties resources = resources(jdbcUrl, user, password);
      int actualPort = start(container, availability, host, port, resources, workDirectory);
      return new Server(container, properties, availability, workDirectory, host, actualPort);
    } catch (Exception e) {
      closeQuietly(container, e);
      properties.restore();
      throw failure(e);
    }
  }

  /** Starts the application, and returns when it answers. */
  public void deploy(Path war) throws IOException {
    try {
      // TomEE unpacks a WAR beside its file.
      Path application = workDirectory.resolve("app.war");
      Files.copy(war, application, StandardCopyOption.REPLACE_EXISTING);
      container.deploy("", application.toFile(), true);
      checkStarted(container);
      availability.started();
      checkPing(host, port);
    } catch (Exception e) {
      availability.stopping();
      throw failure(e);
    }
  }

  private static IOException failure(Exception e) {
    if (e instanceof InterruptedException) {
      Thread.currentThread().interrupt();
    }
    return e instanceof IOException known
        ? known
        : new IOException("The server did not start: " + e.getMessage(), e);
  }

  /** The port that the server listens on. */
  public int port() {
    return port;
  }

  /** Stops the application, which closes its clients, and then the server. */
  @Override
  public void close() throws IOException {
    availability.stopping();
    try (container) {
      container.undeploy("");
    } catch (Exception e) {
      throw new IOException("The server did not stop cleanly: " + e.getMessage(), e);
    } finally {
      properties.restore();
    }
  }

  private static int start(
      Container container,
      Availability availability,
      String host,
      int port,
      Properties resources,
      Path workDirectory)
      throws Exception {
    Configuration configuration = new Configuration();
    configuration.setHost("localhost");
    configuration.setHttpPort(port);
    configuration.setStopPort(-1);
    configuration.setDir(workDirectory.resolve("tomee").toString());
    configuration.setQuickSession(true);
    resources.setProperty("connector.attributes.address", host);
    Connections connections = Connections.fitting();
    connections.configure(resources);
    connections.log();
    configuration.setProperties(resources);
    container.setup(configuration);
    LeanStart.writeFiles(Path.of(configuration.getDir()));
    container.getTomcat().setBaseDir(configuration.getDir()); // else one in the user's directory
    container.getTomcat().getEngine().getPipeline().addValve(availability);
    container.getTomcat().getEngine().getPipeline().addValve(new Answers(sendTimeout()));
    ((StandardHost) container.getTomcat().getHost())
        .setErrorReportValveClass(JsonErrors.class.getName());
    container.start();
    // Not Tomcat's getConnector(): that would add one that listens everywhere.
    Connector connector = container.getTomcat().getService().findConnectors()[0];
    int actualPort = connector.getLocalPort();
    if (actualPort < 0) {
      throw new IOException(
          "Cannot listen on %s, port %s; is another program there?".formatted(host, port));
    }
    return actualPort;
  }

  private static Properties resources(String jdbcUrl, String user, String password) {
    // Each stream keeps a thread, and no task may wait behind one.
    int core = setting("pgdelta.streams", "PGDELTA_STREAMS", 64) + 64;
    Properties resources = new Properties();
    resources.setProperty("jdbc/pgdelta", "new://Resource?type=javax.sql.DataSource");
    resources.setProperty("jdbc/pgdelta.JdbcDriver", "org.postgresql.Driver");
    resources.setProperty("jdbc/pgdelta.JdbcUrl", jdbcUrl);
    resources.setProperty("jdbc/pgdelta.UserName", user);
    resources.setProperty("jdbc/pgdelta.PasswordCipher", HexPassword.class.getName());
    resources.setProperty(
        "jdbc/pgdelta.Password", String.valueOf(new HexPassword().encrypt(password)));
    resources.setProperty("jdbc/pgdelta.JtaManaged", "false");
    resources.setProperty("jdbc/pgdelta.InitialSize", "0");
    resources.setProperty("jdbc/pgdelta.MinIdle", "0");
    int tables = setting("pgdelta.table-readers", "PGDELTA_TABLE_READERS", 24);
    resources.setProperty("jdbc/pgdelta.MaxActive", String.valueOf(tables + 8));
    resources.setProperty("jdbc/pgdelta.MaxIdle", "16");
    resources.setProperty("jdbc/pgdelta.MaxWait", "10000"); // milliseconds, for a free one
    resources.setProperty("jdbc/pgdelta.ConnectionProperties", TIME_LIMITS);
    resources.setProperty("jdbc/pgdelta.TestOnBorrow", "true");
    resources.setProperty("jdbc/pgdelta.ValidationQuery", "select 1");
    resources.setProperty(
        "concurrent/readers",
        "new://Resource?type=jakarta.enterprise.concurrent.ManagedExecutorService");
    for (String executor : new String[] {"concurrent/readers", "Default Executor Service"}) {
      resources.setProperty(executor + ".Core", String.valueOf(core));
      resources.setProperty(executor + ".Max", String.valueOf(core + 64));
      resources.setProperty(executor + ".Queue", "1");
    }
    return resources;
  }

  private static Duration sendTimeout() {
    return Duration.ofSeconds(setting("pgdelta.send-timeout", "PGDELTA_SEND_TIMEOUT", 15));
  }

  private static int setting(String property, String variable, int usual) {
    String environment = Optional.ofNullable(System.getenv(variable)).orElse("");
    return number(System.getProperty(property, ""), environment, usual);
  }

  /** As the application reads it, which refuses what is no number. */
  static int number(String property, String variable, int usual) {
    String text = property.isBlank() ? variable : property;
    return text.matches("[0-9]{1,6}") ? Integer.parseInt(text) : usual;
  }

  /** TomEE's deploy returns without an exception when the application did not start. */
  private static void checkStarted(Container container) throws IOException {
    for (org.apache.catalina.Container application :
        container.getTomcat().getHost().findChildren()) {
      if (application.getState() != LifecycleState.STARTED) {
        throw new IOException("The application did not start; the log says why");
      }
    }
  }

  private static void checkPing(String host, int port) throws IOException {
    URL ping = new URL("http", Address.reachable(host), port, "/v1/ping");
    int status;
    try {
      HttpURLConnection call = (HttpURLConnection) ping.openConnection(Proxy.NO_PROXY);
      call.setConnectTimeout(PING_MILLIS);
      call.setReadTimeout(PING_MILLIS);
      status = call.getResponseCode();
      call.disconnect();
    } catch (IOException e) {
      throw new IOException("The application does not answer %s: %s".formatted(ping, e), e);
    }
    if (!APPLICATION_ANSWERS.contains(status)) {
      throw new IOException(
          "The application did not start: %s answers %s; the log says why".formatted(ping, status));
    }
  }

  private static void closeQuietly(Container container, Exception reason) {
    try {
      LifecycleState state = container.getTomcat().getServer().getState();
      if (state.isAvailable()) {
        container.close(); // it would wait for ever for a server that never started
      }
    } catch (Exception e) {
      reason.addSuppressed(e);
    }
  }

  /** System properties that return to what they were. */
  private static final class SystemProperties {
    private final Map<String, Optional<String>> before = new HashMap<>();

    void set(String name, String value) {
      before.put(name, Optional.ofNullable(System.getProperty(name)));
      System.setProperty(name, value);
    }

    void restore() {
      before.forEach(
          (name, value) ->
              value.ifPresentOrElse(
                  text -> System.setProperty(name, text), () -> System.clearProperty(name)));
    }
  }
}
