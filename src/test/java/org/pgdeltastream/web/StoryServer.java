package org.pgdeltastream.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.pgdeltastream.support.ServerClient.array;

import jakarta.json.JsonObject;
import java.net.http.HttpResponse;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.TestInstance;
import org.pgdeltastream.launch.server.Server;
import org.pgdeltastream.support.EventsClient;
import org.pgdeltastream.support.ServerClient;
import org.pgdeltastream.support.StreamClient;
import org.pgdeltastream.support.TestDatabase;
import org.pgdeltastream.support.WarServer;

/**
 * The WAR on TomEE in this JVM, on a PostgreSQL that allows pgoutput alone: one of each for a
 * story, a table and no slots for each of its tests.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class StoryServer {
  private final String websocket;
  private TestDatabase database;
  private Server server;
  private ServerClient client;

  StoryServer(String websocket) {
    this.websocket = websocket;
  }

  TestDatabase database() {
    return database;
  }

  @BeforeAll
  void start() throws Exception {
    System.setProperty("pgdelta.send-timeout", "5");
    System.setProperty("pgdelta.websocket", websocket);
    database = TestDatabase.embedded();
    server = WarServer.start(database);
    client = new ServerClient("http://127.0.0.1:" + server.port()).described();
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
    return client.get(path, headers);
  }

  HttpResponse<String> put(String path) throws Exception {
    return client.put(path, "");
  }

  HttpResponse<String> post(String path) throws Exception {
    return client.post(path, "application/json", "");
  }

  StreamClient socket(String path) {
    return client.socket(path);
  }

  EventsClient events(String path) throws Exception {
    return client.events(path);
  }

  HttpResponse<String> delete(String path) throws Exception {
    return client.delete(path);
  }

  StreamClient stream(String slot) {
    return client.stream(slot);
  }

  String streamUrl(String slot) {
    return client.streamUrl(slot);
  }

  String init() throws Exception {
    return client.init("plugin=pgoutput");
  }

  static JsonObject object(String json) {
    return ServerClient.object(json);
  }

  static String nextLsn(String message) {
    return ServerClient.nextLsn(message);
  }

  void awaitConfirmed(String slot, String lsn) {
    database.awaitConfirmed(slot, lsn);
  }
}
