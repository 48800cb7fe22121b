package org.pgdeltastream.blackbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.pgdeltastream.support.ServerClient.object;

import jakarta.json.JsonObject;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.pgdeltastream.support.EventsClient;
import org.pgdeltastream.support.EventsClient.Event;
import org.pgdeltastream.support.ServerClient;
import org.pgdeltastream.support.Sql;
import org.pgdeltastream.support.StreamClient;

/** A feed's rows, and then its changes. */
abstract class FeedSnapshotStory extends FeedStory {
  private static final String QUERY = "snapshot=1&add-tables=public.test_table";

  /** Another view, whose rows nobody has read in the last seconds. */
  private static final String OTHER = QUERY + "&include-xids=1";

  FeedSnapshotStory(ServerClient server, Sql database) {
    super(server, database);
  }

  private static List<Integer> rows(List<String> messages) {
    return messages.stream()
        .map(ServerClient::object)
        .filter(one -> one.containsKey("snapshot"))
        .flatMap(
            one ->
                one
                    .getJsonObject("snapshot")
                    .getJsonArray("rows")
                    .getValuesAs(JsonObject.class)
                    .stream())
        .map(row -> row.getInt("id"))
        .toList();
  }

  /** What comes up to the end of the rows, that included. */
  private static List<String> untilEnd(StreamClient client) throws Exception {
    List<String> messages = new ArrayList<>();
    do {
      messages.add(client.next());
    } while (!messages.get(messages.size() - 1).startsWith("{\"snapshot-end\""));
    return messages;
  }

  private static List<Event> untilEnd(EventsClient client) throws Exception {
    List<Event> events = new ArrayList<>();
    do {
      events.add(client.next());
    } while (!events.get(events.size() - 1).name().equals("snapshot-end"));
    return events;
  }

  @Test
  void sendsRowsAndThenChangesOverAWebsocket() throws Exception {
    insertAll(1, 2, 3);
    String token;
    String end;
    try (StreamClient client = socket(QUERY)) {
      JsonObject hello = hello(client);
      assertThat(hello.keySet()).containsExactlyInAnyOrder("feed", "token", "oldest");
      token = hello.getString("token");
      List<String> messages = untilEnd(client);
      assertThat(rows(messages)).containsExactly(1, 2, 3);
      assertThat(messages.get(0))
          .startsWith(
              "{\"snapshot\":{\"schema\":\"public\",\"table\":\"test_table\","
                  + "\"types\":{\"id\":\"integer\",\"name\":\"text\"},\"rows\":"
                  + "[{\"id\":1,\"name\":\"row 1\"},");
      JsonObject last = object(messages.get(messages.size() - 1)).getJsonObject("snapshot-end");
      assertThat(last.getInt("rows")).isEqualTo(3);
      end = last.getString("lsn");
      assertThat(client.next()).isEqualTo("{\"live\":{\"lsn\":\"" + end + "\"}}");
      insertAll(4);
      assertThat(ids(List.of(client.nextWithChange()))).containsExactly(4);
    }
    insertAll(5);
    try (StreamClient client = socket(QUERY + "&after=" + token + "." + end)) {
      assertThat(hello(client).getString("start")).isEqualTo(end);
      assertThat(ids(List.of(client.nextWithChange(), client.nextWithChange())))
          .containsExactly(4, 5);
    }
  }

  @Test
  void sendsRowsAndThenChangesAsEvents() throws Exception {
    insertAll(1, 2, 3);
    String id;
    try (EventsClient client = events(QUERY)) {
      List<Event> events = untilEnd(client);
      assertThat(events.stream().map(Event::name))
          .startsWith("hello", "snapshot")
          .endsWith("snapshot-end");
      assertThat(rows(events.stream().map(Event::data).toList())).containsExactly(1, 2, 3);
      Event last = events.remove(events.size() - 1);
      assertThat(events).allMatch(one -> one.id().isEmpty());
      id = last.id();
      String end = object(last.data()).getJsonObject("snapshot-end").getString("lsn");
      assertThat(id).endsWith("." + end);
      client.next("live");
    }
    insertAll(4);
    try (EventsClient client = events(QUERY, "Last-Event-ID", id)) {
      assertThat(client.next().name()).isEqualTo("hello");
      Event change = client.nextWithChange();
      assertThat(change.data()).contains("[4,\"row 4\"]");
      assertThat(change.id()).isNotEmpty();
    }
  }

  @Test
  void sendsSomeRowsAndThenTheirChanges() throws Exception {
    insertAll(1, 2, 3);
    database().execute("alter table test_table replica identity full");
    database().execute("insert into test_table values (4, null)");
    String some = QUERY + "&rows=public.test_table:or(name.eq.row%202,name.is.null,id.gt.7)";
    try (StreamClient client = socket(some)) {
      hello(client);
      assertThat(rows(untilEnd(client))).containsExactly(2, 4);
      client.next(); // live
      insertAll(5);
      database().execute("update test_table set id = id + 6 where id < 3");
      String change = client.nextWithChange();
      assertThat(change).contains("\"update\"", "[8,\"row 2\"]").doesNotContain("row 1", "row 5");
      database().execute("update test_table set name = 'other' where id = 8");
      assertThat(client.nextWithChange()).contains("[8,\"other\"]").doesNotContain("moved");
      database().execute("update test_table set name = 'none' where id = 4");
      assertThat(client.nextWithChange()).contains("\"delete\"", "\"moved\":true");
    }
  }

  @Test
  void answersAPullWithRows() throws Exception {
    insertAll(1, 2, 3);
    JsonObject answer = pulled(QUERY + "&limit-bytes=1");
    List<String> messages = messages(answer);
    assertThat(rows(messages)).containsExactly(1, 2, 3);
    JsonObject last = object(messages.get(messages.size() - 1));
    String end = last.getJsonObject("snapshot-end").getString("lsn");
    String position = answer.getString("position");
    assertThat(position).endsWith("." + end);
    insertAll(4);
    awaitRead();
    assertThat(ids(messages(pulled(QUERY + "&after=" + position)))).containsExactly(4);
    List<String> lines = pull(OTHER, "Accept", "application/x-ndjson").body().lines().toList();
    assertThat(rows(lines)).containsExactly(1, 2, 3, 4);
    assertThat(lines.get(lines.size() - 2)).startsWith("{\"snapshot-end\":{\"lsn\":\"");
    assertThat(lines.get(lines.size() - 1)).startsWith("{\"position\":\"");
  }

  /** On the same connection, and nothing says a position before the rows have ended. */
  @Test
  void goesOnWithRowsWhereThePositionIsNotThere() throws Exception {
    insertAll(1, 2);
    try (StreamClient client = socket(QUERY + "&after=0/1")) {
      hello(client);
      JsonObject refetch = object(client.next()).getJsonObject("must-refetch");
      assertThat(refetch.keySet()).containsExactlyInAnyOrder("reason", "oldest");
      assertThat(refetch.getString("reason")).isEqualTo("window");
      assertThat(rows(untilEnd(client))).containsExactly(1, 2);
      insertAll(3);
      assertThat(ids(List.of(client.nextWithChange()))).containsExactly(3);
    }
    try (EventsClient client = events(OTHER, "Last-Event-ID", "00000001.1.00000002.0/1")) {
      List<Event> events = untilEnd(client);
      assertThat(events.stream().map(Event::name)).startsWith("hello", "must-refetch", "snapshot");
      assertThat(rows(events.stream().map(Event::data).toList())).containsExactly(1, 2, 3);
    }
    List<String> messages = messages(pulled(OTHER + "&after=0/1"));
    assertThat(messages.get(0)).startsWith("{\"must-refetch\":{\"reason\":\"window\"");
    assertThat(rows(messages)).containsExactly(1, 2, 3);
  }

  /** It has no position then, so it begins anew. */
  @Test
  void beginsAnewWhereItIsCutBetweenTwoRows() throws Exception {
    database()
        .execute(
            "insert into test_table select i, repeat('x', 1000) from generate_series(1, 3000) i");
    try (EventsClient client = events(QUERY)) {
      assertThat(client.next().id()).isEmpty();
      assertThat(client.next().name()).isEqualTo("snapshot");
    }
    try (StreamClient client = socket(QUERY)) {
      hello(client);
      assertThat(rows(List.of(client.next()))).startsWith(1);
    }
    insert(3001, "later");
    awaitRead();
    try (EventsClient client = events(QUERY)) {
      List<Event> events = untilEnd(client);
      List<Integer> had = new ArrayList<>(rows(events.stream().map(Event::data).toList()));
      if (had.size() == 3000) { // of the rows that another one had asked for
        assertThat(client.nextWithChange().data()).contains("[3001,\"later\"]");
        had.add(3001);
      }
      assertThat(had).containsExactlyElementsOf(IntStream.rangeClosed(1, 3001).boxed().toList());
      assertThat(events).allMatch(one -> one.data().length() <= 64 * 1024);
    }
  }

  @Test
  void sendsTheRowsInEachFormat() throws Exception {
    insertAll(1);
    try (StreamClient client = socket(QUERY + "&format=2")) {
      hello(client);
      assertThat(rows(untilEnd(client))).containsExactly(1);
      insertAll(2);
      assertThat(client.next()).startsWith("{\"live\"");
      assertThat(client.next()).startsWith("{\"action\":\"B\"");
      assertThat(client.next()).startsWith("{\"action\":\"I\"");
      assertThat(client.next()).startsWith("{\"action\":\"C\"").contains("\"nextlsn\":\"");
    }
  }

  @Test
  void refusesWhatIsNoSnapshot() throws Exception {
    for (String value : List.of("2", "x", "-1", "true")) {
      HttpResponse<String> answer = pull("snapshot=" + value);
      assertThat(answer.statusCode()).isEqualTo(400);
      assertThat(answer.body()).contains("snapshot");
    }
    assertThat(pulled("snapshot=0").getJsonArray("messages")).isEmpty();
  }
}
