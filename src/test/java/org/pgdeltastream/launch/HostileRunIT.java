package org.pgdeltastream.launch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.net.Socket;
import java.net.URI;
import java.net.http.HttpResponse;
import java.nio.file.Files;
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
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;
import org.pgdeltastream.support.Jcmd;
import org.pgdeltastream.support.ManySockets;
import org.pgdeltastream.support.Program;
import org.pgdeltastream.support.StalledClient;
import org.pgdeltastream.support.SteadyClient;
import org.pgdeltastream.support.StreamClient;
import org.pgdeltastream.support.TestDatabase;

/**
 * One program after the other limit: each is pushed to its end while a good client goes on. In the
 * profile {@code faults}, since its times need a quiet machine.
 */
@EnabledIfSystemProperty(named = "pgdelta.test.programs", matches = "true")
@Timeout(value = 600, unit = TimeUnit.SECONDS)
class HostileRunIT {
  private static final int CONNECTIONS = 8_000;
  private static final Duration OPENING = Duration.ofSeconds(30);
  private static final Duration BACK = Duration.ofSeconds(90); // a limit's own time, and some more

  @TempDir(cleanup = CleanupMode.ON_SUCCESS)
  private Path directory;

  private TestDatabase database;
  private Program program;
  private SteadyClient good;

  private interface Attack {
    /** What the server answered. */
    String run() throws Exception;
  }

  @BeforeEach
  void start() throws Exception {
    database =
        TestDatabase.embedded(Map.of("max_connections", "150", "max_replication_slots", "40"));
    database.execute("create table steady (id int primary key, sent bigint)");
    database.execute("create table big (id int primary key, t text)");
    database.execute("create publication p for table steady");
    database.execute("create publication wide for table big");
    program = Program.start(database, "256m", directory);
    assertThat(init("delta_steady", "p")).isEqualTo(200);
    assertThat(init("delta_pages", "wide")).isEqualTo(200);
    good = new SteadyClient(database, program.streamUrl("delta_steady"));
  }

  @AfterEach
  void stop() throws Exception {
    good.close();
    program.close();
    database.close();
  }

  @Test
  void eachLimitHoldsAndAGoodClientDoesNotNotice() throws Exception {
    attackAll();
    good.check();
  }

  private void attackAll() throws Exception {
    Map<String, Long> before = resources();
    System.out.println(
        "| attack | answer | good client p50, p99, most (ms) |\n| --- | --- | --- |");
    attack("nothing at all", () -> "all served");
    attack("8,000 connections, nothing sent", () -> idle(""));
    attack("8,000 connections, half a header", () -> idle("GET /v1/ping HTTP/1.1\r\nHost: loc"));
    attack("500 bodies that do not come", this::bodies);
    attack("2,000 slot names that nobody has", this::unknownNames);
    attack("1,000 acknowledgements of one position", this::acknowledgements);
    attack("init until refused", this::inits);
    database.execute(
        "insert into big select i, repeat('0123456789', 510) from generate_series(1, 10000) i");
    assertThat(program.get("/v1/init?slotName=delta_now&publication=wide").statusCode())
        .isEqualTo(200);
    attack("20 pages of 51 MB", this::pages);
    attack("40 whole tables, not read", this::tables);
    attack("10 clients that do not read 51 MB", this::stalled);
    Map<String, Long> after = new TreeMap<>();
    await("what was used to be given back")
        .atMost(BACK)
        .pollInterval(Duration.ofSeconds(1))
        .untilAsserted(
            () -> {
              after.putAll(resources());
              for (String name : before.keySet()) {
                assertThat(after.get(name)).as(name).isLessThanOrEqualTo(room(name, before));
              }
            });
    System.out.println("Before: " + before + "\nAfter:  " + after);
    assertThat(program.output()).doesNotContain("OutOfMemoryError");
  }

  /** Threads and memory of pools may stay; connections, slots and files may not. */
  private static long room(String name, Map<String, Long> before) {
    long then = before.getOrDefault(name, 0L);
    return switch (name) {
      case "threads" -> then + 230; // Tomcat's
      case "heap KB" -> then + 40_000;
      case "files", "backends" -> then + 40; // the pool's, and kept connections
      default -> then + 1; // delta_now
    };
  }

  private Map<String, Long> resources() throws Exception {
    Map<String, Long> now = new TreeMap<>();
    Path process = Path.of("/proc", String.valueOf(program.pid()));
    now.put("threads", count(process.resolve("task")));
    now.put("files", count(process.resolve("fd")));
    Jcmd.ask(program.pid(), "GC.run");
    String heap = Jcmd.ask(program.pid(), "GC.heap_info");
    now.put("heap KB", Long.parseLong(heap.replaceFirst("(?s).*?used (\\d+)K.*", "$1")));
    now.put("slots", Long.parseLong(database.text("select count(*) from pg_replication_slots")));
    now.put(
        "walsenders", Long.parseLong(database.text("select count(*) from pg_stat_replication")));
    now.put(
        "backends",
        Long.parseLong(
            database.text(
                "select count(*) from pg_stat_activity"
                    + " where application_name like 'pgdeltastream%'")));
    return now;
  }

  private static long count(Path folder) throws Exception {
    try (Stream<Path> entries = Files.list(folder)) {
      return entries.count();
    }
  }

  private void attack(String name, Attack attack) throws Exception {
    int from = good.rows();
    String answer = attack.run();
    await("the good client to go on").atMost(OPENING).until(() -> good.rows() > from + 20);
    System.out.printf("| %s | %s | %s |%n", name, answer, good.latencies(from));
  }

  private int init(String slot, String publication) throws Exception {
    return program.get("/v1/init?slotName=" + slot + "&publication=" + publication).statusCode();
  }

  private String idle(String sent) throws Exception {
    try (ManySockets sockets = new ManySockets(port())) {
      int connected = sockets.open(CONNECTIONS, sent, OPENING);
      assertThat(program.get("/v1/ping").statusCode()).isEqualTo(200);
      return connected + " taken, ping 200";
    }
  }

  private String bodies() throws Exception {
    String head =
        "POST /v1/snapshot/data HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5000\r\n\r\n";
    try (ManySockets sockets = new ManySockets(port())) {
      sockets.open(500, head, OPENING);
      assertThat(program.get("/v1/slots").statusCode()).isEqualTo(200);
      await("the bodies to be given up")
          .atMost(OPENING)
          .until(() -> sockets.closedByServer() == 500);
      return "/v1/slots 200, all given up";
    }
  }

  private String unknownNames() throws Exception {
    Map<Integer, Integer> codes = new TreeMap<>();
    for (int i = 0; i < 2_000; i += 20) {
      List<StreamClient> clients = new ArrayList<>();
      for (int k = i; k < i + 20; k++) {
        clients.add(new StreamClient(program.streamUrl("delta_unknown" + k)));
      }
      for (StreamClient client : clients) {
        codes.merge(client.closed().code(), 1, Integer::sum);
      }
    }
    return "closed with " + codes;
  }

  private String acknowledgements() throws Exception {
    try (StreamClient client = new StreamClient(program.streamUrl("delta_pages"))) {
      for (int i = 0; i < 1_000; i++) {
        client.acknowledge("0/1");
      }
    }
    return "taken";
  }

  private String inits() throws Exception {
    int made = 0;
    HttpResponse<String> answer = program.get("/v1/init?slotName=delta_i0&publication=p");
    while (answer.statusCode() == 200 && made < 100) {
      made++;
      answer = program.get("/v1/init?slotName=delta_i" + made + "&publication=p");
    }
    for (int i = 0; i < made; i++) {
      program.delete("/v1/slots/delta_i" + i + "?force=true");
    }
    return made
        + " made, then "
        + answer.statusCode()
        + " "
        + answer.body().replaceFirst(".*\"code\":\"(\\w+)\".*", "$1");
  }

  private String pages() throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(20);
    String body = "{\"slotName\":\"delta_now\",\"table\":\"big\",\"limit\":10000}";
    Map<Integer, Integer> statuses = new TreeMap<>();
    try {
      List<Future<Integer>> answers = new ArrayList<>();
      for (int i = 0; i < 20; i++) {
        answers.add(threads.submit(() -> program.post("/v1/snapshot/data", body).statusCode()));
      }
      assertThat(program.get("/v1/slots").statusCode()).isEqualTo(200);
      for (Future<Integer> answer : answers) {
        statuses.merge(answer.get(60, TimeUnit.SECONDS), 1, Integer::sum);
      }
    } finally {
      threads.shutdownNow();
    }
    assertThat(statuses.keySet()).isSubsetOf(200, 503).contains(200);
    return statuses.toString();
  }

  private String tables() throws Exception {
    String head =
        "GET /v1/snapshot/stream?slotName=delta_now&table=big HTTP/1.1\r\nHost: localhost\r\n\r\n";
    try (ManySockets sockets = new ManySockets(port())) {
      sockets.open(40, head, OPENING);
      String page = "{\"slotName\":\"delta_now\",\"table\":\"big\",\"limit\":10}";
      assertThat(program.post("/v1/snapshot/data", page).statusCode()).isEqualTo(200);
      return "a page meanwhile 200";
    }
  }

  private String stalled() throws Exception {
    List<Socket> sockets = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      assertThat(init("delta_s" + i, "wide")).isEqualTo(200);
      sockets.add(StalledClient.connect(program.streamUrl("delta_s" + i)));
    }
    database.execute("update big set t = t || 'x'");
    int from = good.rows();
    await("the good client to go on").atMost(OPENING).until(() -> good.rows() > from + 50);
    for (Socket socket : sockets) {
      socket.close();
    }
    for (int i = 0; i < 10; i++) {
      program.delete("/v1/slots/delta_s" + i + "?force=true");
    }
    return "served on";
  }

  private int port() {
    return URI.create(program.streamUrl("x")).getPort();
  }
}
