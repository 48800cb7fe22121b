package org.pgdeltastream.slot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.pgdeltastream.change.OutputPlugin;
import org.pgdeltastream.delivery.CloseReason;
import org.pgdeltastream.slot.database.Database;
import org.pgdeltastream.slot.database.Settings;
import org.pgdeltastream.slot.stream.StreamOptions;
import org.pgdeltastream.support.RecordingSubscriber;
import org.pgdeltastream.support.TestDatabase;

/** PostgreSQL waits for walsenders that lag, for as long as their readers answer. */
class ShutdownPostgresIT {
  private static final int STREAMS = 20;

  @Test
  void neverHoldsUpPostgresOwnShutdown() throws Exception {
    ExecutorService readers = Executors.newCachedThreadPool();
    ScheduledExecutorService timer = Executors.newScheduledThreadPool(1);
    try (TestDatabase database =
        TestDatabase.embedded(Map.of("max_wal_senders", "30", "max_replication_slots", "60"))) {
      database.execute("create table users (id int primary key, name text)");
      SlotRegistry registry = registry(database, readers);
      var unused =
          timer.scheduleWithFixedDelay(registry.reporter()::checkPostgres, 1, 1, TimeUnit.SECONDS);
      List<RecordingSubscriber> clients = new ArrayList<>();
      for (int i = 0; i < STREAMS; i++) {
        NewSlot made =
            registry.create(
                new InitRequest(Optional.of(OutputPlugin.PGOUTPUT), List.of(), Optional.empty()));
        RecordingSubscriber client = new RecordingSubscriber();
        registry.stream(StreamOptions.of(made.name()), client);
        clients.add(client);
      }
      database.execute("insert into users select i, 'x' from generate_series(1, 1000) i");
      for (RecordingSubscriber client : clients) {
        client.nextWithChange(); // and nobody acknowledges
      }

      assertThat(new ProcessBuilder("kill", "-INT", "" + database.pid()).start().waitFor())
          .isZero();

      await("PostgreSQL to end, long before wal_sender_timeout")
          .atMost(Duration.ofSeconds(30))
          .pollInterval(Duration.ofMillis(50))
          .until(() -> !database.isRunning());
      for (RecordingSubscriber client : clients) {
        assertThat(client.closed().reason())
            .isIn(CloseReason.UPSTREAM_LOST, CloseReason.UPSTREAM_RESTARTING);
      }
    } finally {
      timer.shutdownNow();
      readers.shutdown();
      assertThat(readers.awaitTermination(30, TimeUnit.SECONDS)).isTrue();
    }
  }

  private static SlotRegistry registry(TestDatabase database, ExecutorService readers) {
    Settings settings =
        Settings.read(
            Map.of(
                    "pgdelta.database-url", database.jdbcUrl(),
                    "pgdelta.database-user", database.user(),
                    "pgdelta.database-password", database.password(),
                    "pgdelta.hold", "" + Duration.ofSeconds(3).toSeconds())
                ::get);
    return new SlotRegistry(
        Database.open(settings, Optional.of(database.dataSource()), Optional.empty()),
        settings,
        readers);
  }
}
