package org.pgdeltastream.launch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.pgdeltastream.support.ManySockets;
import org.pgdeltastream.support.Program;
import org.pgdeltastream.support.StreamClient;
import org.pgdeltastream.support.TestDatabase;

/** A feed's clients that read nothing: what they do not take uses no heap up. */
@Timeout(value = 240, unit = TimeUnit.SECONDS)
class StalledFollowersIT {
  private static final int BATCH = 900; // as many as may come within a second on one processor: 500
  private static final Duration SOON = Duration.ofSeconds(60);
  private static final Duration TOMCATS_TIMEOUT = Duration.ofSeconds(10);
  private static final Pattern SUBSCRIBERS = Pattern.compile("\"subscribers\":(\\d+)");

  /** What the clients are: how many, in what heap. */
  private enum Kind {
    WEBSOCKETS(
        3,
        "160m",
        """
        Upgrade: websocket\r
        Connection: Upgrade\r
        Sec-WebSocket-Version: 13\r
        Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r
        """),
    EVENT_STREAMS(2, "128m", "Accept: text/event-stream\r\n");

    private final int batches;
    private final String heap;
    private final String headers;

    Kind(int batches, String heap, String headers) {
      this.batches = batches;
      this.heap = heap;
      this.headers = headers;
    }

    String request(Program program) {
      return "GET /v1/feeds/main/stream HTTP/1.1\r\nHost: localhost:%d\r\n%s\r\n"
          .formatted(IdleConnectionsIT.port(program), headers);
    }
  }

  @TempDir(cleanup = CleanupMode.ON_SUCCESS)
  private Path directory;

  @ParameterizedTest
  @EnumSource
  void takeLittleHeap(Kind kind) throws Exception {
    int all = BATCH * kind.batches;
    assumeTrue(
        ManySockets.mostFiles() > all + 1000,
        "a process may open " + ManySockets.mostFiles() + " files here (ulimit -n), too few");
    try (TestDatabase database = TestDatabase.embedded()) {
      database.execute("create table t (id int primary key, filler text)");
      database.execute("create publication p for table t");
      try (Program program =
              Program.start(
                  database,
                  database.port(),
                  kind.heap,
                  directory,
                  "-Dpgdelta.feeds=main=p",
                  "-Dpgdelta.send-timeout=120",
                  "-Dpgdelta.pong-timeout=120",
                  "-Dpgdelta.subscribers-per-address=10000");
          ManySockets stalled = new ManySockets(IdleConnectionsIT.port(program))) {
        for (int sent = BATCH; sent <= all; sent += BATCH) {
          int wanted = sent * 9 / 10; // more than a thousand a second are refused
          stalled.open(BATCH, kind.request(program), SOON);
          await("the followers").atMost(SOON).until(() -> subscribers(program) >= wanted);
        }
        try (StreamClient reading =
            new StreamClient(
                program.streamUrl("x").replaceFirst("/v1/.*", "/v1/feeds/main/stream"))) {
          readTo(reading, "{\"hello\":"); // it gets what comes from now on
          int followers = subscribers(program);
          for (int i = 1; i <= 40; i++) {
            database.execute("insert into t values (" + i + ", repeat('x', 50000))");
            readTo(reading, "\"columnvalues\":[" + i + ",");
          }
          await("those that stand still to be kept, as long as the setting says")
              .during(TOMCATS_TIMEOUT.plusSeconds(2))
              .atMost(SOON)
              .until(() -> subscribers(program), kept -> kept >= followers);
        }
        assertThat(program.get("/v1/ping").statusCode()).isEqualTo(200);
        assertThat(program.stop()).doesNotContain("OutOfMemoryError");
      }
    }
  }

  private static void readTo(StreamClient reading, String change) throws Exception {
    while (!reading.nextWithChange().contains(change)) {
      // hello and live; the client has a time limit of its own
    }
  }

  private static int subscribers(Program program) throws Exception {
    Matcher count = SUBSCRIBERS.matcher(program.get("/v1/feeds/main").body());
    return count.find() ? Integer.parseInt(count.group(1)) : 0;
  }
}
