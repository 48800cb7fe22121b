package org.pgdeltastream.blackbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.pgdeltastream.support.ServerClient.object;

import jakarta.json.JsonObject;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.pgdeltastream.support.EventsClient;
import org.pgdeltastream.support.EventsClient.Event;
import org.pgdeltastream.support.ServerClient;
import org.pgdeltastream.support.Sql;

/** A feed as server-sent events. */
abstract class FeedEventsStory extends FeedStory {
  FeedEventsStory(ServerClient server, Sql database) {
    super(server, database);
  }

  @Test
  void answersAsAnEventStream() throws Exception {
    insertAll(1);
    awaitRead();
    try (EventsClient client = events("after=oldest")) {
      assertThat(client.status()).isEqualTo(200);
      assertThat(client.headers().firstValue("Content-Type").orElse(""))
          .matches("text/event-stream(;\\s*charset=(?i:utf-8))?");
      assertThat(client.headers().firstValue("Cache-Control")).contains("no-store, no-transform");
      assertThat(client.headers().firstValue("X-Accel-Buffering")).contains("no");
      Event hello = client.next();
      assertThat(hello.name()).isEqualTo("hello");
      JsonObject said = object(hello.data()).getJsonObject("hello");
      assertThat(hello.id()).isEqualTo(said.getString("token") + "." + said.getString("start"));
      assertThat(client.retryMillis()).isBetween(2000, 5000);
      Event first = client.nextWithChange();
      assertThat(first.data()).contains("[1,\"row 1\"]");
      assertThat(first.id())
          .isEqualTo(said.getString("token") + "." + ServerClient.nextLsn(first.data()));
      assertThat(client.next("live").data()).startsWith("{\"live\":{\"lsn\":\"");
      insertAll(2);
      assertThat(client.nextWithChange().data()).contains("[2,\"row 2\"]");
    }
    AtomicInteger row = new AtomicInteger(3);
    await("a write to a client that is gone to be noticed")
        .atMost(Duration.ofSeconds(60))
        .until(
            () -> {
              insertAll(row.getAndIncrement());
              return report().getInt("subscribers") == 0;
            });
  }

  @Test
  void givesAnIdToWhatEndsATransaction() throws Exception {
    try (EventsClient client = events("format=2")) {
      client.next("live");
      database().execute("insert into test_table values (1, 'one'), (2, 'two')");
      assertThat(client.next("").data()).startsWith("{\"action\":\"B\"");
      Event change = client.next("");
      assertThat(change.data()).startsWith("{\"action\":\"I\"");
      assertThat(change.id()).isEmpty();
      assertThat(client.next("").data()).startsWith("{\"action\":\"I\"");
      Event commit = client.next("");
      assertThat(commit.data()).startsWith("{\"action\":\"C\"");
      assertThat(commit.id()).endsWith("." + ServerClient.nextLsn(commit.data()));
    }
  }

  @Test
  void goesOnBehindTheLastEvent() throws Exception {
    insertAll(1, 2, 3, 4);
    List<Event> had = new ArrayList<>();
    try (EventsClient client = events("after=oldest")) {
      for (int i = 0; i < 4; i++) {
        had.add(client.nextWithChange());
      }
    }
    for (int i = 0; i < 3; i++) {
      String id = had.get(i).id();
      try (EventsClient header = events("after=oldest", "Last-Event-ID", id);
          EventsClient parameter = events("after=" + id);
          EventsClient empty = events("after=" + id, "Last-Event-ID", "")) {
        assertThat(header.next("hello").id()).isEqualTo(id);
        assertThat(header.nextWithChange()).isEqualTo(had.get(i + 1));
        assertThat(parameter.nextWithChange()).isEqualTo(had.get(i + 1));
        assertThat(empty.nextWithChange()).isEqualTo(had.get(i + 1));
      }
    }
  }

  /** The id is one that can be served, so that the browser's next attempt is. */
  @Test
  void saysWhyAPositionIsNoneHere() throws Exception {
    insertAll(1);
    awaitRead();
    String position;
    try (EventsClient client = events("after=oldest")) {
      position = client.nextWithChange().id();
    }
    assertRefetch("after=" + at(position, "0/1"), "window");
    assertRefetch("after=" + position + "&actions=delete", "view");
    assertRefetch(
        "after=" + (position.startsWith("0") ? "1" : "0") + position.substring(1), "system");
  }

  private void assertRefetch(String query, String reason) throws Exception {
    try (EventsClient client = events(query)) {
      Event event = client.next();
      assertThat(event.name()).isEqualTo("must-refetch");
      JsonObject said = object(event.data()).getJsonObject("must-refetch");
      assertThat(said.getString("reason")).isEqualTo(reason);
      assertThat(event.id()).isEqualTo(said.getString("position"));
      assertThat(object(client.next("bye").data()).getInt("code")).isEqualTo(4502);
      client.awaitEnd();
      try (EventsClient again = events(query, "Last-Event-ID", event.id())) {
        assertThat(again.next("hello").id()).isEqualTo(event.id());
      }
    }
  }

  @Test
  void refusesWhatItCannotRead() throws Exception {
    for (String query :
        List.of("x=1", "after=x", "linger=1001", "wait=1", "columns=a", "format=3")) {
      HttpResponse<String> answer =
          server().get(FEED + "/stream?" + query, "Accept", "text/event-stream");
      assertThat(answer.statusCode()).as(query).isEqualTo(400);
      assertThat(object(answer.body()).getString("code")).isEqualTo("bad_request");
    }
    assertThat(
            server()
                .get(FEED + "/stream", "Accept", "text/event-stream", "Last-Event-ID", "x")
                .statusCode())
        .isEqualTo(400);
    assertThat(server().get(FEED + "/stream", "Accept", "text/html").statusCode()).isEqualTo(406);
    assertThat(
            server()
                .get(FEED + "/stream", "Accept", "text/html, text/event-stream;q=0")
                .statusCode())
        .isEqualTo(406);
  }

  @Test
  void sendsLargeEvents() throws Exception {
    try (EventsClient client = events("after=now");
        EventsClient actions = events("after=now&format=2")) {
      client.next("live");
      actions.next("live");
      String text = "é☃😀 ".repeat(300_000);
      insert(1, text);
      assertThat(client.nextWithChange().data()).contains("\"" + text + "\"").endsWith("\"}");
      database()
          .execute(
              "insert into test_table select i, repeat('é' || i, 1700)"
                  + " from generate_series(10, 999) i");
      assertThat(ids(List.of(client.nextWithChange().data()))).hasSize(990).endsWith(999);
      insertAll(2);
      assertThat(client.nextWithChange().data()).contains("[2,\"row 2\"]");
      int events = 0;
      Event last = actions.next("");
      while (!last.data().contains("\"row 2\"")) {
        events += last.data().startsWith("{\"action\"") ? 1 : 0;
        last = actions.next("");
      }
      assertThat(events).isEqualTo(3 + 2 + 990 + 1);
    }
  }

  /** As a client that loses its connection again and again: it has everything once. */
  @Test
  void losesNothingBetweenConnections() throws Exception {
    String last = "";
    List<Integer> had = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      insertAll(2 * i, 2 * i + 1);
      try (EventsClient client = events("after=oldest", "Last-Event-ID", last)) {
        for (int many = 0; many < (i == 19 ? 40 - had.size() : 1); ) {
          Event event = client.nextWithChange();
          had.addAll(ids(List.of(event.data())));
          last = event.id();
          many += i == 19 ? 0 : 1;
          if (had.size() == 40) {
            break;
          }
        }
      }
    }
    assertThat(had).hasSize(40).isSorted().doesNotHaveDuplicates();
  }
}
