package org.pgdeltastream.slot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.pgdeltastream.change.OutputPlugin;
import org.pgdeltastream.change.Problem;
import org.pgdeltastream.change.ProblemException;
import org.pgdeltastream.change.SlotName;
import org.pgdeltastream.delivery.CloseReason;
import org.pgdeltastream.slot.database.Database;
import org.pgdeltastream.slot.database.Settings;
import org.pgdeltastream.slot.stream.StreamOptions;
import org.pgdeltastream.support.RecordingSubscriber;
import org.pgdeltastream.support.TestDatabase;

/** What PostgreSQL, its administrator or a bug takes away is told by the close reason. */
class LostSlotPostgresIT {
  private TestDatabase database;
  private TestRegistry registry;

  @BeforeEach
  void start() throws Exception {
    database =
        TestDatabase.embedded(
            Map.of(
                "max_slot_wal_keep_size", "32MB",
                "min_wal_size", "32MB",
                "max_wal_size", "32MB",
                "wal_sender_timeout", "2s"));
    database.execute("create table t (id int primary key, name text)");
    registry = new TestRegistry(database, "hold", "1");
  }

  @AfterEach
  void stop() throws Exception {
    registry.closeWithoutDropping(); // the database may be down
    database.close();
  }

  private RecordingSubscriber stream(SlotName slot, String... publications) {
    RecordingSubscriber client = new RecordingSubscriber();
    StreamOptions usual = StreamOptions.of(slot);
    registry.slots.stream(
        new StreamOptions(
            slot,
            List.of(publications),
            usual.changes(),
            usual.from(),
            false,
            false,
            false,
            usual.window()),
        client);
    return client;
  }

  /** More than the slot may keep, and a checkpoint to take it away. */
  private void outgrowTheSlot() throws Exception {
    database.execute("create database neighbour"); // its rows are not for the slot's client
    String url = database.jdbcUrl().replace("/postgres", "/neighbour");
    try (Connection connection =
            DriverManager.getConnection(url, database.user(), database.password());
        Statement neighbour = connection.createStatement()) {
      for (int i = 0; i < 5; i++) {
        neighbour.execute(
            "create table big as select repeat('x', 2000) from generate_series(1, 7000)");
        neighbour.execute("drop table big");
        neighbour.execute("select pg_switch_wal()");
      }
      neighbour.execute("checkpoint");
    }
  }

  @Test
  void saysThatPostgresGaveTheWalUp() throws Exception {
    SlotName slot = registry.init().name();
    outgrowTheSlot();

    assertThat(stream(slot).closed())
        .satisfies(
            closed -> {
              assertThat(closed.reason()).isEqualTo(CloseReason.SLOT_INVALIDATED);
              assertThat(closed.detail()).contains("wal_removed");
            });
    assertThat(registry.slots.reports().of(slot).lastClose().orElseThrow().reason())
        .contains(CloseReason.SLOT_INVALIDATED);
  }

  @Test
  void saysThatPostgresGaveTheWalUpWhileItWasStreamed() throws Exception {
    SlotName slot = registry.init().name();
    RecordingSubscriber client = stream(slot);
    database.execute("insert into t values (1, 'a')");
    client.nextWithChange(); // and nothing is acknowledged

    outgrowTheSlot();

    assertThat(client.closed().reason()).isEqualTo(CloseReason.SLOT_INVALIDATED);
  }

  @Test
  void saysThatAPublicationWasDropped() throws Exception {
    database.execute("create publication p for table t");
    SlotName slot =
        registry
            .slots
            .create(
                new InitRequest(Optional.of(OutputPlugin.PGOUTPUT), List.of("p"), Optional.empty()))
            .name();
    RecordingSubscriber client = stream(slot, "p");
    database.execute("insert into t values (1, 'a')");
    client.nextWithChange();

    database.execute("drop publication p");

    assertThat(client.closed())
        .isEqualTo(
            new RecordingSubscriber.Closed(
                CloseReason.CANNOT_DECODE, "publication p was dropped: changes may be missing"));
  }

  @Test
  void saysThatPublicationsContradictEachOther() throws Exception {
    database.execute("create publication p for table t (id)");
    database.execute("create publication q for table t (id, name)");
    InitRequest request =
        new InitRequest(Optional.of(OutputPlugin.PGOUTPUT), List.of("p", "q"), Optional.empty());
    RecordingSubscriber client = stream(registry.slots.create(request).name(), "p", "q");

    database.execute("insert into t values (1, 'a')");

    assertThat(client.closed().reason()).isEqualTo(CloseReason.CANNOT_DECODE);
    assertThat(client.closed().detail()).contains("different columns");
  }

  @Test
  void saysThatAPublicationWasMadeAnewWhilePostgresWasAway() throws Exception {
    database.execute("create publication p for table t");
    SlotName slot =
        registry
            .slots
            .create(
                new InitRequest(Optional.of(OutputPlugin.PGOUTPUT), List.of("p"), Optional.empty()))
            .name();
    RecordingSubscriber client = stream(slot, "p");
    database.execute("insert into t values (1, 'a')");
    client.nextWithChange();

    database.execute(
        "drop publication p; create publication p for table t;"
            + " select pg_terminate_backend(active_pid) from pg_replication_slots");

    assertThat(client.closed().detail())
        .isEqualTo("publication p was made anew: changes may be missing");
  }

  @Test
  void saysThatPostgresIsAway() throws Exception {
    RecordingSubscriber client = stream(registry.init().name());
    database.execute("insert into t values (1, 'a')");
    client.nextWithChange();

    database.stop("KILL");

    assertThat(client.closed().reason()).isEqualTo(CloseReason.UPSTREAM_LOST);
    database.startAgain();
  }

  @Test
  void saysThatPostgresWasRestoredToATimeBeforeWhatWasSent() throws Exception {
    SlotName slot = registry.init().name();
    database.stop("INT");
    database.keepFiles();
    database.startAgain();
    registry.closeWithoutDropping();
    registry = new TestRegistry(database, "hold", "60");
    RecordingSubscriber client = stream(slot);
    database.execute("insert into t values (1, 'a')");
    client.nextWithChange();

    database.stop("KILL");
    database.restoreFiles();
    database.startAgain();

    assertThat(client.closed().reason()).isEqualTo(CloseReason.DIVERGED);
  }

  /** Right after its start a standby does not know what it received before. */
  @Test
  void goesOnBehindAStandbyThatRestartedAndWasPromoted() throws Exception {
    registry.closeWithoutDropping();
    registry = new TestRegistry(database, "hold", "60");
    SlotName slot = registry.init().name();
    RecordingSubscriber client = stream(slot);
    database.execute("insert into t values (1, 'a')");
    client.nextWithChange();

    database.stop("INT");
    database.becomeStandby();
    database.startAgain();
    await("the stream to go on")
        .atMost(Duration.ofSeconds(20))
        .until(() -> database.text("select active from pg_replication_slots").equals("t"));
    database.execute("select pg_promote()");
    database.execute("insert into t values (2, 'b')");

    assertThat(client.nextWithChange()).contains("[2,\"b\"]");
  }

  @Test
  void saysThatAStandbyMakesNoPublications() throws Exception {
    registry.closeWithoutDropping();
    database.stop("INT");
    database.becomeStandby();
    database.startAgain();
    registry = new TestRegistry(database);

    assertThatThrownBy(registry::init)
        .isInstanceOfSatisfying(
            ProblemException.class,
            e -> {
              assertThat(e.problem()).isEqualTo(Problem.UPSTREAM_CONFIG);
              assertThat(e).hasMessageContaining("standby");
              assertThat(e.hint()).contains("publication=");
            });
  }

  /** Its reader is inside a send all the time: the reporter gives the signs of life. */
  @Test
  void keepsTheConnectionOfAClientThatReadsNothingForLongerThanWalSenderTimeout() throws Exception {
    SlotName slot = registry.init().name();
    RecordingSubscriber client = stream(slot);
    database.execute("insert into t values (1, 'a')");
    client.nextWithChange();
    String walsender = database.text("select active_pid from pg_replication_slots");
    client.stopReading();

    database.execute("insert into t values (2, 'b')");

    await("three times wal_sender_timeout")
        .during(Duration.ofSeconds(6))
        .atMost(Duration.ofSeconds(30))
        .pollInterval(Duration.ofMillis(200))
        .until(
            () ->
                database
                    .text("select coalesce(max(active_pid), 0) from pg_replication_slots")
                    .equals(walsender));
    client.readAgain();
    assertThat(client.nextWithChange()).contains("[2,\"b\"]");
  }

  /** A standby that lags holds PostgreSQL's shutdown up: it lets nobody in, and does not end. */
  @Test
  void saysThatPostgresRestarts() throws Exception {
    SlotName slot = registry.init().name();
    RecordingSubscriber client = stream(slot);
    database.execute("insert into t values (1, 'a')");
    client.nextWithChange();
    Properties replication = new Properties();
    replication.putAll(
        Map.of(
            "user", database.user(),
            "password", database.password(),
            "replication", "database",
            "assumeMinServerVersion", "10",
            "preferQueryMode", "simple",
            "options", "-c wal_sender_timeout=0"));
    try (Connection foreign = DriverManager.getConnection(database.jdbcUrl(), replication)) {
      foreign
          .unwrap(org.postgresql.PGConnection.class)
          .getCopyAPI()
          .copyDual("START_REPLICATION 0/1000000");
      database.execute("create database neighbour"); // WAL that the standby lacks, and no change
      assertThat(new ProcessBuilder("kill", "-INT", "" + database.pid()).start().waitFor())
          .isZero();

      assertThat(client.closed().reason()).isEqualTo(CloseReason.UPSTREAM_RESTARTING);
      foreign.abort(Runnable::run);
    }
    await("PostgreSQL to end").atMost(Duration.ofSeconds(20)).until(() -> !database.isRunning());
  }

  /** An administrator's DataSource may throw anything. */
  @Test
  void saysThatItHasABug() throws Exception {
    SlotName slot = registry.init().name();
    DataSource broken =
        (DataSource)
            Proxy.newProxyInstance(
                getClass().getClassLoader(),
                new Class<?>[] {DataSource.class},
                (proxy, method, arguments) -> {
                  throw new IllegalStateException("not ready");
                });
    Settings settings =
        Settings.read(
            Map.of(
                    "pgdelta.database-url", database.jdbcUrl(),
                    "pgdelta.database-user", database.user(),
                    "pgdelta.database-password", database.password())
                ::get);
    SlotRegistry other =
        new SlotRegistry(
            Database.open(settings, Optional.empty(), Optional.of(broken)),
            settings,
            Runnable::run);
    RecordingSubscriber client = new RecordingSubscriber();

    other.stream(StreamOptions.of(slot), client);

    assertThat(client.closed().reason()).isEqualTo(CloseReason.INTERNAL);
    assertThat(client.closed().detail()).matches("internal error, id [0-9a-f-]{36}");
    other.close();
  }
}
