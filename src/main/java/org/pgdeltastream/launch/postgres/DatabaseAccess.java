package org.pgdeltastream.launch.postgres;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * How the own PostgreSQL is reached: where it will listen and the password that it asks for, both
 * known before it starts. The password lies with the data, which only this user can read.
 *
 * @param binaries where PostgreSQL is unpacked, once; without: as the library does
 */
public record DatabaseAccess(int port, String password, Optional<Path> binaries) {
  private static final String PASSWORD_FILE = "pgdeltastream.password";
  private static final int PASSWORD_BYTES = 16;
  private static final String WRONG_PASSWORD = "28P01"; // manual, "PostgreSQL Error Codes"
  private static final String REFUSED = "28"; // the class

  /** To the PostgreSQL that will have these data. */
  public static DatabaseAccess to(Path data, Optional<Path> binaries) throws IOException {
    Path known = passwordFile(data);
    String password = Files.exists(known) ? Files.readString(known).strip() : random();
    try (ServerSocket free = new ServerSocket(0)) {
      return new DatabaseAccess(free.getLocalPort(), password, binaries);
    }
  }

  private static String random() {
    byte[] bytes = new byte[PASSWORD_BYTES];
    new SecureRandom().nextBytes(bytes);
    return HexFormat.of().formatHex(bytes);
  }

  public static Path passwordFile(Path data) {
    return data.resolve(PASSWORD_FILE);
  }

  public String jdbcUrl() {
    return "jdbc:postgresql://localhost:" + port + "/postgres";
  }

  void execute(String sql) throws SQLException {
    try (Connection connection =
            DriverManager.getConnection(jdbcUrl(), EmbeddedDatabase.USER, password);
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  /** Starts it with these data, new ones or those of an earlier run. */
  EmbeddedPostgres start(EmbeddedPostgres.Builder builder, Path data)
      throws IOException, SQLException {
    builder.setConnectConfig("password", password);
    if (Files.exists(data.resolve("PG_VERSION"))) {
      return startAgain(builder, data);
    }
    Path file = Files.createTempFile("password", ""); // only its owner can read it
    try {
      Files.writeString(file, password);
      // initdb's options pass here
      builder.setLocaleConfig("auth", "scram-sha-256").setLocaleConfig("pwfile", file.toString());
      builder.setDataDirectoryCustomizer(made -> keepPassword(made.toPath()));
      return startOrSay(builder, data);
    } finally {
      Files.delete(file);
    }
  }

  /** Data of an earlier release let every local user in: they get a password. */
  private EmbeddedPostgres startAgain(EmbeddedPostgres.Builder builder, Path data)
      throws IOException, SQLException {
    ClientRules rules = new ClientRules(data.resolve("pg_hba.conf"));
    boolean open = rules.letAllIn(Files.exists(passwordFile(data)));
    EmbeddedPostgres postgres = startOrSay(builder, data);
    try {
      if (open) {
        keepPassword(data); // first: a start that is killed here is made up for by the next
        execute("alter role " + EmbeddedDatabase.USER + " password '" + password + "'");
        rules.replace();
        execute(
            "select pg_reload_conf(); select pg_terminate_backend(pid) from pg_stat_activity"
                + " where backend_type = 'client backend' and pid <> pg_backend_pid()");
      }
      return postgres;
    } catch (IOException | UncheckedIOException | SQLException e) {
      postgres.close();
      throw e;
    }
  }

  /** The data's directory is its owner's alone. */
  private void keepPassword(Path data) {
    try {
      Files.writeString(passwordFile(data), password);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private EmbeddedPostgres startOrSay(EmbeddedPostgres.Builder builder, Path data)
      throws IOException {
    try {
      return startAlsoWithWornBinaries(builder, data);
    } catch (IOException | RuntimeException | ExceptionInInitializerError e) { // the library's
      Postmaster.stop(data, port); // it may have come too late, or let us not in
      Throwable cause = deepest(e);
      throw new IOException(
          WRONG_PASSWORD.equals(state(cause))
              ? "The role %s of the own PostgreSQL has another password than %s says; write it there"
                  .formatted(EmbeddedDatabase.USER, passwordFile(data))
              : "The own PostgreSQL cannot be started with its data in %s (%s). Is the disk full, or may this user not write there?"
                  .formatted(data, cause),
          e);
    }
  }

  private static Throwable deepest(Throwable problem) {
    Throwable cause = problem.getCause();
    return cause == null ? problem : deepest(cause);
  }

  private static String state(Throwable cause) {
    return cause instanceof SQLException sql ? String.valueOf(sql.getSQLState()) : "";
  }

  /** Binaries of an earlier start may have lost files since, or never have reached the disk. */
  private EmbeddedPostgres startAlsoWithWornBinaries(EmbeddedPostgres.Builder builder, Path data)
      throws IOException {
    Optional<Path> ready = binaries.map(DatabaseAccess::ready).filter(Files::exists);
    boolean fresh = children(data).isEmpty();
    try {
      return start(builder);
    } catch (IOException | RuntimeException | ExceptionInInitializerError e) {
      if (ready.isEmpty() || state(deepest(e)).startsWith(REFUSED)) {
        throw e;
      }
      Postmaster.stop(data, port);
      for (Path left : fresh ? children(data) : List.of(data.resolve("epg-lock"))) {
        FileTrees.delete(left); // initdb wants an empty directory, and the library locks that file
      }
      Files.deleteIfExists(ready.get());
      return start(builder);
    }
  }

  private static List<Path> children(Path data) throws IOException {
    if (Files.notExists(data)) {
      return List.of();
    }
    try (Stream<Path> entries = Files.list(data)) {
      return entries.toList();
    }
  }

  private static Path ready(Path binaries) {
    return binaries.resolveSibling("postgres.ready");
  }

  /** One start at a time unpacks; what a killed one has left is unpacked anew. */
  private EmbeddedPostgres start(EmbeddedPostgres.Builder builder) throws IOException {
    if (binaries.isEmpty()) {
      return builder.start();
    }
    Path directory = binaries.get();
    builder.setOverrideWorkingDirectory(directory.toFile());
    Path ready = ready(directory);
    if (Files.exists(ready)) {
      return builder.start();
    }
    try (FileChannel lock =
            FileChannel.open(
                directory.resolveSibling("postgres.lock"),
                StandardOpenOption.CREATE,
                StandardOpenOption.WRITE);
        FileLock alone = lock.lock()) {
      if (alone.isValid() && Files.notExists(ready) && Files.exists(directory)) {
        FileTrees.delete(directory);
      }
      EmbeddedPostgres postgres = builder.start();
      Files.write(ready, new byte[0]);
      return postgres;
    }
  }
}
