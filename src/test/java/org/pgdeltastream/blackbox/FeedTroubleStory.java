package org.pgdeltastream.blackbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.pgdeltastream.support.ServerClient.object;

import jakarta.json.JsonObject;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.pgdeltastream.support.EventsClient;
import org.pgdeltastream.support.EventsClient.Event;
import org.pgdeltastream.support.ServerClient;
import org.pgdeltastream.support.Sql;
import org.pgdeltastream.support.StreamClient;

/** What others do to a feed, and what takes a while. */
abstract class FeedTroubleStory extends FeedStory {
  FeedTroubleStory(ServerClient server, Sql database) {
    super(server, database);
  }

  private CompletableFuture<HttpResponse<String>> pullLater(String query) {
    return CompletableFuture.supplyAsync(
        () -> {
          try {
            return pull(query);
          } catch (Exception e) {
            throw new AssertionError(e);
          }
        });
  }

  @Test
  void tellsItsSubscribersThatTheSlotIsGone() throws Exception {
    try (StreamClient socket = socket("after=now");
        EventsClient events = events("after=now")) {
      hello(socket);
      events.next("live");
      CompletableFuture<HttpResponse<String>> pull = pullLater("wait=20");
      awaitSubscribers(3);

      await("the slot to be dropped").atMost(SOON).ignoreExceptions().until(this::dropSlot);

      assertThat(socket.closed().code()).isEqualTo(4500);
      assertThat(object(events.next("bye").data()).getInt("code")).isEqualTo(4500);
      events.awaitEnd();
      HttpResponse<String> answer = pull.get(20, TimeUnit.SECONDS);
      assertThat(answer.statusCode()).as(answer.body()).isEqualTo(404);
    }
    JsonObject failure = report().getJsonObject("lastFailure");
    assertThat(failure.getInt("code")).isEqualTo(4500);
    assertThat(failure.getString("reason")).isEqualTo("slot_not_found");
    assertThat(failure.getString("at")).startsWith("20");
    assertThat(failure.getString("detail")).contains("delta_feed_story");
  }

  private boolean dropSlot() throws Exception {
    database()
        .execute(
            "select pg_terminate_backend(active_pid) from pg_replication_slots"
                + " where active_pid is not null");
    database().execute("select pg_drop_replication_slot('delta_feed_story')");
    return true;
  }

  @Test
  void tellsItsSubscribersThatThePublicationIsGone() throws Exception {
    database().execute("create publication chosen for table test_table");
    assertThat(server().put("/v1/feeds/chosen", "{\"publications\":[\"chosen\"]}").statusCode())
        .isEqualTo(201);
    try (StreamClient socket = server().socket("/v1/feeds/chosen/stream")) {
      hello(socket);
      insertAll(1);
      assertThat(socket.nextWithChange()).contains("row 1");
      database().execute("drop publication chosen");
      assertThat(socket.closed().code()).isIn(4500, 4504);
    }
    JsonObject feed = object(server().get("/v1/feeds/chosen").body());
    assertThat(feed.getJsonObject("lastFailure").getString("detail")).contains("chosen");
  }

  @Test
  void goesOnWhenItsConnectionWasCut() throws Exception {
    try (StreamClient socket = socket("after=now")) {
      hello(socket);
      insertAll(1);
      assertThat(socket.nextWithChange()).contains("row 1");
      database().execute("select pg_terminate_backend(active_pid) from pg_replication_slots");
      insertAll(2);
      assertThat(socket.nextWithChange()).contains("row 2");
    }
  }

  /** All that waits for seconds, at the same time. */
  @Test
  void keepsIdleConnectionsAndDoesNotBelieveInTheFuture() throws Exception {
    String position = pulled("").getString("position");
    String future = at(position, "7FFFFFFF/0");
    try (EventsClient idle = events("after=now");
        EventsClient early = events("after=" + future);
        StreamClient ahead = socket("after=" + future)) {
      CompletableFuture<HttpResponse<String>> pull = pullLater("after=" + future);
      assertThat(object(ahead.next()).getJsonObject("must-refetch").getString("reason"))
          .isEqualTo("timeline");
      assertThat(ahead.closed().code()).isEqualTo(4502);
      assertThat(early.next("must-refetch").data()).contains("\"reason\":\"timeline\"");
      assertThat(pull.get(20, TimeUnit.SECONDS).statusCode()).isEqualTo(410);
      assertThat(pull.get().body()).contains("\"reason\":\"timeline\"");
      assertThat(idle.next("live").data()).contains("lsn");
      Event sign = idle.next("");
      assertThat(sign.data()).as("a position alone").isEmpty();
      assertThat(sign.id()).startsWith(at(position, ""));
      insertAll(1);
      assertThat(idle.nextWithChange().data()).contains("row 1");
    }
  }

  @Test
  void letsSoManyDifferentSelectionsBeFollowed() throws Exception {
    List<StreamClient> clients = new ArrayList<>();
    try {
      for (int i = 0; i < 9; i++) {
        StreamClient client = socket("filter-tables=public.t" + i);
        clients.add(client);
        hello(client);
      }
      clients.add(socket("filter-tables=public.t0"));
      hello(clients.get(9));
      HttpResponse<String> refused = pull("filter-tables=public.more");
      assertThat(refused.statusCode()).isEqualTo(503);
      assertThat(refused.body()).contains("subscribers_exhausted", "9 sel", "pgdelta.feed-views");
      try (EventsClient events = events("filter-tables=public.more")) {
        assertThat(events.next("bye").data()).contains("selections");
      }
      clients.remove(5).close();
      await("room for another")
          .atMost(SOON)
          .until(() -> pull("filter-tables=public.more").statusCode() == 200);
    } finally {
      clients.forEach(StreamClient::close);
    }
  }

  /** The window moves with what comes, and takes old positions with it. */
  @Test
  void forgetsWhatIsBeforeTheWindow() throws Exception {
    String small = "/v1/feeds/small";
    assertThat(server().put(small, "{\"window\":{\"bytes\":1048576}}").statusCode()).isEqualTo(201);
    await("its start")
        .atMost(SOON)
        .until(() -> object(server().get(small).body()).getString("state").equals("streaming"));
    HttpResponse<String> first = server().get(small + "/changes");
    String old = object(first.body()).getString("position");
    await("the window to move")
        .atMost(SOON)
        .until(
            () -> {
              database()
                  .execute(
                      "insert into test_table"
                          + " select (select coalesce(max(id), 0) from test_table) + i,"
                          + " repeat('x', 1000) from generate_series(1, 1000) i");
              return server().get(small + "/changes?after=" + old).statusCode() == 410;
            });
    await("the oldest position to be served, once all is read")
        .atMost(SOON)
        .until(
            () -> {
              HttpResponse<String> gone = server().get(small + "/changes?after=" + old);
              assertThat(gone.body()).contains("\"reason\":\"window\"");
              String oldest = object(gone.body()).getString("oldest");
              return server().get(small + "/changes?after=" + oldest).statusCode() == 200;
            });
  }
}
