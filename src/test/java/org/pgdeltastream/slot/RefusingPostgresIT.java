package org.pgdeltastream.slot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.pgdeltastream.change.OutputPlugin;
import org.pgdeltastream.change.Problem;
import org.pgdeltastream.change.ProblemException;
import org.pgdeltastream.change.SlotName;
import org.pgdeltastream.slot.database.Database;
import org.pgdeltastream.slot.database.Meaning;
import org.pgdeltastream.slot.database.Settings;
import org.pgdeltastream.slot.database.StartCheck;
import org.pgdeltastream.support.TestDatabase;

/** What a caller is told where PostgreSQL, as its operator set it up, refuses. */
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class RefusingPostgresIT {
  private static TestDatabase database;

  @BeforeAll
  static void start() throws Exception {
    database = TestDatabase.embedded();
    database.execute("create publication p for all tables; create role guarded login password 'x'");
    Path rules = Path.of(database.text("show hba_file"));
    Files.writeString(rules, "host all guarded all scram-sha-256\n" + Files.readString(rules));
    database.execute("select pg_reload_conf()");
    await()
        .until(
            () ->
                database
                    .text("select count(*) from pg_hba_file_rules where 'guarded' = any(user_name)")
                    .equals("1"));
  }

  @AfterAll
  static void stop() throws IOException {
    database.close();
  }

  @AfterEach
  void allowAll() throws Exception {
    database.execute("alter database postgres reset all; drop event trigger if exists no_ddl");
  }

  @Test
  void saysThatADatabaseIsReadOnlyAndServesANamedPublication() throws Exception {
    database.execute("alter database postgres set default_transaction_read_only = on");
    try (TestRegistry server = new TestRegistry(database)) {
      ProblemException told = refused(server::init);
      assertThat(told.problem()).isEqualTo(Problem.UPSTREAM_CONFIG);
      assertThat(told.hint()).contains("publication=", "default_transaction_read_only");
      assertThat(server.slots.create(named("delta_ro")).publications()).containsExactly("p");
      database.execute(
          "begin; set transaction read write; alter database postgres reset all; commit");
    }
  }

  @Test
  void saysThatAnEventTriggerRefuses() throws Exception {
    database.execute(
        "create or replace function refuse() returns event_trigger language plpgsql as"
            + " $$ begin raise exception 'DDL only in migrations'; end $$;"
            + " create event trigger no_ddl on ddl_command_start execute function refuse()");
    try (TestRegistry server = new TestRegistry(database)) {
      ProblemException told = refused(server::init);
      assertThat(told.problem()).isEqualTo(Problem.UPSTREAM_CONFIG);
      assertThat(told.hint()).contains("event trigger").doesNotContain("migrations");
      database.execute("drop event trigger no_ddl");
    }
  }

  @Test
  void saysThatAPasswordIsMissingOrWrong() throws Exception {
    assertThat(notLetIn("database-user", "guarded", "database-password", ""))
        .hasMessageContaining("asks for a password");
    assertThat(notLetIn("database-user", "guarded", "database-password", "y"))
        .hasMessageContaining("refuses our role or password");
    assertThat(notLetIn("database-user", "nobody")).hasMessageContaining("no such role");
  }

  @Test
  void saysThatPostgresHasNoTls() throws Exception {
    assertThat(notLetIn("database-url", database.jdbcUrl() + "?sslmode=require"))
        .hasMessageContaining("TLS");
  }

  @Test
  void saysThatADatabaseOrAHostIsMissing() throws Exception {
    assertThat(notLetIn("database-url", database.jdbcUrl() + "_nowhere"))
        .hasMessageContaining("database does not exist");
    ProblemException told = notReached("jdbc:postgresql://nowhere.invalid:1/postgres");
    assertThat(told).hasMessageContaining("host name");
    assertThat(notReached("jdbc:postgresql://127.0.0.1:1/postgres"))
        .hasMessageContaining("cannot be reached");
  }

  @Test
  void tellsSlotsWalsendersAndWalLevelApart() throws Exception {
    assertThat(refusedBy("max_replication_slots", "0")).contains("max_replication_slots = 10");
    assertThat(refusedBy("max_wal_senders", "0")).contains("raise max_wal_senders");
    assertThat(refusedBy("wal_level", "replica")).contains("wal_level = logical");
  }

  @Test
  void saysAtTheStartInALineWhatItFound() throws Exception {
    StartCheck.Line fine = look(database);
    assertThat(fine.level()).isEqualTo(System.Logger.Level.INFO);
    assertThat(fine.text())
        .matches(
            "PostgreSQL [0-9.]+.*, database postgres, role postgres: wal_level logical,"
                + " \\d+ of 40 replication slots and \\d+ of 20 walsenders in use");
    assertThat(look(database, "database-user", "guarded", "database-password", "x").text())
        .contains("role guarded", "needs REPLICATION");
    assertThat(look(database, "database-user", "guarded", "database-password", "y"))
        .isEqualTo(
            new StartCheck.Line(
                System.Logger.Level.WARNING,
                Meaning.WRONG_PASSWORD.message() + ". " + Meaning.WRONG_PASSWORD.hint()));
    assertThat(look(database, "database-url", "jdbc:postgresql://127.0.0.1:1/postgres").text())
        .contains("cannot be reached");
    try (TestDatabase other =
        TestDatabase.embedded(Map.of("wal_level", "replica", "max_replication_slots", "0"))) {
      assertThat(look(other).text())
          .contains("wal_level replica", "wal_level = logical", "max_replication_slots = 10");
    }
  }

  @Test
  void givesUpItsFirstLookWithinSeconds() throws Exception {
    try (ServerSocket silent = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      String url = "jdbc:postgresql://127.0.0.1:" + silent.getLocalPort() + "/postgres";
      long start = System.nanoTime();
      assertThat(look(database, "database-url", url).level())
          .isEqualTo(System.Logger.Level.WARNING);
      assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(16));
    }
  }

  private static StartCheck.Line look(TestDatabase server, String... settings) throws Exception {
    Map<String, String> all = new HashMap<>();
    all.put("pgdelta.database-url", server.jdbcUrl());
    all.put("pgdelta.database-user", server.user());
    for (int i = 0; i < settings.length; i += 2) {
      all.put("pgdelta." + settings[i], settings[i + 1]);
    }
    Database doors = Database.open(Settings.read(all::get), Optional.empty(), Optional.empty());
    return new StartCheck(doors.connector()).line();
  }

  private static String refusedBy(String setting, String value) throws IOException {
    try (TestDatabase other = TestDatabase.embedded(Map.of(setting, value))) {
      TestRegistry server = new TestRegistry(other);
      try {
        return refused(server::init).hint();
      } finally {
        server.closeWithoutDropping();
      }
    }
  }

  private static ProblemException notReached(String url) {
    TestRegistry server = new TestRegistry(database, "database-url", url);
    try {
      ProblemException told = refused(server.slots::checkDatabase);
      assertThat(told.problem()).isEqualTo(Problem.UPSTREAM_UNAVAILABLE);
      return told;
    } finally {
      server.closeWithoutDropping();
    }
  }

  private static ProblemException notLetIn(String... settings) {
    TestRegistry server = new TestRegistry(database, settings);
    try {
      ProblemException told = refused(server.slots::checkDatabase);
      assertThat(told.problem()).isEqualTo(Problem.UPSTREAM_CONFIG);
      return told;
    } finally {
      server.closeWithoutDropping();
    }
  }

  private static InitRequest named(String slot) {
    return new InitRequest(
        Optional.of(OutputPlugin.PGOUTPUT), List.of("p"), Optional.of(new SlotName(slot)));
  }

  private static ProblemException refused(
      org.assertj.core.api.ThrowableAssert.ThrowingCallable call) {
    return catchThrowableOfType(ProblemException.class, call);
  }
}
