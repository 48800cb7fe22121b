package org.pgdeltastream.support;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.regex.Pattern;

/** PostgreSQL's own log, which tells every connection and statement: what a test counts. */
public final class ServerLog {
  private static final Duration WRITTEN = Duration.ofSeconds(20);
  private static final String ROLE = "delta";

  private final Sql database;
  private final Path file;
  private int begin;

  private ServerLog(Sql database, Path file) {
    this.database = database;
    this.file = file;
  }

  /** What a server must be started with so that it logs into this directory. */
  public static Map<String, String> settings(Path directory, String... more) {
    Map<String, String> settings = new HashMap<>();
    settings.put("logging_collector", "on");
    settings.put("log_directory", directory.toAbsolutePath().toString());
    settings.put("log_filename", "server.log");
    settings.put("log_file_mode", "0644");
    settings.put("log_connections", "on");
    settings.put("log_statement", "all");
    for (int i = 0; i < more.length; i += 2) {
      settings.put(more[i], more[i + 1]);
    }
    return settings;
  }

  public static ServerLog of(Sql database, Path directory) {
    return new ServerLog(database, directory.resolve("server.log"));
  }

  /** What comes from now on is counted. */
  public void begin() throws SQLException, IOException {
    begin = lines().size();
  }

  /** A superuser by another name than the test's, for our program: by it they are told apart. */
  public String role() throws SQLException {
    if (database.text("select count(*) from pg_roles where rolname = '" + ROLE + "'").equals("0")) {
      database.execute("create role " + ROLE + " superuser login");
    }
    return ROLE;
  }

  /** That role's connections since then, replication connections among them. */
  public long connections() throws SQLException, IOException {
    return count(" authorized: user=" + ROLE + " ");
  }

  /** Lines since then in which this is found. */
  public long count(String pattern) throws SQLException, IOException {
    Pattern wanted = Pattern.compile(pattern);
    List<String> lines = lines();
    return lines.subList(begin, lines.size()).stream()
        .filter(line -> wanted.matcher(line).find())
        .count();
  }

  /** Up to now: what is written last is awaited. */
  private List<String> lines() throws SQLException, IOException {
    String mark = "mark " + UUID.randomUUID();
    database.execute("/* " + mark + " */ select");
    long deadline = System.nanoTime() + WRITTEN.toNanos();
    while (System.nanoTime() < deadline) {
      List<String> lines = Files.readAllLines(file);
      if (lines.stream().anyMatch(line -> line.contains(mark))) {
        return lines;
      }
    }
    throw new AssertionError("PostgreSQL's log does not tell " + mark);
  }
}
