package org.pgdeltastream.launch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.pgdeltastream.support.ManySockets;
import org.pgdeltastream.support.Program;
import org.pgdeltastream.support.StreamClient;
import org.pgdeltastream.support.TestDatabase;

/** Requests whose bodies do not come hold few threads, and not for long. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class SlowBodiesIT {
  private static final int REQUESTS = 500;
  private static final Duration SOON = Duration.ofSeconds(6); // 1 s, on a machine that is busy
  private static final Duration GIVEN_UP = Duration.ofSeconds(25); // 10 s, likewise
  private static final String END = " HTTP/1.1\r\nHost: localhost\r\n";

  private TestDatabase database;
  private Program program;
  private StreamClient client;
  private int rows;

  @BeforeAll
  void start(@TempDir(cleanup = CleanupMode.ON_SUCCESS) Path directory) throws Exception {
    database = TestDatabase.embedded();
    database.execute("create table t (id int primary key)");
    database.execute("create publication p for table t");
    program = Program.start(database, "256m", directory);
    program.post("/v1/init?slotName=delta_s&publication=p", "");
    client = new StreamClient(program.streamUrl("delta_s"));
  }

  @AfterAll
  void stop() throws Exception {
    client.close();
    program.close();
    database.close();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "POST /v1/snapshot/data" + END + "Content-Length: 5000",
        "POST /v1/init" + END + "Transfer-Encoding: chunked",
        "POST /v1/snapshot/data" + END + "Transfer-Encoding: chunked\r\n\r\n5",
        "POST /v1/init" + END + "Transfer-Encoding: chunked\r\n\r\n5;",
        "GET /v1/ping" + END + "Transfer-Encoding: chunked\r\n\r\n5;",
        "GET /v1/ping" + END + "Content-Length: 5000",
        "GET /v1/nothing" + END + "Content-Length: 5000000",
        "DELETE /v1/slots/x"
            + END
            + "X-Forwarded-For: 10.0.0.1\r\nTransfer-Encoding: chunked", // 403
        "GET /v1/lr/stream?slotName=delta_s"
            + END
            + "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nContent-Length: 5000"
      })
  void holdUpNobodyAndEnd(String head) throws Exception {
    boolean hasBegun = head.contains("\r\n\r\n"); // a chunk, whose head has no end
    try (ManySockets attack = new ManySockets(IdleConnectionsIT.port(program))) {
      long start = System.nanoTime();
      int connected =
          attack.open(REQUESTS, hasBegun ? head : head + "\r\n\r\n", Duration.ofSeconds(20));
      assertThat(connected).isEqualTo(REQUESTS);
      String next = next(head);
      for (int look = 0; look < 4; look++) {
        assertAnswersSoon();
        attack.send(next); // a client may go on and on
      }
      await("all requests to be given up")
          .atMost(GIVEN_UP)
          .pollInterval(Duration.ofMillis(500))
          .until(
              () -> {
                attack.send(next);
                return attack.closedByServer() == REQUESTS;
              });
      System.out.printf(
          "%s: all ended after %d ms%n",
          head.lines().findFirst().orElse(""), (System.nanoTime() - start) / 1_000_000);
    }
  }

  private static String next(String head) {
    if (head.endsWith("5")) {
      return ""; // the chunk's head does not go on
    }
    if (head.endsWith(";")) {
      return "xxxx"; // its extension never ends
    }
    return head.contains("chunked") ? "1\r\n{\r\n" : " ";
  }

  private void assertAnswersSoon() throws Exception {
    for (String path : new String[] {"/v1/ping", "/v1/slots"}) {
      long asked = System.nanoTime();
      assertThat(program.get(path).statusCode()).isEqualTo(200);
      assertThat(Duration.ofNanos(System.nanoTime() - asked)).as(path).isLessThan(SOON);
    }
    long written = System.nanoTime();
    database.execute("insert into t values (" + ++rows + ")");
    assertThat(client.nextWithChange()).contains("\"columnvalues\":[" + rows + "]");
    assertThat(Duration.ofNanos(System.nanoTime() - written)).isLessThan(SOON);
  }
}
