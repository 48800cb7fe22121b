package org.pgdeltastream.blackbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;
import static org.pgdeltastream.support.ServerClient.array;
import static org.pgdeltastream.support.ServerClient.object;

import jakarta.json.JsonObject;
import java.net.http.HttpResponse;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.pgdeltastream.support.EventsClient;
import org.pgdeltastream.support.ServerClient;
import org.pgdeltastream.support.Sql;
import org.pgdeltastream.support.StreamClient;

/** Feeds are made, shown and dropped. */
abstract class FeedMakingStory extends FeedStory {
  private final boolean hasWal2json;

  FeedMakingStory(ServerClient server, Sql database, boolean hasWal2json) {
    super(server, database);
    this.hasWal2json = hasWal2json;
  }

  private void assertRefused(HttpResponse<String> answer, int status, String code) {
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(status);
    assertThat(object(answer.body()).getString("code")).as(answer.body()).isEqualTo(code);
  }

  @Test
  void makesAFeedOnce() throws Exception {
    database().execute("create publication chosen for table test_table");
    String body = "{\"publications\":[\"chosen\"],\"window\":{\"bytes\":2097152,\"seconds\":60}}";
    HttpResponse<String> made = server().put("/v1/feeds/second", body);
    assertThat(made.statusCode()).as(made.body()).isEqualTo(201);
    assertThat(object(made.body()).getString("slotName")).isEqualTo("delta_feed_second");
    assertThat(server().put("/v1/feeds/second", body).statusCode()).isEqualTo(200);
    assertThat(server().put(FEED, "").statusCode()).isEqualTo(200);
    assertRefused(server().put("/v1/feeds/second", ""), 409, "feed_exists");
    assertRefused(server().put("/v1/feeds/second", body.replace("60", "61")), 409, "feed_exists");
    assertThat(
            database()
                .text(
                    "select plugin || temporary from pg_replication_slots"
                        + " where slot_name = 'delta_feed_second'"))
        .isEqualTo("pgoutputfalse");
    database().execute("drop publication chosen");
  }

  @Test
  void refusesWhatItCannotMake() throws Exception {
    assertRefused(
        server().put("/v1/feeds/third", "{\"publications\":[\"nothing\"]}"),
        404,
        "publication_not_found");
    for (String name : List.of("UPPER", "a-b", "a.b", "x".repeat(41), "%C3%A9", "a%20b")) {
      assertRefused(server().put("/v1/feeds/" + name, ""), 400, "bad_request");
    }
    for (String body :
        List.of(
            "[]",
            "{\"plugin\":\"wal2json\"}",
            "{\"window\":1}",
            "{\"window\":{\"bytes\":1}}",
            "{\"window\":{\"seconds\":0}}",
            "{\"publications\":\"p\"}")) {
      assertRefused(server().put("/v1/feeds/third", body), 400, "bad_request");
    }
    assertRefused(server().put("/v1/feeds/third?plugin=pgoutput", ""), 400, "bad_request");
    assertThat(array(server().get("/v1/feeds").body())).hasSize(1);
    assertThat(database().text("select count(*) from pg_replication_slots")).isEqualTo("1");
  }

  @Test
  void refusesASlotOfAnotherPlugin() throws Exception {
    assumeTrue(hasWal2json, "no wal2json here");
    database().execute("select pg_create_logical_replication_slot('delta_feed_w2j', 'wal2json')");
    assertRefused(server().put("/v1/feeds/w2j", ""), 409, "slot_exists");
    assertRefused(server().get("/v1/feeds/w2j"), 409, "slot_exists");
    database().execute("select pg_drop_replication_slot('delta_feed_w2j')");
  }

  @Test
  void showsAFeed() throws Exception {
    insertAll(1, 2);
    awaitRead();
    JsonObject feed = report();
    assertThat(feed.keySet())
        .containsExactlyInAnyOrder(
            "feed",
            "slotName",
            "publications",
            "storage",
            "state",
            "position",
            "oldest",
            "subscribers",
            "views",
            "receivedBytes",
            "writes",
            "sentBytes",
            "heldBytes",
            "lagBytes",
            "window",
            "warnings");
    assertThat(feed.getString("feed")).isEqualTo("story");
    assertThat(feed.getString("slotName")).isEqualTo("delta_feed_story");
    assertThat(feed.getString("storage")).isEqualTo("wal");
    assertThat(feed.getString("state")).isEqualTo("streaming");
    assertThat(feed.getInt("subscribers")).isZero();
    assertThat(feed.getInt("heldBytes")).isPositive();
    assertThat(feed.getJsonObject("window").getInt("bytes")).isEqualTo(64 << 20);
    assertThat(feed.getJsonObject("window").getInt("seconds")).isEqualTo(600);
    assertThat(lsn(feed.getString("position"))).isGreaterThan(lsn(feed.getString("oldest")));
    assertThat(array(server().get("/v1/feeds").body()).getJsonObject(0).getString("feed"))
        .isEqualTo("story");
    assertThat(server().get("/v1/feeds?x=1").statusCode()).isEqualTo(400);
  }

  @Test
  void knowsNoFeedThatNobodyMade() throws Exception {
    assertRefused(server().get("/v1/feeds/none"), 404, "feed_not_found");
    assertRefused(server().delete("/v1/feeds/none"), 404, "feed_not_found");
    assertRefused(server().get("/v1/feeds/none/changes"), 404, "feed_not_found");
    assertRefused(
        server().get("/v1/feeds/none/stream", "Accept", "text/event-stream"),
        404,
        "feed_not_found");
    assertRefused(server().get("/v1/feeds/none/nothing"), 404, "not_found");
    assertThat(handshakeStatus("/v1/feeds/none/stream")).isEqualTo(404);
    assertThat(handshakeStatus(FEED + "/stream?after=x")).isEqualTo(400);
  }

  private int handshakeStatus(String path, String... headers) {
    try {
      server().socket(path, headers).close();
      return 101;
    } catch (java.util.concurrent.CompletionException e) {
      return ServerClient.refusal(e).statusCode();
    }
  }

  @Test
  void dropsAFeedThatNobodyFollows() throws Exception {
    try (StreamClient socket = socket("after=now");
        EventsClient events = events("after=now")) {
      events.next("live");
      hello(socket);
      assertRefused(server().delete(FEED), 409, "slot_busy");
      assertThat(report().getInt("subscribers")).isEqualTo(2);

      assertThat(server().delete(FEED + "?force=true").statusCode()).isEqualTo(204);

      assertThat(socket.closed().code()).isEqualTo(4500);
      JsonObject bye = object(events.next("bye").data());
      assertThat(bye.getInt("code")).isEqualTo(4500);
      assertThat(bye.getString("reason")).isEqualTo("slot_not_found");
      events.awaitEnd();
    }
    assertRefused(server().get(FEED), 404, "feed_not_found");
    assertThat(database().text("select count(*) from pg_replication_slots")).isEqualTo("0");
    assertThat(server().put(FEED, "").statusCode()).isEqualTo(201);
    assertThat(server().delete(FEED).statusCode()).isEqualTo(204);
  }

  @Test
  void leavesAFeedsSlotToTheFeed() throws Exception {
    await("the feed to be read")
        .atMost(SOON)
        .until(() -> report().getString("state").equals("streaming"));
    assertRefused(server().delete("/v1/slots/delta_feed_story?force=true"), 409, "slot_busy");
    try (StreamClient stream = server().stream("delta_feed_story")) {
      assertThat(stream.closed().code()).isEqualTo(4002);
    }
  }

  @Test
  void takesNoOtherMethods() throws Exception {
    for (String path : List.of(FEED + "/stream", FEED + "/changes")) {
      assertRefused(server().post(path, "application/json", "{}"), 405, "method_not_allowed");
      HttpResponse<String> deleted = server().delete(path);
      assertRefused(deleted, 405, "method_not_allowed");
      assertThat(deleted.headers().firstValue("Allow")).contains("GET");
    }
    assertRefused(server().post(FEED, "application/json", "{}"), 405, "method_not_allowed");
  }

  @Test
  void letsNoForeignPageIn() throws Exception {
    String[] foreign = {"Origin", "http://evil.example"};
    assertThat(server().get("/v1/feeds", foreign).statusCode()).isEqualTo(403);
    assertThat(server().get(FEED + "/changes", foreign).statusCode()).isEqualTo(403);
    try (EventsClient events = events("after=now", foreign)) {
      assertThat(events.status()).isEqualTo(403);
    }
    assertThat(handshakeStatus(FEED + "/stream", foreign)).isEqualTo(403);
  }
}
