package org.pgdeltastream.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import jakarta.json.Json;
import jakarta.json.JsonObject;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.StringReader;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.pgdeltastream.launch.server.Server;
import org.pgdeltastream.support.TestDatabase;
import org.pgdeltastream.support.WarServer;

/** Snapshots as a client of the WAR sees them. */
class SnapshotServerIT {
  private static final String COPIES =
      " from pg_stat_activity where state = 'active' and query like 'copy%'";

  private static final HttpClient HTTP = HttpClient.newHttpClient();
  private static TestDatabase database;
  private static Server server;
  private static String slot;

  @BeforeAll
  static void start() throws Exception {
    database = TestDatabase.embedded();
    database.execute(
        """
        create table users(id int primary key, name text);
        insert into users select i, 'name ' || i from generate_series(1, 25) i;
        create table other(id int primary key, name text); insert into other values (1, 'x');
        create table big(id int primary key, t text);
        alter table big alter t set storage external;
        insert into big select i, repeat('x', 10000) from generate_series(1, 10000) i;
        create table empty(id int primary key);
        create table gone(id int primary key);
        create table cleared(id int primary key); insert into cleared values (1);
        create table parts(id int, t text) partition by list (id);
        create table parts_1 partition of parts for values in (1);
        create table parts_2 partition of parts for values in (2);
        insert into parts select 1, repeat('y', 1000) from generate_series(1, 2000);
        insert into parts values (2, 'z');
        create view a_view as select * from users;
        create extension if not exists postgres_fdw;
        create server far foreign data wrapper postgres_fdw;
        create foreign table a_foreign(id int) server far;
        """);
    server = WarServer.start(database);
    slot = init();
    database.execute("drop table gone; truncate cleared; truncate parts_2");
  }

  @AfterAll
  static void stop() throws Exception {
    try (TestDatabase open = database) {
      server.close();
      assertThat(open.text("select count(*)" + COPIES)).isEqualTo("0");
    }
  }

  @Test
  void pagesGoOnBehindTheirCursorUntilTheLast() throws Exception {
    List<String> pages = new ArrayList<>();
    HttpResponse<String> page = page("{\"table\":\"users\",\"limit\":10" + ofSlot());
    Optional<String> cursor = page.headers().firstValue("Next-Cursor");
    pages.add(page.body());
    while (cursor.isPresent()) {
      page =
          page("{\"table\":\"users\",\"limit\":10,\"after\":\"" + cursor.get() + "\"" + ofSlot());
      assertThat(page.headers().firstValue("Slot-Name")).contains(slot);
      pages.add(page.body());
      cursor = page.headers().firstValue("Next-Cursor");
    }
    assertThat(pages).hasSize(3);
    assertThat(pages.get(1)).startsWith("[{\"id\":11,").endsWith("\"name\":\"name 20\"}]");
    assertThat(pages.get(2)).endsWith("{\"id\":25,\"name\":\"name 25\"}]");
  }

  @Test
  void cursorsBelongToTheirTableAndSlot() throws Exception {
    String cursor =
        page("{\"table\":\"users\",\"limit\":10" + ofSlot())
            .headers()
            .firstValue("Next-Cursor")
            .orElseThrow();
    String second = init();
    String after = ",\"after\":\"" + cursor + "\"";
    HttpResponse<String> elsewhere =
        page("{\"table\":\"users\",\"slotName\":\"" + second + "\"" + after + "}");
    assertThat(elsewhere.statusCode()).isEqualTo(400);
    assertThat(elsewhere.body()).contains("cursor").contains("\"hint\"");
    assertThat(page("{\"table\":\"other\"" + after + ofSlot()).statusCode()).isEqualTo(400);
    assertThat(page("{\"table\":\"users\"" + after + ofSlot()).statusCode()).isEqualTo(200);
    assertThat(delete("/v1/slots/" + second).statusCode()).isEqualTo(204);
  }

  @Test
  void listsTheTables() throws Exception {
    HttpResponse<String> answer = get("/v1/snapshot/tables?slotName=" + slot);
    assertThat(answer.statusCode()).isEqualTo(200);
    JsonObject users =
        Json.createReader(new StringReader(answer.body())).readArray().stream()
            .map(table -> table.asJsonObject())
            .filter(table -> table.getString("table").equals("users"))
            .findFirst()
            .orElseThrow();
    assertThat(users.toString())
        .startsWith("{\"schema\":\"public\",\"table\":\"users\",\"estimatedRows\":")
        .endsWith(
            "\"key\":[\"id\"],\"replicaIdentity\":\"default\",\"columns\":["
                + "{\"name\":\"id\",\"type\":\"integer\"},{\"name\":\"name\",\"type\":\"text\"}]}");
    assertThat(answer.body()).doesNotContain("a_view", "a_foreign", "\"gone\"");
  }

  @Test
  void endsASnapshotOnce() throws Exception {
    String second = init();
    assertThat(delete("/v1/snapshot?slotName=" + second).statusCode()).isEqualTo(204);
    for (String call : List.of("tables?slotName=", "stream?table=users&slotName=")) {
      HttpResponse<String> gone = get("/v1/snapshot/" + call + second);
      assertThat(gone.statusCode()).isEqualTo(410);
      assertThat(gone.body()).contains("\"snapshot_expired\"").contains("\"hint\"");
    }
    assertThat(delete("/v1/snapshot?slotName=" + second).statusCode()).isEqualTo(410);
    assertThat(get("/v1/slots/" + second).body()).contains("\"state\":\"closed\"");
    assertThat(delete("/v1/slots/" + second).statusCode()).isEqualTo(204);
    assertThat(delete("/v1/snapshot?slotName=" + second).statusCode()).isEqualTo(404);
    assertThat(delete("/v1/snapshot").statusCode()).isEqualTo(400);
  }

  @Test
  void streamsLinesArraysAndCsv() throws Exception {
    HttpResponse<String> lines = table("table=users");
    assertThat(lines.statusCode()).isEqualTo(200);
    assertThat(lines.headers().firstValue("Content-Type")).contains("application/x-ndjson");
    assertThat(lines.headers().firstValue("Slot-Name")).contains(slot);
    assertThat(lines.body())
        .startsWith("{\"id\":1,\"name\":\"name 1\"}\n{\"id\":2,")
        .endsWith("{\"id\":25,\"name\":\"name 25\"}\n{\"complete\":true,\"rows\":25}\n");
    assertThat(table("table=users&trailer=false").body()).endsWith("\"name 25\"}\n");

    HttpResponse<String> array = table("table=users&columns=NAME", "Accept", "application/json");
    assertThat(array.headers().firstValue("Content-Type")).contains("application/json");
    assertThat(array.body())
        .startsWith("[{\"name\":\"name 1\"},{\"name\":")
        .endsWith("{\"name\":\"name 25\"}]");

    HttpResponse<String> csv = table("table=users&format=csv&trailer=true");
    assertThat(csv.headers().firstValue("Content-Type").orElseThrow()).startsWith("text/csv");
    assertThat(csv.body()).startsWith("id,name\n1,name 1\n").endsWith("25,name 25\n\\.\n");
  }

  @Test
  void emptyTablesAreWhole() throws Exception {
    assertThat(table("table=empty").body()).isEqualTo("{\"complete\":true,\"rows\":0}\n");
    HttpResponse<String> nothing = table("table=empty&trailer=false");
    assertThat(nothing.statusCode()).isEqualTo(200);
    assertThat(nothing.body()).isEmpty();
    assertThat(table("table=empty&format=json").body()).isEqualTo("[]");
    assertThat(table("table=empty&format=csv").body()).isEqualTo("id\n");
  }

  @Test
  void partsHaveAllRowsOnce() throws Exception {
    List<String> rows = new ArrayList<>();
    for (int part = 1; part <= 3; part++) {
      String body = table("table=big&columns=id&trailer=false&part=" + part + "/3").body();
      rows.addAll(body.lines().toList());
    }
    assertThat(rows).hasSize(10_000).doesNotHaveDuplicates();
  }

  @Test
  void selectsRowsOfPagesAndTables() throws Exception {
    String rows = "and(id.gt.3,name.like.*2*,id.not.in.(20,21))"; // 12 22 23 24 25
    String asked = "{\"table\":\"users\",\"limit\":2,\"rows\":\"" + rows + "\"";
    HttpResponse<String> first = page(asked + ofSlot());
    assertThat(first.body())
        .isEqualTo("[{\"id\":12,\"name\":\"name 12\"},{\"id\":22,\"name\":\"name 22\"}]");
    String after = ",\"after\":\"" + first.headers().firstValue("Next-Cursor").orElseThrow() + "\"";
    HttpResponse<String> second = page(asked + after + ofSlot());
    assertThat(second.body()).startsWith("[{\"id\":23,").contains("{\"id\":24,");
    assertThat(second.headers().firstValue("Next-Cursor")).isPresent();
    assertRefused(page("{\"table\":\"users\"" + after + ofSlot()), 400, "bad_request");

    assertThat(table("table=users&rows=" + rows).body()).endsWith("\"rows\":5}\n");
    assertThat(table("table=users&format=csv&rows=id=lt.3&rows=id=gt.1").body())
        .isEqualTo("id,name\n2,name 2\n");
  }

  @Test
  void compressesWhereItIsAskedTo() throws Exception {
    HttpResponse<byte[]> packed =
        HTTP.send(
            request("table=big&format=json").header("Accept-Encoding", "gzip").build(),
            HttpResponse.BodyHandlers.ofByteArray());
    assertThat(packed.headers().firstValue("Content-Encoding")).contains("gzip");
    assertThat(packed.body().length).isLessThan(10_000_000);
    try (InputStream plain = new GZIPInputStream(new ByteArrayInputStream(packed.body()))) {
      assertThat(new String(plain.readAllBytes(), StandardCharsets.UTF_8))
          .isEqualTo(table("table=big&format=json").body());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"ndjson", "ndjson&trailer=false", "json", "csv", "csv&trailer=true"})
  void aTableThatBreaksOffIsRecognisable(String format) throws Exception {
    try (InputStream body = open("table=big&format=" + format)) {
      body.readNBytes(100_000);
      await("its copy")
          .until(
              () -> database.text("select count(pg_terminate_backend(pid))" + COPIES).equals("1"));
      if (format.equals("ndjson")) {
        assertThat(lastLine(body))
            .startsWith("{\"complete\":false,\"code\":\"upstream_unavailable\",\"error\":\"");
      } else {
        assertThatThrownBy(body::readAllBytes).isInstanceOf(IOException.class);
      }
    }
    assertThat(table("table=users").body()).endsWith("\"rows\":25}\n");
  }

  @Test
  void aRewrittenPartIsToldAtTheEnd() throws Exception {
    HttpResponse<String> lines = table("table=parts");
    assertThat(lines.statusCode()).isEqualTo(200);
    assertThat(lines.body().lines()).hasSize(2001);
    assertThat(lines.body().lines().skip(2000).findFirst().orElseThrow())
        .startsWith("{\"complete\":false,\"code\":\"snapshot_table_rewritten\"");
    assertThatThrownBy(() -> table("table=parts&format=csv")).isInstanceOf(IOException.class);
    assertThatThrownBy(() -> table("table=parts&format=json", "Accept-Encoding", "gzip"))
        .isInstanceOf(IOException.class);
  }

  @Test
  void aClientThatLeavesEndsItsQueryAtOnce() throws Exception {
    for (String format : List.of("ndjson", "csv")) {
      try (InputStream body = open("table=big&format=" + format)) {
        body.readNBytes(100_000);
        assertThat(database.text("select count(*)" + COPIES)).isEqualTo("1");
      }
      await("the end of its query")
          .atMost(Duration.ofSeconds(15))
          .until(() -> database.text("select count(*)" + COPIES).equals("0"));
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "table=nowhere | 404 | table_not_found",
        "table=gone | 404 | table_not_found",
        "table=cleared | 409 | snapshot_table_rewritten",
        "table=a_view | 400 | bad_request",
        "table=a_foreign | 400 | bad_request",
        "table=pg_class | 400 | bad_request",
        "table=information_schema.tables | 400 | bad_request",
        "table=users; drop table users | 400 | bad_request",
        "table=users&columns=nope | 400 | column_not_found",
        "table=users&columns=id,id | 400 | bad_request",
        "table=users&rows=id=eq.x | 400 | bad_request",
        "table=users&rows=id=1 | 400 | bad_request",
        "table=users&rows=nope=eq.1 | 400 | column_not_found",
        "table=users&part=0/2 | 400 | bad_request",
        "table=users&part=3/2 | 400 | bad_request",
        "table=users&part=1/99999999999999999999 | 400 | bad_request",
        "table=users&part=-1/2 | 400 | bad_request",
        "table=users&format=xml | 400 | bad_request",
        "table=users&limit=5 | 400 | bad_request",
        "table=users&slotName=delta_nobody | 404 | slot_not_found",
        "table=users&slotName=X | 400 | bad_request",
        "columns=id | 400 | bad_request",
      })
  void refusesBadStreams(String query, int status, String code) throws Exception {
    HttpResponse<String> answer = table(query);
    assertRefused(answer, status, code);
    assertThat(table("table=users").statusCode()).isEqualTo(200);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "\"table\":\"nowhere\" | 404 | table_not_found",
        "\"table\":\"gone\" | 404 | table_not_found",
        "\"table\":\"cleared\" | 409 | snapshot_table_rewritten",
        "\"table\":\"a_view\" | 400 | bad_request",
        "\"table\":\"a_foreign\" | 400 | bad_request",
        "\"table\":\"pg_class\" | 400 | bad_request",
        "\"table\":\"users\",\"columns\":[\"nope\"] | 400 | column_not_found",
        "\"table\":\"users\",\"order_by\":{\"column\":\"nope\"} | 400 | column_not_found",
        "\"table\":\"users\",\"rows\":\"id=eq.1 or true\" | 400 | bad_request",
        "\"table\":\"users\",\"rows\":\"nope=eq.1\" | 400 | column_not_found",
        "\"table\":\"users\",\"rows\":\"\" | 400 | bad_request",
        "\"table\":\"users\",\"offset\":-1 | 400 | bad_request",
        "\"table\":\"users\",\"offset\":99999999999999999999 | 400 | bad_request",
        "\"table\":\"users\",\"offset\":1.5 | 400 | bad_request",
        "\"table\":\"users\",\"offset\":\"1\" | 400 | bad_request",
        "\"table\":\"users\",\"limit\":-1 | 400 | bad_request",
        "\"table\":\"users\",\"limit\":99999999999999999999 | 400 | bad_request",
        "\"table\":\"users\",\"limit\":10001 | 400 | bad_request",
        "\"table\":\"information_schema.tables\" | 400 | bad_request",
        "\"table\":\"parts\" | 409 | snapshot_table_rewritten",
        "\"table\":\"users\",\"limit\":1e3000000 | 400 | bad_request",
        "\"table\":\"users\",\"after\":\"'; drop table users; --\" | 400 | bad_request",
        "\"table\":\"users\",\"after\":\"\" | 400 | bad_request",
      })
  void refusesBadPages(String fields, int status, String code) throws Exception {
    assertRefused(page("{" + fields + ofSlot()), status, code);
    assertThat(page("{\"table\":\"users\"" + ofSlot()).statusCode()).isEqualTo(200);
  }

  @ParameterizedTest
  @CsvSource({"delta_nobody, 404, slot_not_found", "X, 400, bad_request"})
  void refusesPagesOfUnknownSlots(String name, int status, String code) throws Exception {
    assertRefused(page("{\"table\":\"users\",\"slotName\":\"" + name + "\"}"), status, code);
  }

  @Test
  void tellsThatAWriterWhichStaysOpenKeepsASlotFromBeingMade() throws Exception {
    try (Connection writer = database.connect();
        Statement statement = writer.createStatement()) {
      statement.execute("begin; insert into other values (2, 'y')");
      HttpResponse<String> blocked = get("/v1/init?plugin=pgoutput");
      assertRefused(blocked, 503, "blocked_by_open_transaction");
      assertThat(blocked.headers().firstValue("Retry-After")).isPresent();
      statement.execute("rollback");
    }
    assertThat(delete("/v1/slots/" + init()).statusCode()).isEqualTo(204);
  }

  @Test
  void deepOffsetsAreEmptyPages() throws Exception {
    assertThat(page("{\"table\":\"users\",\"offset\":999999999999999999" + ofSlot()).body())
        .isEqualTo("[]");
  }

  @Test
  void pagesAnswerOnlyToPost() throws Exception {
    for (String method : List.of("HEAD", "GET", "PUT", "DELETE", "OPTIONS")) {
      HttpResponse<String> answer =
          send(
              HttpRequest.newBuilder(URI.create(base() + "/v1/snapshot/data"))
                  .method(method, HttpRequest.BodyPublishers.noBody()));
      assertThat(answer.statusCode()).isEqualTo(405);
      assertThat(answer.headers().firstValue("Allow")).contains("POST");
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "/v1/snapshot/data | */* | 200",
        "/v1/snapshot/data/ | application/json | 200",
        "/v1/snapshot/data | text/html | 406",
        "/v1/snapshot/data/x | */* | 404",
        "/v1/snapshot/data?limit=1 | */* | 400",
        "/v1/snapshot/data?_wadl | */* | 400",
      })
  void answersPagesAtTheirPathInJson(String path, String accept, int status) throws Exception {
    String body = "{\"table\":\"users\"" + ofSlot();
    HttpResponse<String> answer =
        send(
            HttpRequest.newBuilder(URI.create(base() + path))
                .header("Accept", accept)
                .POST(HttpRequest.BodyPublishers.ofString(body)));
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(status);
    assertThat(answer.headers().firstValue("Content-Type").orElseThrow())
        .startsWith("application/json");
    assertThat(answer.headers().firstValue("Cache-Control")).contains("no-store");
  }

  @Test
  void takesNoCompressedBody() throws Exception {
    HttpResponse<String> answer =
        send(
            HttpRequest.newBuilder(URI.create(base() + "/v1/snapshot/data"))
                .header("Content-Encoding", "gzip")
                .POST(HttpRequest.BodyPublishers.ofString("{\"table\":\"users\"" + ofSlot())));
    assertRefused(answer, 400, "bad_request");
  }

  @Test
  void streamsAnswerOnlyToGet() throws Exception {
    for (String method : List.of("HEAD", "POST", "DELETE", "OPTIONS")) {
      HttpResponse<String> answer =
          HTTP.send(
              request("table=users").method(method, HttpRequest.BodyPublishers.noBody()).build(),
              HttpResponse.BodyHandlers.ofString());
      assertThat(answer.statusCode()).isEqualTo(405);
      assertThat(answer.headers().firstValue("Allow")).contains("GET");
    }
  }

  private static void assertRefused(HttpResponse<String> answer, int status, String code) {
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(status);
    assertThat(answer.headers().firstValue("Content-Type").orElseThrow())
        .startsWith("application/json");
    assertThat(answer.body()).contains("\"code\":\"" + code + "\"");
  }

  private static String lastLine(InputStream body) throws IOException {
    String rest = new String(body.readAllBytes(), StandardCharsets.UTF_8);
    assertThat(rest).endsWith("}\n");
    List<String> lines = rest.lines().collect(Collectors.toList());
    return lines.get(lines.size() - 1);
  }

  private static String init() throws Exception {
    String body = get("/v1/init?plugin=pgoutput").body();
    return Json.createReader(new StringReader(body)).readObject().getString("slotName");
  }

  /** The end of a body that names the slot. */
  private static String ofSlot() {
    return ",\"slotName\":\"" + slot + "\"}";
  }

  private static HttpResponse<String> page(String body) throws Exception {
    return send(
        HttpRequest.newBuilder(URI.create(base() + "/v1/snapshot/data"))
            .POST(HttpRequest.BodyPublishers.ofString(body)));
  }

  private static HttpResponse<String> table(String query, String... headers) throws Exception {
    HttpRequest.Builder request = request(query);
    return send(headers.length == 0 ? request : request.headers(headers));
  }

  private static InputStream open(String query) throws Exception {
    return HTTP.send(request(query).build(), HttpResponse.BodyHandlers.ofInputStream()).body();
  }

  private static HttpRequest.Builder request(String query) {
    String escaped =
        List.of(query.split("&", -1)).stream()
            .map(
                pair -> {
                  String[] parts = pair.split("=", 2);
                  return parts[0] + "=" + URLEncoder.encode(parts[1], StandardCharsets.UTF_8);
                })
            .collect(Collectors.joining("&"));
    String named = query.contains("slotName=") ? "" : "&slotName=" + slot;
    return HttpRequest.newBuilder(URI.create(base() + "/v1/snapshot/stream?" + escaped + named));
  }

  private static HttpResponse<String> get(String path) throws Exception {
    return send(HttpRequest.newBuilder(URI.create(base() + path)));
  }

  private static HttpResponse<String> delete(String path) throws Exception {
    return send(HttpRequest.newBuilder(URI.create(base() + path)).DELETE());
  }

  private static HttpResponse<String> send(HttpRequest.Builder request) throws Exception {
    return HTTP.send(
        request.timeout(Duration.ofSeconds(60)).build(), HttpResponse.BodyHandlers.ofString());
  }

  private static String base() {
    return "http://127.0.0.1:" + server.port();
  }
}
