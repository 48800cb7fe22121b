package org.pgdeltastream.launch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;
import org.pgdeltastream.support.Program;
import org.pgdeltastream.support.RowsClient;
import org.pgdeltastream.support.SteadyClient;
import org.pgdeltastream.support.TestDatabase;

/**
 * More is asked for than the heap holds. What has no room is refused; nothing else suffers, and
 * what was used is given back. Other heaps and collectors: {@code -Dpgdelta.test.heap=128m
 * -Dpgdelta.test.jvm=-XX:+UseSerialGC}.
 */
@Timeout(value = 180, unit = TimeUnit.SECONDS)
class HeapBudgetIT {
  private static final String HEAP = System.getProperty("pgdelta.test.heap", "256m");
  private static final String JVM = System.getProperty("pgdelta.test.jvm", "-XX:+UseG1GC");
  private static final int STREAMS = 5;
  private static final int LARGE_ROWS = 3;
  private static final int LARGE = 6_000_000;
  private static final int ALL_ROWS = 30_000;
  private static final int ROW = 5_100;

  /** Two do not fit together; 10,000 with 256 MB. */
  private static final int ROWS = Math.min(10_000, megabytes() * (1 << 20) / 4 / 6_500);

  private static final String PAGE =
      "{\"slotName\":\"delta_pages\",\"table\":\"big\",\"limit\":" + ROWS + "}";

  @TempDir(cleanup = CleanupMode.ON_SUCCESS)
  private Path directory;

  private TestDatabase database;
  private Program program;

  @BeforeEach
  void start() throws Exception {
    database = TestDatabase.embedded(Map.of("max_connections", "120"));
    database.execute("create table steady (id int primary key, sent bigint)");
    database.execute("create table big (id int primary key, t text)");
    database.execute("create table wide (id int primary key, t text)");
    database.execute("create publication steady for table steady");
    database.execute("create publication wide for table wide");
    program = Program.start(database, database.port(), HEAP, directory, JVM);
    program.post("/v1/init?slotName=delta_steady&publication=steady", "");
  }

  @AfterEach
  void stop() throws Exception {
    program.close();
    database.close();
  }

  @Test
  void refusesPagesThatHaveNoRoomAndLeavesAllElseAlone() throws Exception {
    database.execute(
        "insert into big select i, repeat('0123456789', 510) from generate_series(1, 10000) i");
    program.post("/v1/init?slotName=delta_pages&publication=steady", "");
    try (SteadyClient steady = new SteadyClient(database, program.streamUrl("delta_steady"))) {
      for (int pages : new int[] {8, 20}) {
        Map<Integer, Integer> statuses = readPages(pages);
        System.out.printf("%d pages at once, heap %s: %s%n", pages, HEAP, statuses);
        assertThat(statuses.keySet()).isSubsetOf(200, 503).contains(200);
        assertThat(program.post("/v1/snapshot/data", PAGE).statusCode())
            .as("the next page: the others have given back what they had")
            .isEqualTo(200);
      }
      steady.check();
    }
    assertNoOutOfMemory();
  }

  @Test
  void letsStreamsWaitForRoomAndLosesNothing() throws Exception {
    for (int i = 0; i < STREAMS; i++) {
      program.post("/v1/init?slotName=delta_w" + i + "&publication=wide", "");
    }
    database.execute(
        "insert into wide select i, repeat('0123456789', %d) from generate_series(1, %d) i"
            .formatted(LARGE / 10, LARGE_ROWS));
    database.execute(
        "insert into wide select i, repeat('0123456789', 50) from generate_series(%d, %d) i"
            .formatted(LARGE_ROWS + 1, ALL_ROWS)); // 18 MB
    List<RowsClient> clients = new ArrayList<>();
    try (SteadyClient steady = new SteadyClient(database, program.streamUrl("delta_steady"))) {
      for (int i = 0; i < STREAMS; i++) {
        clients.add(new RowsClient(program.streamUrl("delta_w" + i) + "&max-message=16777216"));
      }
      for (RowsClient client : clients) {
        await("all rows of a stream")
            .atMost(Duration.ofSeconds(60))
            .until(() -> client.rows() == ALL_ROWS || client.fault().isPresent());
        assertThat(client.fault()).isEmpty();
      }
      steady.check();
    } finally {
      clients.forEach(RowsClient::close);
    }
    assertNoOutOfMemory();
  }

  private Map<Integer, Integer> readPages(int count) throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(count);
    Map<Integer, Integer> statuses = new TreeMap<>();
    try {
      List<Future<Integer>> answers = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        answers.add(threads.submit(this::readPage));
      }
      assertThat(program.get("/v1/ping").statusCode()).isEqualTo(200);
      assertThat(program.get("/v1/slots").statusCode()).isEqualTo(200);
      for (Future<Integer> answer : answers) {
        statuses.merge(answer.get(60, TimeUnit.SECONDS), 1, Integer::sum);
      }
      return statuses;
    } finally {
      threads.shutdownNow();
    }
  }

  private int readPage() throws Exception {
    HttpResponse<String> page = program.post("/v1/snapshot/data", PAGE);
    if (page.statusCode() == 503) {
      assertThat(page.body()).contains("\"upstream_busy\"", "pgdelta.heap-bytes");
      assertThat(page.headers().firstValue("Retry-After")).isPresent();
    }
    if (page.statusCode() == 200) {
      assertThat(page.body()).hasSizeGreaterThan(ROWS * ROW).endsWith("\"}]");
    }
    return page.statusCode();
  }

  private static int megabytes() {
    return HEAP.endsWith("g")
        ? 1024 * Integer.parseInt(HEAP.replace("g", ""))
        : Integer.parseInt(HEAP.replace("m", ""));
  }

  private void assertNoOutOfMemory() throws Exception {
    assertThat(program.output()).doesNotContain("OutOfMemoryError");
    assertThat(program.get("/v1/ping").statusCode()).isEqualTo(200);
  }
}
