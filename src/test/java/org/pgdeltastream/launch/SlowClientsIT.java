package org.pgdeltastream.launch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.pgdeltastream.support.Program;
import org.pgdeltastream.support.TestDatabase;

/** A client that reads slowly is never cut, one that stands still is, on every way out. */
@Timeout(value = 120, unit = TimeUnit.SECONDS)
@Execution(ExecutionMode.CONCURRENT) // each test waits, with a server of its own
class SlowClientsIT {
  private static final int SEND_TIMEOUT_SECONDS = 4;
  private static final int A_TENTH = 2_000; // bytes in 100 ms: 20 KB a second
  private static final int RECEIVE_BUFFER = 8_192; // as little as a system gives
  private static final Duration LONGER = Duration.ofSeconds(3L * SEND_TIMEOUT_SECONDS);
  private static final String REASON = "slow_consumer: a send made no progress";
  private static final int FEW = 3;

  private TestDatabase database;

  @TempDir(cleanup = CleanupMode.ON_SUCCESS)
  private Path directory;

  @BeforeEach
  void start() throws Exception {
    database = TestDatabase.embedded();
    database.execute("create table t (id int, name text)");
    database.execute("create publication p for table t");
    database.execute(
        "create table big as select i, repeat('x', 1000) t from generate_series(1, 20000) i");
  }

  @AfterEach
  void stop() throws Exception {
    database.close();
  }

  @ParameterizedTest
  @ValueSource(strings = {"upgrade", "endpoint"})
  void ofAStreamIsCutOnlyWhereItStandsStill(String websocket) throws Exception {
    String slot = "delta_" + websocket;
    try (Program program = startProgram("-Dpgdelta.websocket=" + websocket)) {
      program.post("/v1/init?slotName=" + slot + "&publication=p", "");
      try (Socket client =
          ask(
              program,
              "/v1/lr/stream?slotName=" + slot,
              "Upgrade: websocket",
              "Connection: Upgrade",
              "Sec-WebSocket-Version: 13",
              "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==")) {
        database.execute( // one transaction of 4 MB
            "insert into t select i, repeat('x', 1000) from generate_series(1, 4000) i");
        readSlowly(client.getInputStream());
        assertThat(program.get("/v1/slots/" + slot).body())
            .contains("\"active\":true")
            .doesNotContain("lastClose");

        await("the client that stands still to be closed")
            .atMost(Duration.ofSeconds(60))
            .pollInterval(Duration.ofMillis(200))
            .until(
                () ->
                    program
                        .get("/v1/slots/" + slot)
                        .body()
                        .contains("\"lastClose\":{\"code\":4003,"));
        String rest = textUpTo(REASON, client.getInputStream());
        if (websocket.equals("upgrade")) { // a container's send and its close end in one moment
          assertThat(rest).contains("\u000f\u00a3" + REASON);
        }
      }
    }
  }

  @Test
  void ofAWholeTableIsCutOnlyWhereItStandsStill() throws Exception {
    try (Program program = startProgram()) {
      program.post("/v1/init?slotName=delta_t&publication=p", "");
      try (Socket client = ask(program, "/v1/snapshot/stream?slotName=delta_t&table=big")) {
        readSlowly(client.getInputStream());
        assertThat(copies()).isEqualTo(1);

        await("the reading for a client that stands still to end")
            .atMost(Duration.ofSeconds(60))
            .pollInterval(Duration.ofMillis(200))
            .until(() -> copies() == 0);
      }
    }
  }

  @Test
  void ofWholeTablesLeavePagesTheirConnections() throws Exception {
    List<Socket> unread = new ArrayList<>();
    try (Program program = startProgram("-Dpgdelta.table-readers=" + FEW)) {
      program.post("/v1/init?slotName=delta_u&publication=p", "");
      for (int i = 0; i < FEW; i++) {
        unread.add(ask(program, "/v1/snapshot/stream?slotName=delta_u&table=big"));
      }
      await("all to be read").atMost(Duration.ofSeconds(20)).until(() -> copies() == FEW);

      var refused = program.get("/v1/snapshot/stream?slotName=delta_u&table=big");
      assertThat(refused.statusCode()).isEqualTo(503);
      assertThat(refused.headers().firstValue("Retry-After")).isPresent();
      assertThat(refused.body())
          .contains("upstream_busy", "sends whole tables to " + FEW + " clients", "table-readers");
      assertThat(
              program
                  .post("/v1/snapshot/data", "{\"slotName\":\"delta_u\",\"table\":\"big\"}")
                  .statusCode())
          .isEqualTo(200);
    } finally {
      for (Socket socket : unread) {
        socket.close();
      }
    }
  }

  private Program startProgram(String... settings) throws IOException {
    List<String> all = new ArrayList<>(List.of(settings));
    all.add("-Dpgdelta.send-timeout=" + SEND_TIMEOUT_SECONDS);
    return Program.start(database, database.port(), "256m", directory, all.toArray(String[]::new));
  }

  private static Socket ask(Program program, String path, String... headers) throws IOException {
    Socket socket = new Socket();
    socket.setReceiveBufferSize(RECEIVE_BUFFER);
    socket.setSoTimeout(30_000);
    socket.connect(
        new InetSocketAddress(InetAddress.getLoopbackAddress(), IdleConnectionsIT.port(program)));
    String request =
        "GET %s HTTP/1.1\r\nHost: localhost\r\n%s\r\n\r\n"
            .formatted(path, String.join("\r\n", headers));
    socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
    return socket;
  }

  /** Twenty kilobytes a second, without a pause. */
  private static void readSlowly(InputStream in) throws Exception {
    long start = System.nanoTime();
    long tenths = LONGER.toMillis() / 100;
    for (int tenth = 0; tenth < tenths; tenth++) {
      assertThat(in.readNBytes(A_TENTH)).hasSize(A_TENTH);
      long ahead = (tenth + 1) * 100L - (System.nanoTime() - start) / 1_000_000;
      TimeUnit.MILLISECONDS.sleep(Math.max(0, ahead));
    }
  }

  /** To its first place or the connection's end. */
  private static String textUpTo(String end, InputStream in) throws IOException {
    StringBuilder text = new StringBuilder();
    byte[] bytes = new byte[8192];
    for (int length = in.read(bytes); length >= 0; length = in.read(bytes)) {
      text.append(new String(bytes, 0, length, StandardCharsets.ISO_8859_1));
      if (text.indexOf(end, Math.max(0, text.length() - length - end.length())) >= 0) {
        break;
      }
    }
    return text.toString();
  }

  private int copies() throws Exception {
    return Integer.parseInt(
        database.text(
            "select count(*) from pg_stat_activity where state = 'active' and query ilike 'copy%'"));
  }
}
