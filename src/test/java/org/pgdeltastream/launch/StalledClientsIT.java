package org.pgdeltastream.launch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.net.Socket;
import java.net.URI;
import java.net.http.WebSocketHandshakeException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.pgdeltastream.support.FaultProxy;
import org.pgdeltastream.support.Jcmd;
import org.pgdeltastream.support.Program;
import org.pgdeltastream.support.StalledClient;
import org.pgdeltastream.support.StreamClient;
import org.pgdeltastream.support.TestDatabase;

/**
 * Clients that never read cost a bounded number of bytes and hold nobody up. How many: {@code
 * -Dpgdelta.test.stalled}.
 */
@Execution(ExecutionMode.CONCURRENT) // each test waits, with a server of its own
class StalledClientsIT {
  private static final int STALLED = Integer.getInteger("pgdelta.test.stalled", 15);
  private static final Pattern USED = Pattern.compile("used (\\d+)K");
  private static final Duration BEYOND_TOMCATS_LIMIT = Duration.ofSeconds(23);
  private static final Duration A_WHILE = Duration.ofSeconds(5);
  private static final Duration UNTIL_ALL_STAND_STILL = Duration.ofMinutes(3);
  private static final int MOST_GROWTH_KILOBYTES = 16 * 1024;

  @TempDir(cleanup = CleanupMode.ON_SUCCESS)
  private Path directory;

  @ParameterizedTest
  @ValueSource(strings = {"endpoint", "upgrade"})
  void keepsTheHeapFlatWhateverTheBacklogOfClientsThatDoNotRead(String websocket) throws Exception {
    int most = STALLED + 20;
    List<Socket> stalled = new ArrayList<>();
    try (TestDatabase database =
            TestDatabase.embedded(
                Map.of("max_replication_slots", "" + most, "max_wal_senders", "" + most));
        Program program =
            Program.start(
                database,
                database.port(),
                "256m",
                directory,
                "-Dpgdelta.websocket=" + websocket,
                "-Dpgdelta.streams=" + (STALLED + 1),
                "-Dpgdelta.send-timeout=600")) {
      database.execute("create table t (id int primary key, name text)");
      database.execute("create publication p for table t");
      for (int i = 0; i <= STALLED; i++) {
        database.execute(
            "select pg_create_logical_replication_slot('delta_s%d', 'pgoutput')".formatted(i));
      }
      insert(database, 1, 2_000); // more than the buffers of the kernel take
      for (int i = 1; i <= STALLED; i++) {
        stalled.add(StalledClient.connect(program.streamUrl("delta_s" + i) + "&publication=p"));
      }
      await("all slots to be streamed")
          .atMost(UNTIL_ALL_STAND_STILL)
          .until(() -> streamed(database) == STALLED);
      try (StreamClient healthy =
          new StreamClient(program.streamUrl("delta_s0") + "&publication=p")) {
        assertThat(healthy.next(UNTIL_ALL_STAND_STILL)).contains("[1,\"");
        long before = heapInUse(program);

        insert(database, 2_001, 10_000);

        String next = healthy.next(UNTIL_ALL_STAND_STILL);
        while (next.endsWith("\"change\":[]}")) {
          next = healthy.next(UNTIL_ALL_STAND_STILL);
        }
        assertThat(next).contains("[2001,\"");
        healthy.acknowledge(next.replaceFirst("(?s).*\"nextlsn\":\"([^\"]+)\".*", "$1"));
        Duration stay = websocket.equals("endpoint") ? BEYOND_TOMCATS_LIMIT : A_WHILE;
        await("all streams to stay, longer than Tomcat would let a send wait")
            .during(stay)
            .atMost(stay.multipliedBy(2))
            .pollInterval(Duration.ofSeconds(1))
            .until(() -> streamed(database) == STALLED + 1);
        long after = heapInUse(program);
        System.out.printf(
            "%d stalled clients, %s: %d KB, then %d KB of heap%n",
            STALLED, websocket, before, after);
        assertThat(after - before).isLessThan(MOST_GROWTH_KILOBYTES);
        assertThatThrownBy(() -> new StreamClient(program.streamUrl("delta_s0")))
            .as("one more than pgdelta.streams")
            .cause()
            .isInstanceOfSatisfying(
                WebSocketHandshakeException.class,
                refused -> assertThat(refused.getResponse().statusCode()).isEqualTo(503));
      }
    } finally {
      for (Socket socket : stalled) {
        socket.close();
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"endpoint", "upgrade"})
  void closesManyThatStandStillAtOnceWithFewThreads(String websocket) throws Exception {
    int clients = 30;
    List<Socket> stalled = new ArrayList<>();
    try (TestDatabase database =
            TestDatabase.embedded(Map.of("max_replication_slots", "40", "max_wal_senders", "40"));
        Program program =
            Program.start(
                database,
                database.port(),
                "256m",
                directory,
                "-Dpgdelta.websocket=" + websocket,
                "-Dpgdelta.streams=" + clients,
                "-Dpgdelta.send-timeout=2")) {
      database.execute("create table t (id int primary key, name text)");
      database.execute("create publication p for table t");
      for (int i = 0; i < clients; i++) {
        database.execute(
            "select pg_create_logical_replication_slot('delta_s%d', 'pgoutput')".formatted(i));
      }
      insert(database, 1, 2_000);
      for (int i = 0; i < clients; i++) {
        stalled.add(StalledClient.connect(program.streamUrl("delta_s" + i) + "&publication=p"));
      }
      long start = System.nanoTime();
      for (int i = 0; i < clients; i++) {
        awaitClose(program, "delta_s" + i, "a send made no progress");
      }
      System.out.printf(
          "%s: all closed after %d ms%n", websocket, (System.nanoTime() - start) / 1_000_000);
      assertThat(streamed(database)).isZero();
    } finally {
      for (Socket socket : stalled) {
        socket.close();
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"endpoint", "upgrade"})
  void tellsWhyItClosedAClientThatCannotBeToldAndFreesTheSlotOfOneThatVanished(String websocket)
      throws Exception {
    try (TestDatabase database = TestDatabase.embedded();
        Program program =
            Program.start(
                database,
                database.port(),
                "256m",
                directory,
                "-Dpgdelta.websocket=" + websocket,
                "-Dpgdelta.send-timeout=2",
                "-Dpgdelta.ping-interval=2",
                "-Dpgdelta.pong-timeout=3");
        FaultProxy proxy = FaultProxy.to(URI.create(program.streamUrl("x")).getPort())) {
      database.execute("create table t (id int primary key, name text)");
      program.get("/v1/init?plugin=pgoutput&slotName=delta_full");
      program.get("/v1/init?plugin=pgoutput&slotName=delta_gone");
      String throughProxy =
          program.streamUrl("delta_gone").replaceFirst(":[0-9]+/", ":" + proxy.port() + "/");
      try (StreamClient gone = new StreamClient(throughProxy);
          Socket full = StalledClient.connect(program.streamUrl("delta_full"))) {
        insert(database, 1, 1);
        assertThat(gone.nextWithChange()).contains("[1,\"");
        proxy.freeze();
        insert(database, 2, 2_000);

        awaitClose(program, "delta_full", "a send made no progress");
        awaitClose(program, "delta_gone", "");
        assertThat(streamed(database)).isZero();
        assertThat(full.isConnected()).isTrue();
      }
    }
  }

  /** 4003, which no client that cannot be reached ever hears. */
  private static void awaitClose(Program program, String slot, String why) {
    await("the last close of " + slot)
        .atMost(Duration.ofSeconds(30))
        .pollInterval(Duration.ofMillis(200))
        .untilAsserted(
            () ->
                assertThat(program.get("/v1/slots/" + slot).body())
                    .contains("\"lastClose\":{\"code\":4003,")
                    .contains(why));
  }

  private static void insert(TestDatabase database, int first, int last) throws Exception {
    database.execute(
        "insert into t select i, repeat('x', 3000) from generate_series(%d, %d) i"
            .formatted(first, last));
  }

  private static int streamed(TestDatabase database) throws Exception {
    return Integer.parseInt(
        database.text("select count(*) from pg_replication_slots where active"));
  }

  /** What is left after a collection. */
  private static long heapInUse(Program program) throws Exception {
    Jcmd.ask(program.pid(), "GC.run");
    Matcher used = USED.matcher(Jcmd.ask(program.pid(), "GC.heap_info"));
    assertThat(used.find()).isTrue();
    return Long.parseLong(used.group(1));
  }
}
