package org.pgdeltastream.web;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.pgdeltastream.launch.server.Server;
import org.pgdeltastream.support.RawHttp;
import org.pgdeltastream.support.ServerClient;
import org.pgdeltastream.support.TestDatabase;
import org.pgdeltastream.support.WarServer;

/** Requests that no library sends: each gets its 4xx as JSON, and none a 500 or a slot. */
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class HostileRequestsServerIT {
  private static final String HOST = "Host: localhost\r\nConnection: close\r\n";
  private static final List<String> PATHS =
      List.of(
          "/v1/ping",
          "/v1/init",
          "/v1/slots",
          "/v1/slots/delta_x",
          "/v1/snapshot",
          "/v1/snapshot/data",
          "/v1/snapshot/stream",
          "/v1/snapshot/tables",
          "/v1/lr/stream",
          "/v1/nothing");

  private static TestDatabase database;
  private static Server server;
  private static RawHttp http;

  @BeforeAll
  static void start() throws Exception {
    database = TestDatabase.embedded();
    server = WarServer.start(database);
    http = new RawHttp(server.port());
  }

  @AfterAll
  static void stop() throws Exception {
    try (TestDatabase open = database) {
      server.close();
      assertThat(open.text("select count(*) from pg_replication_slots")).isEqualTo("0");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", " \r\n", "{", "[[[[[[[[[[[", "\"", "{\"table\":\"\\uD800", "\u00ff"})
  void refusesABodyThatIsNoJson(String body) throws Exception {
    assertRefused(post("/v1/snapshot/data", body), 400);
    if (!body.isBlank()) { // an init may have none
      assertRefused(post("/v1/init", body), 400);
    }
  }

  @Test
  void readsATextThatFillsTheBody() throws Exception {
    String name = "x".repeat(60_000);
    assertThat(post("/v1/snapshot/data", "{\"table\":\"" + name + "\"}").body())
        .as("JSON, though there is no snapshot yet")
        .contains("snapshot_expired");
    assertRefused(post("/v1/snapshot/data", "[".repeat(60_000)), 400);
  }

  /** Bad sizes, an extension and a trailer that never end, and a chunk cut off. */
  @ParameterizedTest
  @ValueSource(strings = {"zz", "-1", "ffffffffffffffff", "5;X", "1\r\nxx", "0\r\nT: X", "64\r\n{"})
  void refusesChunksThatAreNone(String chunks) throws Exception {
    String body = chunks.replace("X", "x".repeat(10_000)) + "\r\n\r\n";
    for (String path : List.of("/v1/snapshot/data", "/v1/init")) {
      assertRefused(
          http.send("POST " + path + " HTTP/1.1\r\n" + HOST + CHUNKED + "\r\n" + body), 400);
    }
  }

  private static final String CHUNKED = "Transfer-Encoding: chunked\r\n";

  @ParameterizedTest
  @ValueSource(strings = {"%", "%zz", "a=%4", "slotName=%C3", "%00", "a=%ED%A0%80", "a=b%"})
  void refusesAQueryStringWithBadEscapesEverywhere(String query) throws Exception {
    for (String path : PATHS) {
      for (String method : List.of("GET", "POST", "DELETE")) {
        assertRefused(request(method, path + "?" + query), 400);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/v1/%zz",
        "/v1/slots/%",
        "/v1/slots/%2F",
        "/v1/slots/a%5Cb",
        "/v1/slots/%00",
        "/v1/slots/%C3",
        "/v1/slots/%ED%A0%80",
        "/v1/../%2e%2e/%2F",
        "/v1/slots/\u00ff",
        "/v1/slots/a;b=%",
        "/%2F",
      })
  void refusesABadPathInJson(String path) throws Exception {
    RawHttp.Answer answer = request("GET", path);
    assertRefused(answer, answer.status());
    assertThat(answer.status()).isIn(400, 404);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "GET /v1/ping HTTP/1.1~Connection: close~~ | 400",
        "GET /v1/ping HTTP/1.1~Host: a~Host: b~Connection: close~~ | 400",
        "GET /v1/ping HTTP/1.1~Host: localhost~Connection: close~Expect: wonders~~ | 417",
        "CONNECT localhost:1 HTTP/1.1~Host: localhost:1~Connection: close~~ | 501",
        "TRACE /v1/ping HTTP/1.1~Host: localhost~Connection: close~~ | 405",
        "PATCH /v1/ping HTTP/1.1~Host: localhost~Connection: close~~ | 405",
        "G\u00ffT /v1/ping HTTP/1.1~Host: localhost~Connection: close~~ | 400",
        "GET /v1/ping HTTP/1.1~Host: localhost~no colon~Connection: close~~ | 400",
        "GET /v1/ping HTTP/1.1~Host: localhost~A B: c~Connection: close~~ | 400",
        "GET /v1/ping HTTP/9.1~Host: localhost~Connection: close~~ | 505",
        "POST /v1/init HTTP/1.1~Host: localhost~Content-Length: x~Connection: close~~ | 400",
        "POST /v1/init HTTP/1.1~Host: localhost~Transfer-Encoding: odd~Connection: close~~ | 501",
      })
  void answersInJsonAlsoWhatTheContainerRefuses(String request, int status) throws Exception {
    assertRefused(http.send(request.strip().replace("~", "\r\n")), status);
  }

  @Test
  void answersInJsonAHeaderThatIsTooLarge() throws Exception {
    RawHttp.Answer answer =
        http.send("GET /v1/ping HTTP/1.1\r\n" + HOST + "X: " + "x".repeat(20_000) + "\r\n\r\n");
    assertThat(answer.status()).isIn(0, 400, 431); // it may be cut before all was sent
    assertThat(answer.body()).doesNotContain("Tomcat");
  }

  /** Words, put together by chance: whatever comes of it, the server is not at fault. */
  @Test
  void neverFailsAtRandomRequestsAndMakesNoSlotOfThem() throws Exception {
    Random random = new Random(15);
    String[] pieces = {
      "%",
      "%zz",
      "%2F",
      "%00",
      "/",
      "//",
      "..",
      ";",
      "?",
      "&",
      "=",
      "slotName",
      "delta_x",
      "table",
      "a",
      "format=csv",
      "\u00e4",
      "\"",
      "+",
      "_wadl",
      "part=1/2",
      "#",
      "\\",
      "|",
      "{}",
      "from=0/0"
    };
    String[] methods = {"GET", "POST", "DELETE", "HEAD", "OPTIONS", "PUT", "get"};
    String[] bodies = {"", "{}", "[]", "null", "{\"table\":\"a\"}", "{\"slotName\":1}", "\u00c3"};
    for (int i = 0; i < 1500; i++) {
      StringBuilder path = new StringBuilder(PATHS.get(random.nextInt(PATHS.size())));
      for (int j = random.nextInt(6); j > 0; j--) {
        path.append(pieces[random.nextInt(pieces.length)]);
      }
      path.append("&plugin=none"); // no init may succeed
      String body = bodies[random.nextInt(bodies.length)];
      String request =
          "%s %s HTTP/1.1\r\n%sContent-Length: %d\r\n\r\n%s"
              .formatted(
                  methods[random.nextInt(methods.length)],
                  path.indexOf("?") < 0 ? path + "?plugin=none" : path,
                  HOST,
                  body.length(),
                  body);
      RawHttp.Answer answer = http.send(request);
      assertThat(answer.status()).as(request + answer.body()).isNotEqualTo(500).isBetween(200, 499);
      assertThat(answer.body()).as(request).doesNotContain("Tomcat", "<html");
    }
  }

  @Test
  void makesASlotByPostAsItsBodySays() throws Exception {
    RawHttp.Answer made = post("/v1/init", "{\"slotName\":\"delta_mine\",\"plugin\":\"pgoutput\"}");
    assertThat(made.body()).contains("\"slotName\":\"delta_mine\"", "\"plugin\":\"pgoutput\"");
    assertRefused(post("/v1/init", "{\"slotname\":\"delta_typo\"}"), 400);
    assertRefused(post("/v1/init?slotName=delta_a", "{\"slotName\":\"delta_b\"}"), 400);
    assertThat(database.text("select string_agg(slot_name, ',') from pg_replication_slots"))
        .isEqualTo("delta_mine");
    assertThat(request("DELETE", "/v1/slots/delta_mine").status()).isEqualTo(204);
  }

  @Test
  void makesNoSlotByAGetThatAPageMayHaveCaused() throws Exception {
    for (String sign :
        List.of(
            "Accept: image/avif,image/webp,image/*,*/*;q=0.8",
            "Referer: http://evil.example/",
            "User-Agent: Mozilla/5.0 (X11; Linux x86_64)",
            "Sec-Fetch-Dest: image")) {
      for (String path : List.of("/v1/init", "/v1/init/", "/v1/init;a=b", "/v1/%69nit")) {
        RawHttp.Answer answer =
            http.send("GET " + path + " HTTP/1.1\r\n" + HOST + sign + "\r\n\r\n");
        assertRefused(answer, path.matches("[/a-z0-9]*") ? 403 : answer.status());
        assertThat(answer.status()).isIn(403, 404);
      }
    }
    assertThat(database.text("select count(*) from pg_replication_slots")).isEqualTo("0");
  }

  @Test
  void takesASlashAtTheEndEverywhere() throws Exception {
    for (String path : PATHS) {
      for (String method : List.of("GET", "OPTIONS")) {
        if (!path.equals("/v1/init")) {
          assertThat(request(method, path + "/?").status())
              .as(method + " " + path)
              .isEqualTo(request(method, path).status());
        }
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "/v1/ping, GET",
    "/v1/init, 'GET, POST'",
    "/v1/slots/delta_x, 'DELETE, GET'",
    "/v1/snapshot, DELETE",
  })
  void tellsTheMethodsThatAPathTakes(String path, String methods) throws Exception {
    RawHttp.Answer answer = request("OPTIONS", path);
    assertThat(answer.status()).isEqualTo(204);
    assertThat(answer.header("Allow")).contains(methods);
  }

  @Test
  void saysThatAProxyMayHaveDroppedTheUpgrade() throws Exception {
    RawHttp.Answer plain = request("GET", "/v1/lr/stream?slotName=delta_x");
    assertRefused(plain, 426);
    assertThat(plain.header("Upgrade")).contains("websocket");
    assertThat(plain.head()).containsIgnoringCase("Connection: Upgrade");
    assertThat(plain.body()).contains("proxy_http_version 1.1");
    String handshake =
        """
        GET /v1/lr/stream?slotName=delta_x HTTP/1.0
        Host: localhost
        Upgrade: websocket
        Connection: Upgrade
        Sec-WebSocket-Version: 13
        Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==

        """;
    RawHttp.Answer old = http.send(handshake.replace("\n", "\r\n"));
    assertRefused(old, 426);
  }

  @ParameterizedTest
  @CsvSource({
    "format=csv, 400",
    "format=ndjson&trailer=false, 400",
    "format=csv&trailer=true, 410",
    "format=json, 410",
    "format=ndjson, 410",
  })
  void sendsNoTableOverHttp10ThatCouldBreakOffUnnoticed(String format, int status)
      throws Exception {
    String table = "GET /v1/snapshot/stream?table=t&" + format;
    RawHttp.Answer old = http.send(table + " HTTP/1.0\r\nHost: localhost\r\n\r\n");
    assertRefused(old, status); // 410: it would be read, were there a snapshot
    assertRefused(http.send(table + " HTTP/1.1\r\n" + HOST + "\r\n"), 410);
  }

  private static RawHttp.Answer request(String method, String path) throws IOException {
    return http.send(method + " " + path + " HTTP/1.1\r\n" + HOST + "\r\n");
  }

  private static RawHttp.Answer post(String path, String body) throws IOException {
    return http.send(
        "POST %s HTTP/1.1\r\n%sContent-Length: %d\r\n\r\n%s"
            .formatted(path, HOST, body.length(), body));
  }

  private static void assertRefused(RawHttp.Answer answer, int status) {
    assertThat(answer.status()).as(answer.head() + answer.body()).isEqualTo(status);
    assertThat(answer.header("Content-Type"))
        .hasValueSatisfying(type -> assertThat(type).startsWith("application/json"));
    assertThat(ServerClient.object(body(answer)).getString("error")).isNotEmpty();
    assertThat(answer.body()).doesNotContain("Tomcat");
  }

  /** Without its chunks. */
  private static String body(RawHttp.Answer answer) {
    return answer.body().substring(answer.body().indexOf('{'), answer.body().lastIndexOf('}') + 1);
  }
}
