package org.pgdeltastream.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import jakarta.json.Json;
import jakarta.json.JsonArray;
import jakarta.json.JsonObject;
import jakarta.json.JsonReader;
import java.io.IOException;
import java.io.StringReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.WebSocketHandshakeException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletionException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.pgdeltastream.launch.Server;
import org.pgdeltastream.support.StreamClient;
import org.pgdeltastream.support.TestDatabase;

/** The promises of the WAR, seen from outside: the three calls, errors, close codes. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class ServerStory {
  private static final Pattern NEXT_LSN = Pattern.compile("\"nextlsn\":\"([^\"]+)\"");

  private final HttpClient http = HttpClient.newHttpClient();
  private final String plugin;
  private final String door;
  private TestDatabase database;
  private Server server;

  ServerStory(String plugin, String door) {
    this.plugin = plugin;
    this.door = door;
  }

  abstract TestDatabase startDatabase() throws IOException;

  TestDatabase database() {
    return database;
  }

  @BeforeAll
  void start() throws Exception {
    System.setProperty("pgdelta.send-timeout", "5");
    System.setProperty("pgdelta.websocket", door);
    database = startDatabase();
    Path directory = Path.of(System.getProperty("pgdelta.test.directory", "target/it"));
    Files.createDirectories(directory);
    server =
        Server.start(
            Path.of(System.getProperty("pgdelta.test.war", "target/pgdeltastream.war")),
            "127.0.0.1",
            0,
            database.jdbcUrl(),
            database.user(),
            database.password(),
            Files.createTempDirectory(directory, "tomee"));
  }

  @BeforeEach
  void makeTable() throws Exception {
    database.execute("drop table if exists test_table");
    database.execute("create table test_table (id int primary key, name text)");
    database.execute("insert into test_table values (1, 'one'), (2, 'two')");
  }

  @AfterEach
  void dropSlots() throws Exception {
    for (JsonObject slot : array(get("/v1/slots").body()).getValuesAs(JsonObject.class)) {
      delete("/v1/slots/" + slot.getString("slotName") + "?force=true");
    }
    assertThat(database.text("select count(*) from pg_replication_slots")).isEqualTo("0");
  }

  @AfterAll
  void stop() throws Exception {
    try (TestDatabase open = database) {
      server.close();
      System.clearProperty("pgdelta.websocket");
      assertThat(Thread.getAllStackTraces().keySet())
          .noneMatch(thread -> thread.getName().startsWith("reader "));
      assertThat(open.text("select count(*) from pg_stat_replication")).isEqualTo("0");
    }
  }

  HttpResponse<String> get(String path, String... headers) throws Exception {
    HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(base() + path));
    return send(headers.length == 0 ? request : request.headers(headers));
  }

  HttpResponse<String> post(String path, String contentType, String body) throws Exception {
    return send(
        HttpRequest.newBuilder(URI.create(base() + path))
            .header("Content-Type", contentType)
            .POST(HttpRequest.BodyPublishers.ofString(body)));
  }

  HttpResponse<String> delete(String path) throws Exception {
    return send(HttpRequest.newBuilder(URI.create(base() + path)).DELETE());
  }

  private HttpResponse<String> send(HttpRequest.Builder request) throws Exception {
    return http.send(
        request.timeout(Duration.ofSeconds(30)).build(), HttpResponse.BodyHandlers.ofString());
  }

  String base() {
    return "http://127.0.0.1:" + server.port();
  }

  StreamClient stream(String slot, String... headers) {
    return new StreamClient(streamUrl(slot), headers);
  }

  String streamUrl(String slot) {
    return "ws://127.0.0.1:" + server.port() + "/v1/lr/stream?slotName=" + slot;
  }

  String init() throws Exception {
    return object(get("/v1/init?plugin=" + plugin).body()).getString("slotName");
  }

  static JsonObject object(String json) {
    try (JsonReader reader = Json.createReader(new StringReader(json))) {
      return reader.readObject();
    }
  }

  static JsonArray array(String json) {
    try (JsonReader reader = Json.createReader(new StringReader(json))) {
      return reader.readArray();
    }
  }

  static String nextLsn(String message) {
    Matcher found = NEXT_LSN.matcher(message);
    assertThat(found.find()).as(message).isTrue();
    return found.group(1);
  }

  void awaitConfirmed(String slot, String lsn) {
    await("confirmed_flush_lsn of " + slot)
        .atMost(Duration.ofSeconds(1))
        .pollInterval(Duration.ofMillis(20))
        .until(
            () ->
                lsn.equals(
                    database.text(
                        "select confirmed_flush_lsn from pg_replication_slots where slot_name = '"
                            + slot
                            + "'")));
  }

  /** The seed's own session, as its README has it. */
  @Test
  void servesTheThreeCallsAsTheirUsersKnowThem() throws Exception {
    HttpResponse<String> init = get("/v1/init");
    assertThat(init.statusCode()).isEqualTo(200);
    assertThat(init.body()).startsWith("{\"slotName\":\"delta_");
    JsonObject answer = object(init.body());
    assertThat(answer.keySet())
        .contains("plugin", "consistentPoint", "snapshotExpires", "stream", "warnings");
    String slot = answer.getString("slotName");
    database.execute("insert into test_table values (3, 'three')");

    HttpResponse<String> page =
        post(
            "/v1/snapshot/data",
            "application/json",
            "{\"table\": \"test_table\", \"offset\":0, \"limit\":10}");
    assertThat(page.statusCode()).as(page.body()).isEqualTo(200);
    assertThat(page.body()).isEqualTo("[{\"id\":1,\"name\":\"one\"},{\"id\":2,\"name\":\"two\"}]");
    assertThat(page.headers().firstValue("Slot-Name")).contains(slot);

    try (StreamClient client = stream(slot)) {
      String message = client.nextWithChange();
      assertThat(message).contains("\"columnvalues\":[3,\"three\"]");
      client.acknowledge(nextLsn(message));
      awaitConfirmed(slot, nextLsn(message));
    }
  }

  @Test
  void readsABodyAsJsonWhateverItsContentType() throws Exception {
    init();
    HttpResponse<String> page =
        post(
            "/v1/snapshot/data",
            "application/x-www-form-urlencoded",
            "{\"table\": \"test_table\", \"limit\":1,"
                + " \"order_by\": {\"column\":\"id\",\"order\":\"DESC\"}}");
    assertThat(page.body()).isEqualTo("[{\"id\":2,\"name\":\"two\"}]");
  }

  @Test
  void readsTheNextPageAfterOneThatFailed() throws Exception {
    init();
    assertThat(post("/v1/snapshot/data", "text/plain", "{\"table\":\"nothing\"}").statusCode())
        .isEqualTo(404);
    assertThat(post("/v1/snapshot/data", "text/plain", "{\"table\":\"test_table\"}").statusCode())
        .isEqualTo(200);
  }

  @Test
  void resumesAfterTheLastAcknowledgedTransaction() throws Exception {
    String slot = init();
    database.execute("insert into test_table values (3, 'three')");
    database.execute("insert into test_table values (4, 'four')");
    try (StreamClient client = stream(slot)) {
      String first = client.nextWithChange();
      assertThat(client.nextWithChange()).contains("four");
      client.acknowledge(nextLsn(first));
      awaitConfirmed(slot, nextLsn(first));
    }

    try (StreamClient client = stream(slot)) {
      assertThat(client.nextWithChange()).contains("four");
    }
  }

  @Test
  void goesOnSendingToAClientThatNeverAcknowledges() throws Exception {
    String slot = init();
    try (StreamClient client = stream(slot)) {
      for (int i = 10; i < 60; i++) {
        database.execute("insert into test_table values (" + i + ", 'x')");
        assertThat(client.nextWithChange()).contains("[" + i + ",\"x\"]");
      }
    }
  }

  @Test
  void sendsALargeTransactionWholeAndInOrder() throws Exception {
    String slot = init();
    database.execute("insert into test_table select i, 'row ☃' from generate_series(10, 20009) i");
    try (StreamClient client = stream(slot)) {
      JsonArray changes = object(client.nextWithChange()).getJsonArray("change");
      assertThat(changes).hasSize(20_000);
      for (int i = 0; i < 20_000; i++) {
        assertThat(changes.getJsonObject(i).getJsonArray("columnvalues").getInt(0))
            .isEqualTo(i + 10);
      }
    }
  }

  @Test
  void keepsSeveralSlotsSideBySide() throws Exception {
    String first = init();
    String second = init();
    assertThat(first).isNotEqualTo(second);
    database.execute("insert into test_table values (3, 'three')");

    try (StreamClient one = stream(first);
        StreamClient two = stream(second)) {
      assertThat(one.nextWithChange()).contains("three");
      assertThat(two.nextWithChange()).contains("three");
    }
  }

  @Test
  void showsItsSlots() throws Exception {
    String slot = init();

    JsonObject shown = object(get("/v1/slots/" + slot).body());

    assertThat(shown.getString("slotName")).isEqualTo(slot);
    assertThat(shown.getString("plugin")).isEqualTo(plugin);
    assertThat(shown.getBoolean("active")).isFalse();
    assertThat(shown.getJsonObject("snapshot").getString("state")).isEqualTo("open");
    assertThat(shown.keySet())
        .contains("restartLsn", "confirmedFlushLsn", "lagBytes", "walStatus", "warnings");
    assertThat(delete("/v1/slots/" + slot).statusCode()).isEqualTo(204);
    assertThat(get("/v1/slots/" + slot).statusCode()).isEqualTo(404);
  }

  @Test
  void takesANameOfTheClientsChoiceOnce() throws Exception {
    String call = "/v1/init?plugin=" + plugin + "&slotName=delta_mine";
    assertThat(object(get(call).body()).getString("slotName")).isEqualTo("delta_mine");

    HttpResponse<String> again = get(call);
    assertThat(again.statusCode()).isEqualTo(409);
    assertThat(object(again.body()).getString("code")).isEqualTo("slot_exists");
    assertThat(get("/v1/init?slotName=other").statusCode()).isEqualTo(400);
    assertThat(get("/v1/init?slotName=delta_X").statusCode()).isEqualTo(400);
  }

  @Test
  void answersJsonAlsoWhereNothingIs() throws Exception {
    assertThat(get("/v1/ping").statusCode()).isEqualTo(200);
    HttpResponse<String> nothing = get("/v1/nothing");
    assertThat(nothing.statusCode()).isEqualTo(404);
    assertThat(object(nothing.body()).getString("code")).isEqualTo("not_found");
    HttpResponse<String> wrong = get("/v1/snapshot/data");
    assertThat(wrong.statusCode()).isEqualTo(405);
    assertThat(object(wrong.body()).getString("code")).isEqualTo("method_not_allowed");
    assertThat(get("/v1/init?colour=red").body()).contains("colour");
    assertThat(post("/v1/snapshot/data", "text/plain", "{\"table\":").statusCode()).isEqualTo(400);
    assertThat(post("/v1/snapshot/data", "text/plain", " ".repeat(100_000)).statusCode())
        .isEqualTo(413);
  }

  @Test
  void refusesAStreamBeforeTheUpgradeWhereTheRequestIsBad() throws Exception {
    assertThat(get("/v1/lr/stream?slotName=delta_a1").statusCode()).isEqualTo(426);
    assertThat(handshakeStatus("")).isEqualTo(400);
    assertThat(handshakeStatus("delta_a1&colour=red")).isEqualTo(400);
    assertThat(handshakeStatus("delta-a1")).isEqualTo(400);
  }

  @Test
  void closesWithACodeWhereTheSlotCannotBeStreamed() throws Exception {
    try (StreamClient client = stream("delta_nobody1")) {
      assertThat(client.closed())
          .isEqualTo(new StreamClient.Closed(4500, "slot_not_found: no slot delta_nobody1"));
    }
    try (StreamClient client = stream("elsewhere")) {
      assertThat(client.closed().code()).isEqualTo(4507);
    }
    String slot = init();
    database.execute("insert into test_table values (3, 'three')");
    try (StreamClient first = stream(slot)) {
      first.nextWithChange();
      try (StreamClient second = stream(slot)) {
        assertThat(second.closed().code()).isEqualTo(4002);
      }
    }
  }

  @Test
  void closesAClientThatSendsAnythingButAnAcknowledgement() throws Exception {
    String slot = init();
    assertThat(closeAfter(slot, "{}").code()).isEqualTo(4505);
    assertThat(closeAfter(slot, "[1]").code()).isEqualTo(4505);
    assertThat(closeAfter(slot, "{\"lsn\":\"zz\"}"))
        .isEqualTo(
            new StreamClient.Closed(
                4505, "bad_ack: not an LSN (2 characters); want {\"lsn\":\"0/170FCB0\"}"));
    assertThat(closeAfter(slot, "{\"lsn\":\"FFFFFFFF/FFFFFFFF\"}").reason())
        .isEqualTo("bad_ack: lsn FFFFFFFF/FFFFFFFF is beyond PostgreSQL's WAL");
    assertThat(closeAfter(slot, " ".repeat(5000)).code()).isEqualTo(1009);
    try (StreamClient client = stream(slot)) {
      client.sendBinary(new byte[] {1});
      assertThat(client.closed().code()).isEqualTo(1003);
    }
    database.execute("insert into test_table values (3, 'three')");
    try (StreamClient client = stream(slot)) {
      assertThat(client.nextWithChange()).contains("three");
    }
  }

  @Test
  void tellsAClientWhoseSlotIsDroppedByForce() throws Exception {
    String slot = init();
    database.execute("insert into test_table values (3, 'three')");
    try (StreamClient client = stream(slot)) {
      client.nextWithChange();
      assertThat(delete("/v1/slots/" + slot).statusCode()).isEqualTo(409);
      assertThat(delete("/v1/slots/" + slot + "?force=true").statusCode()).isEqualTo(204);
      assertThat(client.closed().code()).isEqualTo(4500);
    }
  }

  @Test
  void servesNoForeignPageAndNobodyBehindAProxy() throws Exception {
    assertThat(get("/v1/init", "Origin", "http://evil.example").statusCode()).isEqualTo(403);
    assertThat(get("/v1/init", "Sec-Fetch-Site", "cross-site").statusCode()).isEqualTo(403);
    HttpResponse<String> forwarded = get("/v1/init", "X-Forwarded-For", "127.0.0.1");
    assertThat(forwarded.statusCode()).isEqualTo(403);
    assertThat(object(forwarded.body()).getString("code")).isEqualTo("forbidden");
    assertThat(forwarded.body()).contains("pgdelta.");
    assertThat(handshakeStatus("delta_a1", "Origin", "http://evil.example")).isEqualTo(403);
    assertThat(database.text("select count(*) from pg_replication_slots")).isEqualTo("0");
  }

  private StreamClient.Closed closeAfter(String slot, String message) throws Exception {
    try (StreamClient client = stream(slot)) {
      client.send(message);
      return client.closed();
    }
  }

  /** What refused the handshake; 101 if nothing did. */
  private int handshakeStatus(String slot, String... headers) {
    try {
      stream(slot, headers).close();
      return 101;
    } catch (CompletionException e) {
      if (e.getCause() instanceof WebSocketHandshakeException refused) {
        return refused.getResponse().statusCode();
      }
      throw e;
    }
  }
}
