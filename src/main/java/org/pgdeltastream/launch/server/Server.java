package org.pgdeltastream.launch.server;

import java.io.IOException;
import java.io.StringReader;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Properties;
import org.apache.catalina.LifecycleState;
import org.apache.catalina.connector.Connector;
import org.apache.catalina.core.StandardHost;
import org.apache.catalina.startup.Tomcat;
import org.apache.tomee.embedded.Configuration;
import org.apache.tomee.embedded.Container;
import org.jspecify.annotations.Nullable;
import org.pgdeltastream.launch.command.Address;
import org.pgdeltastream.launch.command.Command;

/**
 * An embedded TomEE that serves the WAR at {@code /}. At most one at a time in a JVM: TomEE's
 * system instance is static. The settings of the database are system properties while the server
 * runs.
 */
public final class Server implements AutoCloseable {
  private static final String RESOURCES =
      """
      jdbc/pgdelta = new://Resource?type=javax.sql.DataSource
      jdbc/pgdelta.JdbcDriver = org.postgresql.Driver
      jdbc/pgdelta.JtaManaged = false
      jdbc/pgdelta.InitialSize = 0
      jdbc/pgdelta.MinIdle = 0
      jdbc/pgdelta.MaxIdle = 16
      # milliseconds, for a free connection
      jdbc/pgdelta.MaxWait = 10000
      # seconds, for the login and the pool's checks; the application sets those of its reads
      jdbc/pgdelta.ConnectionProperties = \
        connectTimeout=10;socketTimeout=10;cancelSignalTimeout=10;tcpKeepAlive=true
      jdbc/pgdelta.TestOnBorrow = true
      jdbc/pgdelta.ValidationQuery = select 1
      concurrent/readers = new://Resource?type=jakarta.enterprise.concurrent.ManagedExecutorService
      """;

  private final Container container =
      new Container() {
        @Override
        protected Connector createConnector() {
          return secured(super.createConnector());
        }
      };
  private final Availability availability = new Availability();
  private final String host;
  private final Path workDirectory;
  private final Optional<TlsFiles> tlsFiles;
  private Optional<Tls> tls = Optional.empty();

  private Server(String host, Path workDirectory, Optional<TlsFiles> tlsFiles) {
    this.host = host;
    this.workDirectory = workDirectory;
    this.tlsFiles = tlsFiles;
  }

  /**
   * Starts the server without the application, which is not answered for yet.
   *
   * @param listen the address to listen on; port 0 takes a free one
   * @param database a blank password where it asks for none
   * @param workDirectory the server's own; it must not be in use
   * @throws IOException if the port cannot be had
   */
  public static Server begin(Address listen, Command.Named database, Path workDirectory)
      throws IOException {
    LeanStart.prepare();
    Optional<TlsFiles> tls = TlsFiles.ofSettings();
    Server server = new Server(listen.host(), workDirectory, tls);
    try {
      System.setProperty("pgdelta.database-url", database.jdbcUrl());
      System.setProperty("pgdelta.database-user", database.user());
      System.setProperty("pgdelta.database-password", database.password());
      Files.createDirectories(workDirectory);
      server.start(listen, resources(listen.host(), database, tls.isPresent()));
      return server;
    } catch (Exception e) {
      server.closeQuietly(e);
      clearProperties();
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
      checkStarted();
      availability.started();
      OwnPing.check(new Address(host, port()), tls);
    } catch (Exception e) {
      availability.stopping();
      throw failure(e);
    }
  }

  private static IOException failure(Exception e) {
    if (e instanceof InterruptedException) {
      Thread.currentThread().interrupt();
    }
    @Nullable Throwable why = e instanceof UncheckedIOException wrapped ? wrapped.getCause() : e;
    return why instanceof IOException known
        ? known
        : new IOException("The server did not start: " + e.getMessage(), e);
  }

  /** The port that the server listens on; negative if there is none. */
  public int port() {
    // Not Tomcat's getConnector(): that would add one that listens everywhere.
    return container.getTomcat().getService().findConnectors()[0].getLocalPort();
  }

  private Connector secured(Connector connector) {
    try {
      if (tlsFiles.isPresent()) {
        tls = Optional.of(Tls.on(connector, tlsFiles.get()));
      }
      return connector;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The hosts that its certificate is for; empty where it serves without TLS. */
  public Optional<List<String>> tlsHosts() {
    return tls.map(Tls::hosts);
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
      tls.ifPresent(Tls::close);
      clearProperties();
    }
  }

  private static void clearProperties() {
    for (String name : List.of("url", "user", "password")) {
      System.clearProperty("pgdelta.database-" + name);
    }
  }

  private void start(Address listen, Properties resources) throws Exception {
    Configuration configuration = new Configuration();
    configuration.setHost("localhost");
    configuration.setHttpPort(listen.port());
    configuration.setStopPort(-1);
    configuration.setDir(workDirectory.resolve("tomee").toString());
    configuration.setQuickSession(true);
    configuration.setProperties(resources);
    container.setup(configuration);
    LeanStart.writeFiles(Path.of(configuration.getDir()));
    Tomcat tomcat = container.getTomcat();
    tomcat.setBaseDir(configuration.getDir()); // else one in the user's directory
    tomcat.getEngine().getPipeline().addValve(availability);
    int sendTimeout = setting("pgdelta.send-timeout", "PGDELTA_SEND_TIMEOUT", 15);
    tomcat.getEngine().getPipeline().addValve(new Answers(Duration.ofSeconds(sendTimeout)));
    ((StandardHost) tomcat.getHost()).setErrorReportValveClass(JsonErrors.class.getName());
    container.start();
    if (port() < 0) {
      throw new IOException(
          "Cannot listen on %s, port %s; is another program there?"
              .formatted(listen.host(), listen.port()));
    }
  }

  private static Properties resources(String host, Command.Named database, boolean tls)
      throws IOException {
    Properties resources = new Properties();
    resources.load(new StringReader(RESOURCES));
    resources.setProperty("jdbc/pgdelta.JdbcUrl", database.jdbcUrl());
    resources.setProperty("jdbc/pgdelta.UserName", database.user());
    resources.setProperty("jdbc/pgdelta.PasswordCipher", HexPassword.class.getName());
    char[] password = new HexPassword().encrypt(database.password());
    resources.setProperty("jdbc/pgdelta.Password", String.valueOf(password));
    int tables = setting("pgdelta.table-readers", "PGDELTA_TABLE_READERS", 24);
    resources.setProperty("jdbc/pgdelta.MaxActive", String.valueOf(tables + 8));
    // Each stream keeps a thread, and no task may wait behind one.
    int core = setting("pgdelta.streams", "PGDELTA_STREAMS", 64) + 64;
    for (String executor : List.of("concurrent/readers", "Default Executor Service")) {
      resources.setProperty(executor + ".Core", String.valueOf(core));
      resources.setProperty(executor + ".Max", String.valueOf(core + 64));
      resources.setProperty(executor + ".Queue", "1");
    }
    resources.setProperty("connector.attributes.address", host);
    Connections connections = Connections.fitting(tls);
    connections.configure(resources);
    connections.log();
    return resources;
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
  private void checkStarted() throws IOException {
    for (org.apache.catalina.Container application :
        container.getTomcat().getHost().findChildren()) {
      if (application.getState() != LifecycleState.STARTED) {
        throw new IOException("The application did not start; the log says why");
      }
    }
  }

  private void closeQuietly(Exception reason) {
    tls.ifPresent(Tls::close);
    try {
      if (container.getTomcat().getServer().getState().isAvailable()) {
        container.close(); // it would wait for ever for a server that never started
      }
    } catch (Exception e) {
      reason.addSuppressed(e);
    }
  }
}
