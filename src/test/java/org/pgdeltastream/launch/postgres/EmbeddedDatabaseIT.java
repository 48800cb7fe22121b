package org.pgdeltastream.launch.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
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
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.pgdeltastream.launch.command.Command;
import org.postgresql.PGConnection;

/** The program's own PostgreSQL. */
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class EmbeddedDatabaseIT {
  private static final Duration DEADLINE = Duration.ofSeconds(60);

  @TempDir Path directory;
  private DatabaseAccess access = new DatabaseAccess(0, "", Optional.empty());

  @Test
  void theDemoWrites() throws Exception {
    try (EmbeddedDatabase database = start(Optional.empty(), true)) {
      assertThat(database).isNotNull();
      long before = newest();
      await().atMost(DEADLINE).until(() -> newest() > before);
    }
  }

  @Test
  void endsWhileAWalsenderHasUnreadChanges() throws Exception {
    EmbeddedDatabase database = start(Optional.empty(), false);
    execute("select pg_create_logical_replication_slot('unread', 'test_decoding')");
    Properties properties = new Properties();
    properties.setProperty("user", EmbeddedDatabase.USER);
    properties.setProperty("password", access.password());
    properties.setProperty("replication", "database");
    properties.setProperty("assumeMinServerVersion", "10");
    properties.setProperty("preferQueryMode", "simple");
    Connection replication = DriverManager.getConnection(access.jdbcUrl(), properties);
    var unused =
        replication
            .unwrap(PGConnection.class)
            .getReplicationAPI()
            .replicationStream()
            .logical()
            .withSlotName("unread")
            .start();
    execute(
        "insert into test_table (name) select repeat('x', 1000) from generate_series(1, 50000)");
    long postgres = Long.parseLong(Files.readAllLines(data().resolve("postmaster.pid")).get(0));

    database.close();

    await().atMost(DEADLINE).until(() -> ProcessHandle.of(postgres).isEmpty());
    assertThat(data()).doesNotExist();
    replication.abort(Runnable::run);
  }

  @Test
  void keptDataAreThereAgain() throws Exception {
    Path kept = directory.resolve("kept");
    try (EmbeddedDatabase database = start(Optional.of(kept), false)) {
      assertThat(database).isNotNull();
      execute("insert into test_table (id, name) values (4711, 'mine')");
    }
    try (EmbeddedDatabase database = start(Optional.of(kept), false)) {
      assertThat(database).isNotNull();
      assertThat(newest()).isEqualTo(4711);
      assertThatThrownBy(() -> start(Optional.of(kept), false))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("stop it first");
    }
  }

  @Test
  void letsNobodyInWithoutItsPassword() throws Exception {
    try (EmbeddedDatabase database = start(Optional.empty(), false)) {
      assertThat(database).isNotNull();
      refusesAllPasswordsButItsOwn();
    }
  }

  /** Data of an earlier release, which let every local user in. */
  @Test
  void givesKeptDataAPasswordThatHadNone() throws Exception {
    Path kept = directory.resolve("kept");
    try (EmbeddedPostgres open =
            EmbeddedPostgres.builder().setDataDirectory(kept).setCleanDataDirectory(false).start();
        Connection connection = open.getPostgresDatabase().getConnection();
        Statement statement = connection.createStatement()) {
      statement.execute("create table mine as select 1");
    }
    for (int start = 1; start <= 2; start++) {
      try (EmbeddedDatabase database = start(Optional.of(kept), false)) {
        assertThat(database).isNotNull();
        execute("select * from mine");
        refusesAllPasswordsButItsOwn();
      }
    }
    assertThat(kept.resolve("pg_hba.conf.before")).content().contains("trust");
  }

  @Test
  void theOwnersRulesStayAlsoIfTheyTrust() throws Exception {
    Path kept = directory.resolve("kept");
    start(Optional.of(kept), false).close();
    Path rules = kept.resolve("pg_hba.conf");
    String own = "host all guest 127.0.0.1/32 trust\n" + Files.readString(rules);
    Files.writeString(rules, own);

    start(Optional.of(kept), false).close();

    assertThat(rules).hasContent(own);
    assertThat(kept.resolve("pg_hba.conf.before")).doesNotExist();
  }

  @Test
  void saysThatThePasswordIsAnotherAndLeavesNoServer() throws Exception {
    Path kept = directory.resolve("kept");
    try (EmbeddedDatabase database = start(Optional.of(kept), false)) {
      assertThat(database).isNotNull();
      execute("alter role postgres password 'mine'");
    }
    access = DatabaseAccess.to(kept, Optional.empty());
    Command.Embedded wanted = new Command.Embedded(Optional.of(kept), false);
    assertThatThrownBy(
            () -> EmbeddedDatabase.start(wanted, kept, access, Duration.ofSeconds(5)).close())
        .isInstanceOf(IOException.class)
        .hasMessageContaining("another password than")
        .hasMessageContaining("pgdeltastream.password");
    assertThat(kept.resolve("postmaster.pid")).doesNotExist();
  }

  private void refusesAllPasswordsButItsOwn() throws SQLException {
    for (String wrong : new String[] {"", "postgres"}) {
      assertThatThrownBy(
              () ->
                  DriverManager.getConnection(access.jdbcUrl(), EmbeddedDatabase.USER, wrong)
                      .close())
          .isInstanceOf(SQLException.class);
    }
    try (Connection connection =
            DriverManager.getConnection(
                access.jdbcUrl(), EmbeddedDatabase.USER, access.password());
        Statement statement = connection.createStatement();
        ResultSet rules =
            statement.executeQuery(
                "select count(*) from pg_hba_file_rules where auth_method <> 'scram-sha-256'")) {
      rules.next();
      assertThat(rules.getInt(1)).isZero();
    }
  }

  private EmbeddedDatabase start(Optional<Path> kept, boolean demo) throws Exception {
    Path data = kept.orElse(data());
    access = DatabaseAccess.to(data, Optional.empty());
    return EmbeddedDatabase.start(new Command.Embedded(kept, demo), data, access);
  }

  private Path data() {
    return directory.resolve("data");
  }

  private long newest() throws SQLException {
    try (Connection connection =
            DriverManager.getConnection(
                access.jdbcUrl(), EmbeddedDatabase.USER, access.password());
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery("select max(id) from test_table")) {
      row.next();
      return row.getLong(1);
    }
  }

  private void execute(String sql) throws SQLException {
    try (Connection connection =
            DriverManager.getConnection(
                access.jdbcUrl(), EmbeddedDatabase.USER, access.password());
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }
}
