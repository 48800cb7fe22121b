package org.pgdeltastream.blackbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.pgdeltastream.support.ServerClient.array;
import static org.pgdeltastream.support.ServerClient.object;

import jakarta.json.JsonObject;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.pgdeltastream.support.EventsClient;
import org.pgdeltastream.support.ServerClient;
import org.pgdeltastream.support.Sql;
import org.pgdeltastream.support.StreamClient;

/** One feed, and one empty table, for each test. */
abstract class FeedStory {
  static final String FEED = "/v1/feeds/story";
  static final Duration SOON = Duration.ofSeconds(20);

  private final ServerClient server;
  private final Sql database;

  FeedStory(ServerClient server, Sql database) {
    this.server = server.described();
    this.database = database;
  }

  ServerClient server() {
    return server;
  }

  Sql database() {
    return database;
  }

  @BeforeEach
  void makeFeed() throws Exception {
    database.execute("drop table if exists test_table, other_table");
    database.execute("create table test_table (id int primary key, name text)");
    database.execute("create table other_table (id int primary key, name text)");
    assertThat(server.put(FEED, "").statusCode()).isEqualTo(201);
  }

  @AfterEach
  void dropFeeds() throws Exception {
    for (JsonObject feed : array(server.get("/v1/feeds").body()).getValuesAs(JsonObject.class)) {
      server.delete("/v1/feeds/" + feed.getString("feed") + "?force=true");
    }
    assertThat(database.text("select count(*) from pg_replication_slots")).isEqualTo("0");
  }

  void insert(int id, String name) throws Exception {
    database.execute("insert into test_table values (" + id + ", '" + name + "')");
  }

  /** A transaction for each of these ids. */
  void insertAll(int... ids) throws Exception {
    for (int id : ids) {
      insert(id, "row " + id);
    }
  }

  StreamClient socket(String query) {
    return server.socket(FEED + "/stream?" + query);
  }

  EventsClient events(String query, String... headers) throws Exception {
    return server.events(FEED + "/stream?" + query, headers);
  }

  HttpResponse<String> pull(String query, String... headers) throws Exception {
    return server.get(FEED + "/changes?" + query, headers);
  }

  /** What a pull that succeeds answers. */
  JsonObject pulled(String query) throws Exception {
    HttpResponse<String> answer = pull(query);
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    return object(answer.body());
  }

  /** The messages of a pull, as they stand in its answer. */
  static List<String> messages(JsonObject pulled) {
    return pulled.getJsonArray("messages").stream().map(Object::toString).toList();
  }

  JsonObject report() throws Exception {
    return object(server.get(FEED).body());
  }

  void awaitSubscribers(int count) {
    await(count + " subscribers").atMost(SOON).until(() -> report().getInt("subscribers") == count);
  }

  /** Waits until everything that was committed before is in the feed. */
  void awaitRead() throws Exception {
    String end = database.text("select pg_current_wal_insert_lsn()");
    await("the feed to read up to " + end)
        .atMost(SOON)
        .until(() -> lsn(report().getString("position")) >= lsn(end));
  }

  /** An LSN as a number. */
  static long lsn(String text) {
    String[] halves = text.split("/", -1);
    return Long.parseLong(halves[0], 16) << 32 | Long.parseLong(halves[1], 16);
  }

  /** A position of the system, the timeline and the view of this one, at that LSN. */
  static String at(String position, String lsn) {
    return position.substring(0, position.lastIndexOf('.') + 1) + lsn;
  }

  static JsonObject hello(StreamClient client) throws Exception {
    return object(client.next()).getJsonObject("hello");
  }

  /** The ids of the rows that these messages of format 1 insert. */
  static List<Integer> ids(List<String> messages) {
    return messages.stream()
        .flatMap(one -> object(one).getJsonArray("change").getValuesAs(JsonObject.class).stream())
        .map(change -> change.getJsonArray("columnvalues").getInt(0))
        .toList();
  }
}
