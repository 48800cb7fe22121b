package org.pgdeltastream.launch;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.ServerSocket;
import java.net.SocketException;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.logging.LogManager;
import org.pgdeltastream.launch.command.Address;
import org.pgdeltastream.launch.command.Arguments;
import org.pgdeltastream.launch.command.Command;
import org.pgdeltastream.launch.command.Guide;
import org.pgdeltastream.launch.postgres.DatabaseAccess;
import org.pgdeltastream.launch.postgres.EmbeddedDatabase;
import org.pgdeltastream.launch.postgres.FileTrees;
import org.pgdeltastream.launch.postgres.Postmaster;
import org.pgdeltastream.launch.server.ConnectorWatch;
import org.pgdeltastream.launch.server.Server;
import org.pgdeltastream.launch.server.StartMemory;

/** The standalone server: what it opens is closed in reverse order when the JVM ends. */
public final class Launcher {
  private static final String FEEDS = "pgdelta.feeds";

  private static final String LOGGING =
      """
      handlers=java.util.logging.ConsoleHandler
      java.util.logging.ConsoleHandler.level=ALL
      java.util.logging.SimpleFormatter.format=%1$tF %1$tT %4$s %5$s%6$s%n
      .level=WARNING
      org.pgdeltastream.level=INFO
      org.apache.johnzon.level=SEVERE
      io.zonky.level=OFF
      org.apache.velocity.level=OFF
      org.apache.openejb.javaagent.level=OFF
      OpenEJB.level=WARNING
      org.apache.catalina.loader.level=SEVERE
      """;

  private final Deque<AutoCloseable> opened = new ArrayDeque<>();
  private final Path files;
  private final Path directory;
  private final Path passing;
  private volatile boolean closing;

  private Launcher(Path files, Path directory, Path passing) {
    this.files = files;
    this.directory = directory;
    this.passing = passing;
  }

  /**
   * Starts the server and returns; the server's threads keep the JVM alive.
   *
   * @param jar the runnable jar, for the text that is printed
   * @param files what the jar carries, unpacked
   * @param directory for what the server writes
   * @param passing what is deleted at the end
   */
  public static void run(Path jar, Path files, Path directory, Path passing, String[] arguments)
      throws Exception {
    Command.Serve command =
        (Command.Serve) Arguments.parse(arguments, System::getenv, System::getProperty);
    quietLogs();
    RefusedSetting refused = RefusedSetting.watch();
    Launcher launcher = new Launcher(files, directory, passing);
    Runtime.getRuntime().addShutdownHook(new Thread(launcher::close, "shutdown"));
    try {
      launcher.start(command, jar);
    } catch (Exception e) {
      String failure = e instanceof IOException ? e.getMessage() : e.toString();
      System.err.println("pgdeltastream: " + refused.sentence().orElse(failure));
      System.exit(1);
    }
    Thread.currentThread().join(); // the shutdown hook ends it
  }

  private void start(Command.Serve command, Path jar) throws Exception {
    Address listen = command.listen();
    refuseUsedPort(listen);
    String next =
        command.database() instanceof Command.Embedded wanted
            ? withOwn(wanted, listen, jar)
            : with((Command.Named) command.database(), listen, jar);
    System.out.print(next);
    System.out.flush();
    StartMemory.giveBack();
  }

  private String with(Command.Named named, Address listen, Path jar) throws Exception {
    return deployTo(begin(named, listen), named, listen, jar, Optional.empty());
  }

  /** PostgreSQL and the server start side by side; the application needs both. */
  private String withOwn(Command.Embedded wanted, Address listen, Path jar) throws Exception {
    Path data = wanted.data().orElse(directory.resolve("data"));
    Optional<Path> binaries =
        System.getProperty("ot.epg.working-dir") == null
            ? Optional.of(files.resolve("postgres"))
            : Optional.empty();
    DatabaseAccess access = DatabaseAccess.to(data, binaries);
    Postmaster.note(directory, data, access.port());
    Command.Named named =
        new Command.Named(access.jdbcUrl(), EmbeddedDatabase.USER, access.password());
    FutureTask<EmbeddedDatabase> database =
        new FutureTask<>(() -> EmbeddedDatabase.start(wanted, data, access));
    new Thread(database, "PostgreSQL's start").start();
    if (System.getProperty(FEEDS) == null && System.getenv("PGDELTA_FEEDS") == null) {
      System.setProperty(FEEDS, Guide.FEED);
    }
    Map<String, String> users = DemoUsers.in(directory);
    Server server;
    try {
      server = begin(named, listen);
    } finally {
      openBelow(database);
    }
    Optional<Guide.Own> own = Optional.of(new Guide.Own(DatabaseAccess.passwordFile(data), users));
    return deployTo(server, named, listen, jar, own);
  }

  private Server begin(Command.Named named, Address listen) throws Exception {
    return open(() -> Server.begin(listen, named, directory.resolve("server")));
  }

  /** Opens one thing under the lock, so that close waits for it and then finds it. */
  private synchronized <T extends AutoCloseable> T open(Callable<T> opening) throws Exception {
    if (closing) {
      throw new IOException("Stopped while starting");
    }
    T thing = opening.call();
    opened.push(thing);
    return thing;
  }

  private synchronized String deployTo(
      Server server, Command.Named named, Address listen, Path jar, Optional<Guide.Own> own)
      throws IOException {
    if (closing) {
      throw new IOException("Stopped while starting");
    }
    server.deploy(files.resolve("app.war"));
    opened.push(ConnectorWatch.start()); // closed first
    Address address = new Address(listen.host(), server.port());
    return Guide.text(jar, address, server.tlsHosts(), named, own);
  }

  /** What is being opened already, to be closed last. */
  private synchronized void openBelow(FutureTask<? extends AutoCloseable> opening)
      throws Exception {
    try {
      opened.addLast(opening.get());
    } catch (ExecutionException e) {
      throw e.getCause() instanceof Exception cause ? cause : e;
    }
  }

  private void close() {
    closing = true; // before the lock: what is being opened now is the last
    closeAll();
  }

  private synchronized void closeAll() {
    while (!opened.isEmpty()) {
      try {
        opened.pop().close();
      } catch (Exception e) {
        System.err.println("pgdeltastream: " + e.getMessage());
      }
    }
    FileTrees.delete(passing);
  }

  private static void refuseUsedPort(Address listen) throws IOException {
    InetAddress address = address(listen);
    try (ServerSocket probe = new ServerSocket(listen.port(), 1, address)) {
      probe.getLocalPort();
    } catch (SocketException e) {
      String what = "Cannot listen on %s: %s. -serverPort takes another port";
      String where = "Cannot listen on %s: %s. -serverHost takes an address of this machine";
      throw new IOException((isOurs(address) ? what : where).formatted(listen, e.getMessage()), e);
    }
  }

  private static InetAddress address(Address listen) throws IOException {
    try {
      return InetAddress.getByName(listen.host());
    } catch (UnknownHostException e) {
      throw new IOException("Cannot listen on %s: no such host".formatted(listen), e);
    }
  }

  private static boolean isOurs(InetAddress address) throws SocketException {
    return address.isAnyLocalAddress()
        || address.isLoopbackAddress()
        || NetworkInterface.getByInetAddress(address) != null;
  }

  private static void quietLogs() throws IOException {
    if (System.getProperty("java.util.logging.config.file") == null) {
      LogManager.getLogManager()
          .readConfiguration(
              new ByteArrayInputStream(LOGGING.getBytes(StandardCharsets.ISO_8859_1)));
    }
    // OpenEJB would bring handlers of its own.
    System.setProperty("openejb.jul.forceReload", "false");
    System.setProperty("openejb.logger.external", "true");
  }
}
