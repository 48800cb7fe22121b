package org.pgdeltastream.blackbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.pgdeltastream.support.ServerClient.object;

import java.net.http.HttpResponse;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.pgdeltastream.support.ServerClient;
import org.pgdeltastream.support.StreamClient;
import org.pgdeltastream.support.TestDatabase;
import org.pgdeltastream.support.servers.ApplicationServer;

/** The WAR at another path than the root, with tokens, on a PostgreSQL that has pgoutput alone. */
class OtherContextServerIT {
  private static TestDatabase database;
  private static ApplicationServer server;
  private static ServerClient client;

  @BeforeAll
  static void start() throws Exception {
    database = TestDatabase.embedded();
    database.execute("create table test_table (id int primary key, name text)");
    database.execute("insert into test_table values (1, 'one')");
    server =
        ApplicationServer.start(
            new ApplicationServer.Setup(
                Optional.of(database),
                "/delta",
                Map.of("tokens", "first,second", "subscribers-per-token", "2")));
    client = new ServerClient(server.base(), "Authorization", "Bearer second").described();
  }

  @AfterAll
  static void stop() throws Exception {
    try (TestDatabase open = database) {
      server.close();
      assertThat(open.text("select count(*) from pg_stat_replication")).isEqualTo("0");
    }
  }

  @Test
  void servesTheThreeCallsBelowItsPath() throws Exception {
    String init = client.get("/v1/init").body();
    String slot = object(init).getString("slotName");
    assertThat(object(init).getString("plugin")).isEqualTo("pgoutput");
    String path = object(init).getString("stream");
    assertThat(path).startsWith("/delta/v1/lr/stream?slotName=" + slot);
    assertThat(client.post("/v1/snapshot/data", "text/plain", "{\"table\":\"test_table\"}").body())
        .isEqualTo("[{\"id\":1,\"name\":\"one\"}]");
    database.execute("insert into test_table values (2, 'two')");
    String root = server.base().replaceFirst("/delta$", "").replaceFirst("^http", "ws");
    try (StreamClient stream = new StreamClient(root + path, "Authorization", "Bearer first")) {
      assertThat(stream.nextWithChange()).contains("[2,\"two\"]");
    }
    assertThat(client.get("/v1/nothing").body()).contains("\"not_found\"");
    assertThat(client.delete("/v1/slots/" + slot + "?force=true").statusCode()).isEqualTo(204);
  }

  @Test
  void servesTheConsoleToEverybodyAndItsDataToNobody() throws Exception {
    ServerClient stranger = new ServerClient(server.base()).described();
    Map<String, String> files =
        Map.of(
            "/", "text/html",
            "/index.html", "text/html",
            "/console/console.js", "text/javascript",
            "/console/console.css", "text/css",
            "/console/icon.svg", "image/svg+xml",
            "/console/lib/lit-html/3.3.2/lit-html.js", "text/javascript",
            "/console/lib/lit-html/3.3.2/directives/repeat.js", "text/javascript",
            "/console/lib/uplot/1.6.30/dist/uPlot.esm.js", "text/javascript",
            "/console/lib/uplot/1.6.30/dist/uPlot.min.css", "text/css");
    for (Map.Entry<String, String> file : files.entrySet()) {
      HttpResponse<String> answer = stranger.get(file.getKey(), "Sec-Fetch-Site", "cross-site");
      assertThat(answer.statusCode()).as(file.getKey()).isEqualTo(200);
      assertThat(answer.headers().firstValue("Content-Type").orElse(""))
          .as(file.getKey())
          .startsWith(file.getValue());
      assertThat(answer.headers().firstValue("Content-Security-Policy").orElse(""))
          .startsWith("default-src 'none'; script-src 'self'");
    }
    assertThat(stranger.get("/").body()).contains("console/console.js");
    for (String other : List.of("/v1/about", "/v1/status", "/console/../v1/about")) {
      assertThat(stranger.get(other).statusCode()).as(other).isIn(400, 401);
    }
    HttpResponse<String> hidden = stranger.get("/WEB-INF/web.xml");
    assertThat(hidden.statusCode()).isIn(400, 401, 404, 500); // Open Liberty's own answer
    assertThat(hidden.body()).doesNotContain("web-app");
    assertThat(object(client.get("/v1/about").body()).getString("may")).isEqualTo("act");
  }

  @Test
  void letsNobodyInWithoutAToken() throws Exception {
    assertThat(server.log()).doesNotContain("Only this machine is let in");
    ServerClient stranger = new ServerClient(server.base()).described();
    assertThat(stranger.get("/v1/slots").statusCode()).isEqualTo(401);
    assertThat(stranger.get("/v1/slots").headers().firstValue("WWW-Authenticate")).isPresent();
    assertThat(stranger.get("/v1/init", "Authorization", "Bearer third").statusCode())
        .isEqualTo(401);
    assertThat(stranger.handshakeStatus("delta_a1")).isEqualTo(401);
    assertThat(client.handshakeStatus("delta_a1")).isEqualTo(101);
  }

  /** As a browser sends it: a websocket there takes no header of its own. */
  @Test
  void takesATokenAsASubprotocol() throws Exception {
    assertThat(
            new ServerClient(server.base())
                .handshakeStatus(
                    "delta_a1", "Sec-WebSocket-Protocol", "pgdeltastream.v1, bearer.second"))
        .isEqualTo(101);
  }

  @Test
  void servesFeedsToWhoHasATokenAndComesFromNoForeignPage() throws Exception {
    assertThat(client.put("/v1/feeds/mine", "").statusCode()).isEqualTo(201);
    ServerClient stranger = new ServerClient(server.base()).described();
    for (String path : List.of("/v1/feeds", "/v1/feeds/mine/changes", "/v1/feeds/mine/stream")) {
      String[] events = {"Accept", "text/event-stream, application/json"};
      assertThat(stranger.get(path, events).statusCode()).as(path).isEqualTo(401);
      String[] foreign = {events[0], events[1], "Origin", "http://evil.example"};
      assertThat(client.get(path, foreign).statusCode()).as(path).isEqualTo(403);
    }
    String path = "/v1/feeds/mine/stream?after=oldest";
    assertThatThrownBy(() -> stranger.socket(path)).hasStackTraceContaining("401");
    assertThatThrownBy(() -> client.socket(path, "Origin", "http://evil.example"))
        .hasStackTraceContaining("403");
    database.execute("insert into test_table values (3, 'three')");
    String[] browser = {"Sec-WebSocket-Protocol", "pgdeltastream.v1, bearer.second"};
    try (StreamClient socket = stranger.socket(path, browser)) {
      assertThat(socket.next()).contains("hello");
      assertThat(socket.nextWithChange()).contains("[3,\"three\"]");
    }
    assertThat(client.get("/v1/feeds/mine/changes?after=oldest").body()).contains("three");
    String wait = "/v1/feeds/mine/changes?wait=30";
    try (StreamClient one = client.socket(path);
        StreamClient two = client.socket(path);
        StreamClient other = stranger.socket(path, "Authorization", "Bearer first")) {
      assertThat(one.next() + two.next() + other.next()).contains("hello");
      assertThat(client.get(wait).statusCode()).isEqualTo(503);
      assertThat(client.get(wait).body()).contains("pgdelta.subscribers-per-token");
    }
    assertThat(client.delete("/v1/feeds/mine?force=true").statusCode()).isEqualTo(204);
  }

  @Test
  void letsNoForeignPageInWithAToken() throws Exception {
    assertThat(client.get("/v1/slots", "Origin", "http://evil.example").statusCode())
        .isEqualTo(403);
    String own = server.base().replaceFirst("/delta$", "");
    assertThat(client.get("/v1/slots", "Origin", own).statusCode()).isEqualTo(200);
  }
}
