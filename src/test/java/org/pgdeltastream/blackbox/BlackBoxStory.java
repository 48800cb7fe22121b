package org.pgdeltastream.blackbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.pgdeltastream.support.ServerClient.array;
import static org.pgdeltastream.support.ServerClient.nextLsn;
import static org.pgdeltastream.support.ServerClient.object;

import jakarta.json.JsonArray;
import jakarta.json.JsonObject;
import jakarta.json.JsonValue;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.pgdeltastream.support.Descriptions;
import org.pgdeltastream.support.ServerClient;
import org.pgdeltastream.support.Sql;
import org.pgdeltastream.support.StalledClient;
import org.pgdeltastream.support.StreamClient;

/**
 * The promises of the WAR, seen from outside: calls, refusals, close codes. Knows of the server its
 * address alone, and of PostgreSQL how to send it SQL; the database must have no slots but those of
 * this test.
 */
abstract class BlackBoxStory {
  private static final int STREAMS = 64; // what server-config allows

  /** How a table ends that could not be read to its end, where the connection is not broken off. */
  private static final Map<String, String> BROKEN =
      Map.of(
          "ndjson", "(?s).*\n\\{\"complete\":false,\"code\":\"upstream_unavailable\",[^\n]*}\n",
          "ndjson&trailer=false", "(?s)|.*\n\\{\"complete\":false,[^\n]*}\n",
          "json", "(?s)|.*[^]]",
          "csv", "(?s)|.*\n\"upstream_unavailable: [^\"]*");

  private static final Duration TAIL = Duration.ofSeconds(30);

  private final String plugin;
  private final ServerClient server;
  private final Sql database;

  BlackBoxStory(String plugin, ServerClient server, Sql database) {
    this.plugin = plugin;
    this.server = server.described();
    this.database = database;
  }

  @BeforeEach
  void makeTable() throws Exception {
    database.execute("drop table if exists test_table");
    database.execute("create table test_table (id int primary key, name text)");
    database.execute("insert into test_table values (1, 'one'), (2, 'two')");
  }

  @AfterEach
  void dropSlots() throws Exception {
    for (JsonObject slot : array(server.get("/v1/slots").body()).getValuesAs(JsonObject.class)) {
      server.delete("/v1/slots/" + slot.getString("slotName") + "?force=true");
    }
    assertThat(database.text("select count(*) from pg_replication_slots")).isEqualTo("0");
  }

  private String init() throws Exception {
    return server.init("plugin=" + plugin);
  }

  void awaitConfirmed(String slot, String lsn) {
    database.awaitConfirmed(slot, lsn);
  }

  @Test
  void saysWhatIsWrongWithPostgres() throws Exception {
    HttpResponse<String> json = server.get("/v1/doctor");
    assertThat(json.statusCode()).as(json.body()).isEqualTo(200);
    assertThat(json.headers().firstValue("Content-Type")).hasValueSatisfying(this::isJson);
    JsonObject examination = object(json.body());
    assertThat(examination.keySet())
        .containsExactlyInAnyOrder(
            "status", "server", "examined", "tookMillis", "findings", "passed", "skipped");
    assertThat(examination.getJsonArray("findings").getValuesAs(JsonObject.class))
        .extracting(finding -> finding.getString("check"))
        .contains("wal_unlimited", "durability");

    HttpResponse<String> text = server.get("/v1/doctor", "Accept", "text/plain");
    assertThat(text.headers().firstValue("Content-Type").orElse("")).startsWith("text/plain");
    assertThat(text.body())
        .startsWith(examination.getString("server") + "\n")
        .contains("\nWARNING wal_unlimited: max_slot_wal_keep_size\n")
        .contains("\n    ALTER SYSTEM SET max_slot_wal_keep_size = '10GB';\n");
    assertThat(server.get("/v1/doctor", "Accept", "application/json, text/plain;q=0.5").body())
        .isEqualTo(json.body()); // kept for a minute
    assertThat(server.get("/v1/doctor?x=1").statusCode()).isEqualTo(400);
    assertThat(server.delete("/v1/doctor").statusCode()).isEqualTo(405);
  }

  private void isJson(String type) {
    assertThat(type).startsWith("application/json");
  }

  @Test
  void showsChangesFromNowOnWithoutASlotOfTheClients() throws Exception {
    database.execute("create publication tail_only for table test_table");
    try (StreamClient client =
        server.socket("/v1/lr/tail?publication=tail_only&add-tables=*.test_table")) {
      await("its stream")
          .atMost(TAIL)
          .until(
              () ->
                  database
                      .text(
                          "select count(*) from pg_replication_slots"
                              + " where temporary and confirmed_flush_lsn is not null and active")
                      .equals("1"));
      database.execute("insert into test_table values (3, 'three')");
      assertThat(client.nextWithChange()).contains("\"columnvalues\":[3,\"three\"]");
      assertThat(array(server.get("/v1/slots").body())).isEmpty();
    }
    await("its end")
        .atMost(TAIL)
        .until(() -> database.text("select count(*) from pg_replication_slots").equals("0"));
    database.execute("drop publication tail_only");
    assertThat(server.get("/v1/lr/tail").statusCode()).isEqualTo(426);
    assertThat(server.socketStatus("/v1/lr/tail?slotName=delta_a1")).isEqualTo(400);
    assertThat(server.socketStatus("/v1/lr/other?slotName=delta_a1")).isEqualTo(404);
  }

  /** Each is checked against what openapi.json says of it. */
  @Test
  void answersEveryCallThatIsDescribedAndNeedsNothing() throws Exception {
    JsonObject described = object(server.get("/v1/openapi.json").body());
    assertThat(described).isEqualTo(Descriptions.document("openapi.json"));
    init();
    List<String> asked = new ArrayList<>();
    for (Map.Entry<String, JsonValue> path : described.getJsonObject("paths").entrySet()) {
      JsonObject get = path.getValue().asJsonObject().getJsonObject("get");
      if (get != null && !path.getKey().matches(".*\\{.*|/v1/(lr/.*|init|snapshot/stream)")) {
        assertThat(server.get(path.getKey()).statusCode()).as(path.getKey()).isEqualTo(200);
        asked.add(path.getKey());
      }
    }
    assertThat(asked).contains("/v1/status", "/v1/asyncapi.json", "/v1/snapshot/tables");
    assertThat(server.get("/v1/schema/slot.json/").body())
        .isEqualTo(Descriptions.text("schema/slot.json"));
    assertThat(server.get("/v1/schema/nothing.json").statusCode()).isEqualTo(404);
    assertThat(server.get("/v1/schema/slot.json?x=1").statusCode()).isEqualTo(400);
    assertThat(server.delete("/v1/openapi.json").statusCode()).isEqualTo(405);
  }

  /** The seed's own session, as its README has it. */
  @Test
  void servesTheThreeCallsAsTheirUsersKnowThem() throws Exception {
    HttpResponse<String> init = server.get("/v1/init");
    assertThat(init.statusCode()).isEqualTo(200);
    assertThat(init.body()).startsWith("{\"slotName\":\"delta_");
    JsonObject answer = object(init.body());
    assertThat(answer.keySet())
        .contains("plugin", "consistentPoint", "snapshotExpires", "stream", "warnings");
    String slot = answer.getString("slotName");
    database.execute("insert into test_table values (3, 'three')");

    HttpResponse<String> page =
        server.post(
            "/v1/snapshot/data",
            "application/json",
            "{\"table\": \"test_table\", \"offset\":0, \"limit\":10}");
    assertThat(page.statusCode()).as(page.body()).isEqualTo(200);
    assertThat(page.body()).isEqualTo("[{\"id\":1,\"name\":\"one\"},{\"id\":2,\"name\":\"two\"}]");
    assertThat(page.headers().firstValue("Slot-Name")).contains(slot);

    try (StreamClient client = server.stream(slot)) {
      String message = client.nextWithChange();
      assertThat(message).contains("\"columnvalues\":[3,\"three\"]");
      client.acknowledge(nextLsn(message));
      awaitConfirmed(slot, nextLsn(message));
    }
  }

  @Test
  void countsWhatItSends() throws Exception {
    String slot = init();
    database.execute("insert into test_table values (3, 'three')");
    try (StreamClient client = server.stream(slot)) {
      client.nextWithChange();
      String sent =
          "\npgdeltastream_stream_changes_sent_total{action=\"insert\",slot=\""
              + slot
              + "\"} 1.0\n";
      await()
          .atMost(Duration.ofSeconds(20))
          .untilAsserted(
              () ->
                  assertThat(server.get("/v1/metrics").body())
                      .contains("\npgdeltastream_upstream_up 1.0\n")
                      .contains(sent));
    }
  }

  @Test
  void readsABodyAsJsonWhateverItsContentType() throws Exception {
    init();
    HttpResponse<String> page =
        server.post(
            "/v1/snapshot/data",
            "application/x-www-form-urlencoded",
            "{\"table\": \"test_table\", \"limit\":1,"
                + " \"order_by\": {\"column\":\"id\",\"order\":\"DESC\"}}");
    assertThat(page.body()).isEqualTo("[{\"id\":2,\"name\":\"two\"}]");
  }

  @Test
  void readsTheNextPageAfterOneThatFailed() throws Exception {
    init();
    assertThat(
            server.post("/v1/snapshot/data", "text/plain", "{\"table\":\"nothing\"}").statusCode())
        .isEqualTo(404);
    assertThat(
            server
                .post("/v1/snapshot/data", "text/plain", "{\"table\":\"test_table\"}")
                .statusCode())
        .isEqualTo(200);
  }

  @Test
  void resumesAfterTheLastAcknowledgedTransaction() throws Exception {
    String slot = init();
    database.execute("insert into test_table values (3, 'three')");
    database.execute("insert into test_table values (4, 'four')");
    try (StreamClient client = server.stream(slot)) {
      String first = client.nextWithChange();
      assertThat(client.nextWithChange()).contains("four");
      client.acknowledge(nextLsn(first));
      awaitConfirmed(slot, nextLsn(first));
    }

    try (StreamClient client = server.stream(slot)) {
      assertThat(client.nextWithChange()).contains("four");
    }
  }

  @Test
  void goesOnSendingToAClientThatNeverAcknowledges() throws Exception {
    String slot = init();
    try (StreamClient client = server.stream(slot)) {
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
    try (StreamClient client = server.stream(slot)) {
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

    try (StreamClient one = server.stream(first);
        StreamClient two = server.stream(second)) {
      assertThat(one.nextWithChange()).contains("three");
      assertThat(two.nextWithChange()).contains("three");
    }
  }

  @Test
  void showsItsSlots() throws Exception {
    String slot = init();

    JsonObject shown = object(server.get("/v1/slots/" + slot).body());

    assertThat(shown.getString("slotName")).isEqualTo(slot);
    assertThat(shown.getString("plugin")).isEqualTo(plugin);
    assertThat(shown.getBoolean("active")).isFalse();
    assertThat(shown.getJsonObject("snapshot").getString("state")).isEqualTo("open");
    assertThat(shown.keySet())
        .contains("restartLsn", "confirmedFlushLsn", "lagBytes", "walStatus", "warnings");
    assertThat(server.delete("/v1/slots/" + slot).statusCode()).isEqualTo(204);
    assertThat(server.get("/v1/slots/" + slot).statusCode()).isEqualTo(404);
  }

  @Test
  void takesANameOfTheClientsChoiceOnce() throws Exception {
    String call = "/v1/init?plugin=" + plugin + "&slotName=delta_mine";
    assertThat(object(server.get(call).body()).getString("slotName")).isEqualTo("delta_mine");

    HttpResponse<String> again = server.get(call);
    assertThat(again.statusCode()).isEqualTo(409);
    assertThat(object(again.body()).getString("code")).isEqualTo("slot_exists");
    assertThat(server.get("/v1/init?slotName=other").statusCode()).isEqualTo(400);
    assertThat(server.get("/v1/init?slotName=delta_X").statusCode()).isEqualTo(400);
  }

  @Test
  void answersJsonAlsoWhereNothingIs() throws Exception {
    assertThat(server.get("/v1/ping").statusCode()).isEqualTo(200);
    HttpResponse<String> nothing = server.get("/v1/nothing");
    assertThat(nothing.statusCode()).isEqualTo(404);
    assertThat(object(nothing.body()).getString("code")).isEqualTo("not_found");
    HttpResponse<String> wrong = server.get("/v1/snapshot/data");
    assertThat(wrong.statusCode()).isEqualTo(405);
    assertThat(object(wrong.body()).getString("code")).isEqualTo("method_not_allowed");
    assertThat(server.get("/v1/init?colour=red").body()).contains("colour");
    assertThat(server.post("/v1/snapshot/data", "text/plain", "{\"table\":").statusCode())
        .isEqualTo(400);
    assertThat(server.post("/v1/snapshot/data", "text/plain", " ".repeat(100_000)).statusCode())
        .isEqualTo(413);
  }

  @Test
  void refusesAStreamBeforeTheUpgradeWhereTheRequestIsBad() throws Exception {
    assertThat(server.get("/v1/lr/stream?slotName=delta_a1").statusCode()).isEqualTo(426);
    assertThat(server.handshakeStatus("")).isEqualTo(400);
    assertThat(server.handshakeStatus("delta_a1&colour=red")).isEqualTo(400);
    assertThat(server.handshakeStatus("delta-a1")).isEqualTo(400);
  }

  @Test
  void closesWithACodeWhereTheSlotCannotBeStreamed() throws Exception {
    try (StreamClient client = server.stream("delta_nobody1")) {
      assertThat(client.closed())
          .isEqualTo(new StreamClient.Closed(4500, "slot_not_found: no slot delta_nobody1"));
    }
    try (StreamClient client = server.stream("elsewhere")) {
      assertThat(client.closed().code()).isEqualTo(4507);
    }
    String slot = init();
    database.execute("insert into test_table values (3, 'three')");
    try (StreamClient first = server.stream(slot)) {
      first.nextWithChange();
      try (StreamClient second = server.stream(slot)) {
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
    try (StreamClient client = server.stream(slot)) {
      client.sendBinary(new byte[] {1});
      assertThat(client.closed().code()).isEqualTo(1003);
    }
    database.execute("insert into test_table values (3, 'three')");
    try (StreamClient client = server.stream(slot)) {
      assertThat(client.nextWithChange()).contains("three");
    }
  }

  @Test
  void tellsAClientWhoseSlotIsDroppedByForce() throws Exception {
    String slot = init();
    database.execute("insert into test_table values (3, 'three')");
    try (StreamClient client = server.stream(slot)) {
      client.nextWithChange();
      assertThat(server.delete("/v1/slots/" + slot).statusCode()).isEqualTo(409);
      assertThat(server.delete("/v1/slots/" + slot + "?force=true").statusCode()).isEqualTo(204);
      assertThat(client.closed().code()).isEqualTo(4500);
    }
  }

  @Test
  void servesNoForeignPageAndNobodyBehindAProxy() throws Exception {
    assertThat(server.get("/v1/init", "Origin", "http://evil.example").statusCode()).isEqualTo(403);
    assertThat(server.get("/v1/init", "Sec-Fetch-Site", "cross-site").statusCode()).isEqualTo(403);
    HttpResponse<String> forwarded = server.get("/v1/init", "X-Forwarded-For", "127.0.0.1");
    assertThat(forwarded.statusCode()).isEqualTo(403);
    assertThat(object(forwarded.body()).getString("code")).isEqualTo("forbidden");
    assertThat(forwarded.body()).contains("pgdelta.");
    assertThat(server.handshakeStatus("delta_a1", "Origin", "http://evil.example")).isEqualTo(403);
    assertThat(database.text("select count(*) from pg_replication_slots")).isEqualTo("0");
  }

  @Test
  void closesAClientThatDoesNotReadAndFreesItsSlot() throws Exception {
    String slot = init();
    try (Socket stalled = StalledClient.connect(server.streamUrl(slot))) {
      database.execute(
          "insert into test_table select i, repeat('x', 300) from generate_series(10, 60000) i");
      await("the last close of " + slot)
          .atMost(Duration.ofSeconds(60))
          .pollInterval(Duration.ofMillis(200))
          .untilAsserted(
              () ->
                  assertThat(server.get("/v1/slots/" + slot).body())
                      .contains("\"active\":false")
                      .contains("\"lastClose\":{\"code\":4003,"));
      assertThat(stalled.isConnected()).isTrue();
    }
    try (StreamClient client = server.stream(slot)) {
      assertThat(client.nextWithChange()).contains("[10,\"xxx");
    }
  }

  @Test
  void servesAsManyStreamsAsAreConfiguredAndNoMore() throws Exception {
    database.execute("drop publication if exists everything");
    database.execute("create publication everything for table test_table");
    List<StreamClient> clients = new ArrayList<>();
    try {
      for (int i = 0; i <= STREAMS; i++) {
        database.execute(
            "select pg_create_logical_replication_slot('delta_s%d', '%s')".formatted(i, plugin));
      }
      for (int i = 0; i < STREAMS; i++) {
        clients.add(server.stream(everything(i)));
      }
      database.execute("insert into test_table values (3, 'three')");
      for (StreamClient client : clients) {
        assertThat(client.nextWithChange()).contains("[3,\"three\"]");
      }
      try (Socket refused = StalledClient.connect(server.streamUrl(everything(STREAMS)))) {
        refused.setSoTimeout(10_000);
        assertThat(answer(refused))
            .startsWith("HTTP/1.1 503")
            .containsIgnoringCase("retry-after: ")
            .contains("\"streams_exhausted\"")
            .contains("pgdelta.streams");
      }
      assertThat(server.get("/v1/slots").statusCode()).isEqualTo(200);
      clients.remove(0).close();
      await("the place of a client that left")
          .atMost(Duration.ofSeconds(10))
          .until(() -> server.handshakeStatus(everything(STREAMS)) == 101);
    } finally {
      clients.forEach(StreamClient::close);
    }
  }

  /** An answer in JSON, which ends with a brace. */
  private static String answer(Socket socket) throws IOException {
    StringBuilder answer = new StringBuilder();
    int next = socket.getInputStream().read();
    while (next >= 0 && next != '}') {
      answer.append((char) next);
      next = socket.getInputStream().read();
    }
    return answer.toString();
  }

  /** What is left of a body; nothing where the server broke the connection off. */
  private static String rest(InputStream body) {
    try {
      return new String(body.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      return "";
    }
  }

  private String everything(int slot) {
    return "delta_s" + slot + (plugin.equals("pgoutput") ? "&publication=everything" : "");
  }

  @Test
  void breaksATableOffThatCannotBeReadToItsEnd() throws Exception {
    database.execute(
        "insert into test_table select i, repeat('x', 2000) from generate_series(10, 50000) i");
    String slot = init();
    for (String format : List.of("ndjson", "ndjson&trailer=false", "json", "csv")) {
      String path = "/v1/snapshot/stream?table=test_table&slotName=" + slot + "&format=" + format;
      try (InputStream body = server.open(path)) {
        body.readNBytes(100_000);
        await("its copy")
            .atMost(Duration.ofSeconds(10))
            .until(
                () ->
                    database
                        .text(
                            "select count(pg_terminate_backend(pid)) from pg_stat_activity"
                                + " where state = 'active' and query like 'copy%'")
                        .equals("1"));
        assertThat(rest(body)).as(format).matches(BROKEN.get(format));
      }
    }
  }

  private StreamClient.Closed closeAfter(String slot, String message) throws Exception {
    try (StreamClient client = server.stream(slot)) {
      client.send(message);
      return client.closed();
    }
  }
}
