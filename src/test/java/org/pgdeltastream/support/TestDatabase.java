package org.pgdeltastream.support;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import javax.sql.DataSource;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * A private PostgreSQL on a free loopback port, with logical decoding switched on and a data
 * directory of its own. Closing it leaves no process and no file.
 */
public final class TestDatabase implements Sql, AutoCloseable {
  /** What a kind of server does once the walsenders are gone; the process is reaped afterwards. */
  @FunctionalInterface
  interface Stopper {
    void stop() throws IOException;
  }

  private static final Duration CONNECTIONS_END = Duration.ofSeconds(20);

  private final Path home;
  private final int port;
  private final boolean wal2json;
  private volatile Postmaster postmaster;
  private final Stopper stopper;
  private final Thread hook;

  TestDatabase(Path home, int port, boolean wal2json, Stopper stopper) throws IOException {
    this.home = home;
    this.port = port;
    this.wal2json = wal2json;
    this.stopper = stopper;
    postmaster = Postmaster.of(DataDirectories.data(home));
    hook = new Thread(() -> postmaster.stop());
    Runtime.getRuntime().addShutdownHook(hook);
  }

  /** The server on the class path; it has no wal2json. */
  public static TestDatabase embedded() throws IOException {
    return embedded(Map.of());
  }

  public static TestDatabase embedded(Map<String, String> settings) throws IOException {
    return EmbeddedServer.start(DataDirectories.create(), all(settings));
  }

  /** The same, with its files in this directory. */
  public static TestDatabase embedded(Path home, Map<String, String> settings) throws IOException {
    return EmbeddedServer.start(home, all(settings));
  }

  /** The newest server of this machine that has wal2json, or the one of pgdelta.test.postgres. */
  public static TestDatabase system() throws IOException {
    return system(Map.of());
  }

  public static TestDatabase system(Map<String, String> settings) throws IOException {
    return SystemServer.start(all(settings));
  }

  private static Map<String, String> all(Map<String, String> settings) {
    Map<String, String> all = new LinkedHashMap<>();
    all.put("wal_level", "logical");
    all.put("max_wal_senders", "20");
    all.put("max_replication_slots", "40");
    all.put("fsync", "off");
    all.putAll(settings);
    return all;
  }

  public String jdbcUrl() {
    return "jdbc:postgresql://localhost:" + port + "/postgres";
  }

  public String user() {
    return "postgres";
  }

  /** Everybody is trusted, so any password does. */
  public String password() {
    return "postgres";
  }

  public int port() {
    return port;
  }

  public boolean hasWal2json() {
    return wal2json;
  }

  /** The process number of the server's first process. */
  public long pid() {
    return postmaster.pid();
  }

  /** Whether its first process lives. */
  public boolean isRunning() {
    return postmaster.isRunning();
  }

  /** Ends all its processes as this signal does, INT (fast), QUIT (immediate) or KILL. */
  public void stop(String signal) throws IOException {
    List<ProcessHandle> children = postmaster.children();
    postmaster.signal(signal);
    postmaster.awaitEnd();
    children.forEach(ProcessHandle::destroyForcibly); // after KILL some wait for their client
  }

  /** While it is stopped: keeps its files as they are now, as a backup does. */
  public void keepFiles() throws IOException {
    KeptFiles.copy(DataDirectories.data(home), home.resolve("kept"));
  }

  /** While it is stopped: puts the kept files in place of what was written since. */
  public void restoreFiles() throws IOException {
    DataDirectories.delete(DataDirectories.data(home));
    KeptFiles.copy(home.resolve("kept"), DataDirectories.data(home));
  }

  /** While it is stopped: started again it is a standby, and nobody sends it anything. */
  public void becomeStandby() throws IOException {
    Files.createFile(DataDirectories.data(home).resolve("standby.signal"));
  }

  /** Starts it again as it was started, and waits until it answers. */
  public void startAgain() throws IOException {
    postmaster = postmaster.startAgain(DataDirectories.data(home), home.resolve("log"));
  }

  @Override
  public Connection connect() throws SQLException {
    return DriverManager.getConnection(jdbcUrl(), user(), password());
  }

  /** One new connection each time. */
  public DataSource dataSource() {
    PGSimpleDataSource source = new PGSimpleDataSource();
    source.setUrl(jdbcUrl());
    source.setUser(user());
    source.setPassword(password());
    return source;
  }

  @Override
  public void close() throws IOException {
    if (Files.notExists(home)) {
      return;
    }
    String left = connectionsLeft();
    terminateWalsenders();
    stopper.stop();
    postmaster.stop();
    Runtime.getRuntime().removeShutdownHook(hook);
    DataDirectories.delete(home);
    if (!left.isEmpty()) {
      throw new AssertionError("The program left connections open: " + left);
    }
  }

  /** Whatever a test does: our program's connections end with it. Each is given a moment. */
  private String connectionsLeft() {
    String sql =
        "select coalesce(string_agg(concat_ws(' ', backend_type, application_name, state, wait_event,"
            + " backend_start, state_change, client_port, query), '; '), '')"
            + " from pg_stat_activity where application_name like 'pgdeltastream%'";
    long deadline = System.nanoTime() + CONNECTIONS_END.toNanos();
    try {
      String left = text(sql);
      while (!left.isEmpty() && System.nanoTime() < deadline) {
        left = text(sql);
      }
      return left;
    } catch (SQLException e) {
      return ""; // it was stopped by the test
    }
  }

  /** A walsender with unread WAL would hold up the stop. */
  private void terminateWalsenders() {
    try {
      execute(
          "select pg_terminate_backend(pid) from pg_stat_activity"
              + " where backend_type = 'walsender'");
    } catch (SQLException e) {
      // a server that is down already has no walsenders
      System.getLogger(TestDatabase.class.getName()).log(System.Logger.Level.DEBUG, "down", e);
    }
  }
}
