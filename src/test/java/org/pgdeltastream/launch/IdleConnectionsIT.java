package org.pgdeltastream.launch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.pgdeltastream.support.Jcmd;
import org.pgdeltastream.support.ManySockets;
import org.pgdeltastream.support.Program;
import org.pgdeltastream.support.RawHttp;
import org.pgdeltastream.support.StreamClient;
import org.pgdeltastream.support.TestDatabase;

/**
 * Connections by the thousand that ask for nothing: they end no thread of the server's and hold
 * nobody up. How many: {@code -Dpgdelta.test.idle}.
 */
@Timeout(value = 180, unit = TimeUnit.SECONDS)
class IdleConnectionsIT {
  private static final int MANY = Integer.getInteger("pgdelta.test.idle", 8000);
  private static final int REQUESTS = 601; // the server has 200 threads
  private static final String NOTHING = "";
  private static final String HALF = "GET /v1/ping HTTP/1.1\r\nHost: localhost\r\nX-Half: ";
  private static final Duration ATTACK = Duration.ofSeconds(20);
  private static final Duration SOON = Duration.ofSeconds(3); // 1 s, on a machine that is busy
  private static final Pattern USED = Pattern.compile("used (\\d+)K");

  @TempDir(cleanup = CleanupMode.ON_SUCCESS)
  private Path directory;

  private TestDatabase database;

  @BeforeEach
  void startDatabase() throws Exception {
    assumeTrue(
        ManySockets.mostFiles() > MANY + 1000,
        "a process may open " + ManySockets.mostFiles() + " files here (ulimit -n), too few");
    database = TestDatabase.embedded();
    database.execute("create table t (id int primary key)");
    database.execute("create publication p for table t");
  }

  @AfterEach
  void stopDatabase() throws Exception {
    if (database != null) {
      database.close();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {NOTHING, HALF})
  void holdUpNeitherAStreamNorACall(String sent) throws Exception {
    try (Program program = Program.start(database, "256m", directory);
        StreamClient client = stream(program);
        ManySockets attack = new ManySockets(port(program))) {
      long before = heapInUse(program);
      int connected = attack.open(MANY, sent, ATTACK);
      long after = heapInUse(program);
      System.out.printf(
          "%d connections, %s: %d KB, then %d KB of heap, %d bytes each%n",
          connected,
          sent.isEmpty() ? "nothing sent" : "half a header",
          before,
          after,
          (after - before) * 1024 / Math.max(1, connected));

      assertThat(connected).isEqualTo(MANY);
      for (int i = 1; i <= 30; i++) {
        assertThat(program.get("/v1/ping").statusCode()).isEqualTo(200);
        assertComesSoon(client, i);
      }
      attack.leave();
      assertThat(program.get("/v1/ping").statusCode()).isEqualTo(200);
      assertComesSoon(client, 31);
      assertThat(program.stop()).doesNotContain("OutOfMemoryError");
    }
  }

  @Test
  void thatAreMoreThanFitWaitUntilOthersTimeOut() throws Exception {
    try (Program program = Program.start(database, "64m", directory);
        StreamClient client = stream(program);
        ManySockets attack = new ManySockets(port(program))) {
      int connected = attack.open(MANY / 2, NOTHING, Duration.ofSeconds(5));
      assertComesSoon(client, 1);
      assertThat(program.get("/v1/ping").statusCode()).isEqualTo(200);
      assertThat(connected).isLessThan(MANY / 2);
      assertThat(program.stop())
          .doesNotContain("OutOfMemoryError")
          .contains("connections fit at once");
    }
  }

  /** Each holds a thread for a second: DELETE waits as long for a client that may be leaving. */
  @Test
  void requestsThatAreMoreThanThereAreThreadsWaitForOne() throws Exception {
    try (Program program = Program.start(database, "256m", directory);
        StreamClient client = stream(program)) {
      assertComesSoon(client, 1);
      ExecutorService callers = Executors.newFixedThreadPool(REQUESTS);
      List<Future<Integer>> statuses = new ArrayList<>();
      long start = System.nanoTime();
      for (int i = 0; i < REQUESTS; i++) {
        statuses.add(callers.submit(() -> program.delete("/v1/slots/delta_s").statusCode()));
      }
      for (Future<Integer> status : statuses) {
        assertThat(status.get(60, TimeUnit.SECONDS)) // 503: so many look slots up at once
            .isIn(409, 503);
      }
      assertThat(Duration.ofNanos(System.nanoTime() - start))
          .as("200 threads, each for three requests")
          .isGreaterThan(Duration.ofSeconds(3));
      assertComesSoon(client, 2);
      callers.shutdown();
    }
  }

  @Test
  void aHeaderOfMoreThanEightKilobytesIsRefused() throws Exception {
    try (Program program = Program.start(database, "256m", directory)) {
      RawHttp server = new RawHttp(port(program));
      String start = "GET /v1/ping HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nX-Long: ";
      assertThat(server.send(start + "x".repeat(7_000) + "\r\n\r\n").status()).isEqualTo(200);
      RawHttp.Answer refused = server.send(start + "x".repeat(9_000) + "\r\n\r\n");
      assertThat(refused.status()).isEqualTo(400);
      assertThat(refused.body()).contains("\"code\":\"bad_request\"");
    }
  }

  private void assertComesSoon(StreamClient client, int id) throws Exception {
    long start = System.nanoTime();
    database.execute("insert into t values (" + id + ")");
    assertThat(client.nextWithChange()).contains("\"columnvalues\":[" + id + "]");
    assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(SOON);
  }

  private static StreamClient stream(Program program) throws Exception {
    program.post("/v1/init?slotName=delta_s&publication=p", "");
    return new StreamClient(program.streamUrl("delta_s"));
  }

  static int port(Program program) {
    return URI.create(program.streamUrl("x")).getPort();
  }

  /** What is left after a collection. */
  private static long heapInUse(Program program) throws Exception {
    Jcmd.ask(program.pid(), "GC.run");
    Matcher used = USED.matcher(Jcmd.ask(program.pid(), "GC.heap_info"));
    assertThat(used.find()).isTrue();
    return Long.parseLong(used.group(1));
  }
}
