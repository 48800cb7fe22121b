package org.pgdeltastream.launch;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.ServerSocket;
import java.net.SocketException;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.Deque;
import java.util.concurrent.Callable;
import java.util.logging.LogManager;
import java.util.stream.Stream;

/** The standalone server: what it opens is closed in reverse order when the JVM is told to end. */
public final class Launcher {
  private static final String LOGGING =
      """
      handlers=java.util.logging.ConsoleHandler
      java.util.logging.ConsoleHandler.level=ALL
      java.util.logging.SimpleFormatter.format=%1$tF %1$tT %4$s %5$s%6$s%n
      .level=WARNING
      org.pgdeltastream.level=INFO
      org.apache.johnzon.level=SEVERE
      org.apache.velocity.level=OFF
      org.apache.openejb.javaagent.level=OFF
      OpenEJB.level=WARNING
      org.apache.catalina.loader.level=SEVERE
      """;

  private final Deque<AutoCloseable> opened = new ArrayDeque<>();
  private final Path directory;
  private volatile boolean closing;

  private Launcher(Path directory) {
    this.directory = directory;
  }

  /**
   * Starts the server and returns; the server's threads keep the JVM alive.
   *
   * @param jar the runnable jar, for the text that is printed
   * @param directory where the jar is unpacked; deleted at the end
   */
  public static void run(Path jar, Path directory, String[] arguments) throws Exception {
    Command.Serve command =
        (Command.Serve) Arguments.parse(arguments, System::getenv, System::getProperty);
    quietLogs();
    RefusedSetting refused = RefusedSetting.watch();
    Launcher launcher = new Launcher(directory);
    Runtime.getRuntime().addShutdownHook(new Thread(launcher::close, "shutdown"));
    try {
      launcher.start(command, jar);
    } catch (Exception e) {
      System.err.println(
          "pgdeltastream: "
              + refused
                  .sentence()
                  .orElse(e instanceof IOException ? e.getMessage() : e.toString()));
      System.exit(1);
    }
    Thread.currentThread().join(); // the shutdown hook ends it
  }

  private void start(Command.Serve command, Path jar) throws Exception {
    Address listen = command.listen();
    refuseUsedPort(listen);
    Command.Database database = command.database();
    boolean embedded = database instanceof Command.Embedded;
    Command.Named named =
        database instanceof Command.Embedded wanted ? embedded(wanted) : (Command.Named) database;
    Server server =
        open(
            () ->
                Server.start(
                    directory.resolve("app.war"),
                    listen.host(),
                    listen.port(),
                    named.jdbcUrl(),
                    named.user(),
                    named.password(),
                    directory.resolve("server")));
    System.out.print(Guide.text(jar, new Address(listen.host(), server.port()), named, embedded));
    System.out.flush();
    StartMemory.giveBack();
  }

  private Command.Named embedded(Command.Embedded wanted) throws Exception {
    EmbeddedDatabase database =
        open(() -> EmbeddedDatabase.start(wanted, directory.resolve("data")));
    return new Command.Named(database.jdbcUrl(), EmbeddedDatabase.USER, "");
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
    delete(directory);
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

  /** As far as it goes: on Windows the jars stay open until the JVM has ended. */
  private static void delete(Path directory) {
    try (Stream<Path> paths = Files.walk(directory)) {
      for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
        path.toFile().delete();
      }
    } catch (IOException | UncheckedIOException e) {
      System.err.println("pgdeltastream: %s is left over: %s".formatted(directory, e));
    }
  }
}
