package org.pgdeltastream.launch;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
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
import java.util.Optional;

/**
 * How the own PostgreSQL is reached: where it will listen and the password that it asks for, both
 * known before it starts. The password lies with the data, which only this user can read.
 *
 * @param binaries where PostgreSQL is unpacked, once; without: as the library does
 */
record Access(int port, String password, Optional<Path> binaries) {
  private static final String PASSWORD_FILE = "pgdeltastream.password";
  private static final int PASSWORD_BYTES = 16;
  private static final String TRUST_NOBODY =
      """
      # TYPE  DATABASE  USER  ADDRESS  METHOD
      local   all          all            scram-sha-256
      host    all          all  samehost  scram-sha-256
      host    replication  all  samehost  scram-sha-256
      """;

  /** To the PostgreSQL that will have these data. */
  static Access to(Path data, Optional<Path> binaries) throws IOException {
    Path known = passwordFile(data);
    String password =
        Files.exists(known) ? Files.readString(known).strip() : HexFormat.of().formatHex(random());
    try (ServerSocket free = new ServerSocket(0)) {
      return new Access(free.getLocalPort(), password, binaries);
    }
  }

  static Path passwordFile(Path data) {
    return data.resolve(PASSWORD_FILE);
  }

  private static byte[] random() {
    byte[] bytes = new byte[PASSWORD_BYTES];
    new SecureRandom().nextBytes(bytes);
    return bytes;
  }

  String jdbcUrl() {
    return "jdbc:postgresql://localhost:" + port + "/postgres";
  }

  void execute(String sql) throws SQLException {
    execute(sql, password);
  }

  private void execute(String sql, String knownPassword) throws SQLException {
    try (Connection connection =
            DriverManager.getConnection(jdbcUrl(), EmbeddedDatabase.USER, knownPassword);
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  /** Starts it with these data, new ones or those of an earlier run. */
  EmbeddedPostgres start(EmbeddedPostgres.Builder builder, Path data)
      throws IOException, SQLException {
    boolean known = Files.exists(passwordFile(data));
    boolean open = !known && Files.exists(data.resolve("PG_VERSION")); // of an earlier release
    if (known || !open) {
      builder.setConnectConfig("password", password);
    }
    Path file = Files.createTempFile("password", ""); // only its owner can read it
    EmbeddedPostgres postgres;
    try {
      Files.writeString(file, password);
      if (!known && !open) { // initdb's options pass here
        builder.setLocaleConfig("auth", "scram-sha-256").setLocaleConfig("pwfile", file.toString());
      }
      postgres = start(builder);
    } finally {
      Files.delete(file);
    }
    try {
      if (!known) {
        keepPassword(data, open);
      }
      return postgres;
    } catch (IOException | SQLException e) {
      postgres.close();
      throw e;
    }
  }

  private void keepPassword(Path data, boolean open) throws IOException, SQLException {
    if (open) {
      execute("alter role " + EmbeddedDatabase.USER + " password '" + password + "'", "");
      Files.writeString(data.resolve("pg_hba.conf"), TRUST_NOBODY);
      execute(
          "select pg_reload_conf(); select pg_terminate_backend(pid) from pg_stat_activity"
              + " where backend_type = 'client backend' and pid <> pg_backend_pid()",
          "");
    }
    Files.writeString(passwordFile(data), password); // the data's directory is its owner's alone
  }

  /** One start at a time unpacks; what a killed one has left is unpacked anew. */
  private EmbeddedPostgres start(EmbeddedPostgres.Builder builder) throws IOException {
    if (binaries.isEmpty()) {
      return builder.start();
    }
    Path directory = binaries.get();
    builder.setOverrideWorkingDirectory(directory.toFile());
    Path ready = directory.resolveSibling("postgres.ready");
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
        Trees.delete(directory);
      }
      EmbeddedPostgres postgres = builder.start();
      Files.write(ready, new byte[0]);
      return postgres;
    }
  }
}
