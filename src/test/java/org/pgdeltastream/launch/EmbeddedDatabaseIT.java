package org.pgdeltastream.launch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Optional;
import java.util.Properties;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.postgresql.PGConnection;

/** The program's own PostgreSQL. */
class EmbeddedDatabaseIT {
  private static final Duration DEADLINE = Duration.ofSeconds(20);

  @TempDir Path directory;

  @Test
  void theDemoWrites() throws Exception {
    try (EmbeddedDatabase database = start(Optional.empty(), true)) {
      long before = newest(database);
      await().atMost(DEADLINE).until(() -> newest(database) > before);
    }
  }

  @Test
  void endsWhileAWalsenderHasUnreadChanges() throws Exception {
    EmbeddedDatabase database = start(Optional.empty(), false);
    execute(database, "select pg_create_logical_replication_slot('unread', 'test_decoding')");
    Properties properties = new Properties();
    properties.setProperty("user", EmbeddedDatabase.USER);
    properties.setProperty("replication", "database");
    properties.setProperty("assumeMinServerVersion", "10");
    properties.setProperty("preferQueryMode", "simple");
    Connection replication = DriverManager.getConnection(database.jdbcUrl(), properties);
    var unused =
        replication
            .unwrap(PGConnection.class)
            .getReplicationAPI()
            .replicationStream()
            .logical()
            .withSlotName("unread")
            .start();
    execute(
        database,
        "insert into test_table (name) select repeat('x', 1000) from generate_series(1, 50000)");
    long postgres = Long.parseLong(Files.readAllLines(data().resolve("postmaster.pid")).get(0));

    database.close();

    await().atMost(Duration.ofSeconds(5)).until(() -> ProcessHandle.of(postgres).isEmpty());
    assertThat(data()).doesNotExist();
    replication.abort(Runnable::run);
  }

  @Test
  void keptDataAreThereAgain() throws Exception {
    Path kept = directory.resolve("kept");
    try (EmbeddedDatabase database = start(Optional.of(kept), false)) {
      execute(database, "insert into test_table (id, name) values (4711, 'mine')");
    }
    try (EmbeddedDatabase database = start(Optional.of(kept), false)) {
      assertThat(newest(database)).isEqualTo(4711);
      assertThatThrownBy(() -> start(Optional.of(kept), false))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("stop it first");
    }
  }

  private EmbeddedDatabase start(Optional<Path> kept, boolean demo) throws Exception {
    return EmbeddedDatabase.start(new Command.Embedded(kept, demo), data());
  }

  private Path data() {
    return directory.resolve("data");
  }

  private static long newest(EmbeddedDatabase database) throws SQLException {
    try (Connection connection =
            DriverManager.getConnection(database.jdbcUrl(), EmbeddedDatabase.USER, "");
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery("select max(id) from test_table")) {
      row.next();
      return row.getLong(1);
    }
  }

  private static void execute(EmbeddedDatabase database, String sql) throws SQLException {
    try (Connection connection =
            DriverManager.getConnection(database.jdbcUrl(), EmbeddedDatabase.USER, "");
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }
}
