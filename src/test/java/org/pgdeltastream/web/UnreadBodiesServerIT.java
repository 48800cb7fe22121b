package org.pgdeltastream.web;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.pgdeltastream.launch.server.Server;
import org.pgdeltastream.support.TestDatabase;
import org.pgdeltastream.support.WarServer;

/** Who sends a body that nobody reads has the answer, and the connection for the next request. */
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class UnreadBodiesServerIT {
  private static final int DEADLINE_MILLIS = 60_000;
  private static final int SIZE = 800_000;

  private static TestDatabase database;
  private static Server server;

  @BeforeAll
  static void start() throws Exception {
    database = TestDatabase.embedded();
    server = WarServer.start(database);
  }

  @AfterAll
  static void stop() throws Exception {
    try (TestDatabase open = database) {
      server.close();
      assertThat(open.text("select count(*) from pg_replication_slots")).isEqualTo("0");
    }
  }

  @ParameterizedTest
  @CsvSource({
    "POST /v1/ping, 405, ''",
    "GET /v1/ping, 200, ''",
    "POST /v1/nothing, 404, ''",
    "POST /v1/snapshot/data, 413, ''",
    "POST /v1/init, 413, ''",
    "GET /v1/ping, 403, 'X-Forwarded-For: 10.0.0.1~'",
  })
  void areTakenAfterTheAnswer(String line, int status, String header) throws Exception {
    for (boolean chunked : new boolean[] {false, true}) {
      try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
        socket.setSoTimeout(DEADLINE_MILLIS);
        InputStream in = new BufferedInputStream(socket.getInputStream());
        String head = line + " HTTP/1.1\r\nHost: localhost\r\n" + header.replace("~", "\r\n");
        String body = "x".repeat(SIZE);
        String request =
            chunked
                ? head
                    + "Transfer-Encoding: chunked\r\n\r\n"
                    + ("800\r\n" + body.substring(0, 0x800) + "\r\n").repeat(SIZE / 0x800)
                    + "0\r\n\r\n"
                : head + "Content-Length: " + SIZE + "\r\n\r\n" + body;
        socket.getOutputStream().write(request.getBytes(ISO_8859_1));
        String answer = answer(in);
        assertThat(answer).as(line).startsWith("HTTP/1.1 " + status);
        if (status == 413) { // Tomcat goes on after none
          assertThat(answer).containsIgnoringCase("\r\nConnection: close\r\n");
          continue;
        }
        socket
            .getOutputStream()
            .write("GET /v1/ping HTTP/1.1\r\nHost: localhost\r\n\r\n".getBytes(ISO_8859_1));
        assertThat(answer(in)).as("the next after " + line).startsWith("HTTP/1.1 200");
      }
    }
  }

  /** The head; what follows is taken, by its length or in chunks. */
  private static String answer(InputStream in) throws IOException {
    String head = upTo(in, "\r\n\r\n");
    String lower = head.toLowerCase(Locale.ROOT);
    int at = lower.indexOf("\r\ncontent-length:");
    if (at >= 0) {
      String length = lower.substring(at + 17).lines().findFirst().orElseThrow().strip();
      in.skipNBytes(Long.parseLong(length));
    } else if (lower.contains("transfer-encoding")) {
      int size = -1;
      while (size != 0) {
        size = Integer.parseInt(upTo(in, "\r\n").strip(), 16);
        in.skipNBytes(size + 2);
      }
    }
    return head;
  }

  private static String upTo(InputStream in, String end) throws IOException {
    StringBuilder text = new StringBuilder();
    while (!text.toString().endsWith(end)) {
      int next = in.read();
      assertThat(next).as("the connection has ended after '" + text + "'").isNotNegative();
      text.append((char) next);
    }
    return text.toString();
  }
}
