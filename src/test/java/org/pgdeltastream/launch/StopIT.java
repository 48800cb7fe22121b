package org.pgdeltastream.launch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.Socket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.pgdeltastream.support.Program;
import org.pgdeltastream.support.RawClient;
import org.pgdeltastream.support.StalledClient;
import org.pgdeltastream.support.TestDatabase;

/** A stop takes as long with many clients that do not answer as with one that does. */
@Timeout(value = 180, unit = TimeUnit.SECONDS)
@Execution(ExecutionMode.CONCURRENT) // each test waits, with a server of its own
class StopIT {
  private static final int MUTE = 40;
  private static final int STALLED = 10;
  private static final Duration MOST = Duration.ofSeconds(20);

  @TempDir private Path directory;
  private final List<RawClient> mute = new ArrayList<>();
  private final List<Socket> stalled = new ArrayList<>();

  @ParameterizedTest
  @ValueSource(strings = {"endpoint", "upgrade"})
  void tellsAllWhoReadAndWaitsForNobodyWhoDoesNotAnswer(String websocket) throws Exception {
    String most = String.valueOf(MUTE + STALLED + 10);
    try (TestDatabase database =
            TestDatabase.embedded(Map.of("max_replication_slots", most, "max_wal_senders", most));
        Program program =
            Program.start(
                database, database.port(), "256m", directory, "-Dpgdelta.websocket=" + websocket)) {
      program.get("/v1/init?plugin=pgoutput&slotName=delta_snapshot");
      fillStalled(database, program);
      openMute(database, program);
      await("all to be streamed")
          .atMost(Duration.ofSeconds(60))
          .until(
              () ->
                  database
                      .text("select count(*) from pg_replication_slots where active")
                      .equals(String.valueOf(MUTE + STALLED)));
      long start = System.nanoTime();

      program.stop();

      assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(MOST);
      for (RawClient client : mute) {
        assertThat(client.next(RawClient.CLOSE).code()).isEqualTo(1012);
      }
      await("the snapshot to be closed")
          .until(
              () ->
                  database
                      .text(
                          "select count(*) from pg_stat_activity where state = 'idle in"
                              + " transaction'")
                      .equals("0"));
    } finally {
      end();
    }
  }

  /** More than the buffers of the kernel take. */
  private void fillStalled(TestDatabase database, Program program) throws Exception {
    database.execute("create table t (id int, name text); create publication p for table t");
    for (int i = 0; i < STALLED; i++) {
      slot(database, "delta_stalled" + i);
    }
    database.execute("insert into t select i, repeat('x', 3000) from generate_series(1, 3000) i");
    for (int i = 0; i < STALLED; i++) {
      String stream = program.streamUrl("delta_stalled" + i) + "&publication=p";
      stalled.add(StalledClient.connect(stream));
    }
  }

  /** They read, and answer nothing. */
  private void openMute(TestDatabase database, Program program) throws Exception {
    for (int i = 0; i < MUTE; i++) {
      slot(database, "delta_mute" + i);
      mute.add(RawClient.open(program.streamUrl("delta_mute" + i) + "&publication=p"));
    }
  }

  private static void slot(TestDatabase database, String name) throws Exception {
    database.execute("select pg_create_logical_replication_slot('" + name + "', 'pgoutput')");
  }

  private void end() throws IOException {
    for (RawClient client : mute) {
      client.close();
    }
    for (Socket socket : stalled) {
      socket.close();
    }
  }
}
