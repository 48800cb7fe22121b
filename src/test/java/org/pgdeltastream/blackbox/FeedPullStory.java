package org.pgdeltastream.blackbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.pgdeltastream.support.ServerClient.object;

import jakarta.json.JsonObject;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.pgdeltastream.support.ServerClient;
import org.pgdeltastream.support.Sql;

/** A feed by pull. */
abstract class FeedPullStory extends FeedStory {
  FeedPullStory(ServerClient server, Sql database) {
    super(server, database);
  }

  @Test
  void answersWithWhatThereIs() throws Exception {
    insertAll(1, 2);
    awaitRead();
    HttpResponse<String> answer = pull("after=oldest");
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    assertThat(answer.headers().firstValue("Content-Type").orElse(""))
        .startsWith("application/json");
    assertThat(answer.headers().firstValue("Cache-Control")).contains("no-store");
    JsonObject all = object(answer.body());
    assertThat(all.keySet()).containsExactlyInAnyOrder("messages", "position", "live");
    assertThat(ids(messages(all))).containsExactly(1, 2);
    assertThat(all.getBoolean("live")).isTrue();
    insertAll(3);
    awaitRead();
    assertThat(ids(messages(pulled("after=" + all.getString("position"))))).containsExactly(3);
  }

  @Test
  void answersInLines() throws Exception {
    insertAll(1, 2);
    awaitRead();
    HttpResponse<String> answer = pull("after=oldest", "Accept", "application/x-ndjson");
    assertThat(answer.headers().firstValue("Content-Type").orElse(""))
        .startsWith("application/x-ndjson");
    List<String> lines = answer.body().lines().toList();
    assertThat(lines).hasSize(3);
    assertThat(ids(lines.subList(0, 2))).containsExactly(1, 2);
    String position = object(lines.get(2)).getString("position");
    assertThat(object(lines.get(2)).getBoolean("live")).isTrue();
    assertThat(pull("after=" + position, "Accept", "application/x-ndjson").body())
        .matches("\\{\"position\":\"[^\"]+\",\"live\":true}\n");
  }

  @Test
  void waitsForSomethingAndNoLonger() throws Exception {
    awaitRead();
    String position = pulled("").getString("position");
    CompletableFuture<JsonObject> waiting =
        CompletableFuture.supplyAsync(
            () -> {
              try {
                return pulled("wait=25&after=" + position);
              } catch (Exception e) {
                throw new AssertionError(e);
              }
            });
    awaitSubscribers(1);
    assertThat(waiting).isNotDone();
    long start = System.nanoTime();
    insertAll(1);
    assertThat(ids(messages(waiting.get(20, TimeUnit.SECONDS)))).containsExactly(1);
    assertThat(System.nanoTime() - start).isLessThan(TimeUnit.SECONDS.toNanos(10));
    start = System.nanoTime();
    JsonObject nothing = pulled("wait=2");
    assertThat(System.nanoTime() - start)
        .isBetween(TimeUnit.MILLISECONDS.toNanos(1900), TimeUnit.SECONDS.toNanos(8));
    assertThat(messages(nothing)).isEmpty();
    assertThat(nothing.getBoolean("live")).isTrue();
    assertThat(lsn(nothing.getString("position").replaceFirst(".*\\.", "")))
        .isGreaterThan(lsn(position.replaceFirst(".*\\.", "")));
    awaitSubscribers(0);
  }

  @Test
  void endsALongAnswerWithATransaction() throws Exception {
    database().execute("insert into test_table values (1, 'one'), (2, 'two')");
    database().execute("insert into test_table values (3, 'three'), (4, 'four')");
    database().execute("insert into test_table values (5, 'five')");
    awaitRead();
    for (String format : List.of("1", "2")) {
      String query = "limit-bytes=1&format=" + format + "&after=";
      JsonObject first = pulled(query + "oldest");
      assertThat(first.getBoolean("live")).isFalse();
      assertThat(messages(first).toString()).contains("two").doesNotContain("three");
      JsonObject second = pulled(query + first.getString("position"));
      assertThat(messages(second).toString())
          .contains("three", "four")
          .doesNotContain("two", "five");
      assertThat(messages(second)).hasSize(format.equals("1") ? 1 : 4);
      JsonObject third = pulled(query + second.getString("position"));
      assertThat(messages(third).toString()).contains("five").doesNotContain("four");
      assertThat(messages(pulled(query + third.getString("position")))).isEmpty();
    }
  }

  @Test
  void saysWhyAPositionIsNoneHere() throws Exception {
    insertAll(1);
    awaitRead();
    String position = pulled("after=oldest").getString("position");
    assertRefetch("after=" + at(position, "0/1"), "window");
    assertRefetch("after=0/1&wait=5", "window");
    assertRefetch("after=" + position + "&columns=public.test_table:id", "view");
    assertRefetch(
        "after=" + (position.startsWith("0") ? "1" : "0") + position.substring(1), "system");
    assertRefetch("after=" + position.replaceFirst("\\.\\d+\\.", ".77."), "timeline");
  }

  private void assertRefetch(String query, String reason) throws Exception {
    for (String type : List.of("application/json", "application/x-ndjson")) {
      HttpResponse<String> answer = pull(query, "Accept", type);
      assertThat(answer.statusCode()).as(answer.body()).isEqualTo(410);
      JsonObject body = object(answer.body());
      assertThat(body.getString("code")).isEqualTo("must_refetch");
      assertThat(body.getString("reason")).isEqualTo(reason);
      for (String name : List.of("oldest", "position")) {
        String again =
            query
                .replaceFirst("after=[^&]*", "after=" + body.getString(name))
                .replace("&wait=5", "");
        assertThat(pull(again).statusCode()).isEqualTo(200);
      }
    }
  }

  @Test
  void refusesWhatItCannotRead() throws Exception {
    for (String query :
        List.of(
            "x=1",
            "wait=61",
            "wait=-1",
            "wait=x",
            "after=x",
            "after=oldest&after=now",
            "after=7f3a9c1e.1.0/1",
            "linger=5",
            "limit-bytes=67108865",
            "limit-bytes=x",
            "columns=test_table:id",
            "columns=public.test_table",
            "columns=public.test_table:",
            "columns=public.test_table:id;public.test_table:name",
            "actions=upsert",
            "format=3",
            "filter-origins=1",
            "max-message=1",
            "include-xids=2")) {
      HttpResponse<String> answer = pull(query);
      assertThat(answer.statusCode()).as(query).isEqualTo(400);
      assertThat(object(answer.body()).getString("code")).isEqualTo("bad_request");
    }
    HttpResponse<String> other = pull("after=now", "Accept", "text/html");
    assertThat(other.statusCode()).isEqualTo(406);
    assertThat(object(other.body()).getString("code")).isEqualTo("bad_request");
  }

  @Test
  void answersWithLargeMessages() throws Exception {
    String text = "é☃😀 ".repeat(300_000);
    insert(1, text);
    database()
        .execute(
            "insert into test_table select i, repeat('é' || i, 1700)"
                + " from generate_series(10, 999) i");
    insertAll(2);
    awaitRead();
    List<String> messages = messages(pulled("after=oldest&limit-bytes=67108864"));
    assertThat(messages).hasSize(3);
    assertThat(object(messages.get(0)).toString()).contains(text);
    assertThat(ids(messages)).hasSize(992).startsWith(1, 10).endsWith(999, 2);
    List<String> lines = new ArrayList<>();
    String after = "oldest";
    String live = "false";
    while (live.equals("false")) {
      List<String> some =
          pull("format=2&after=" + after, "Accept", "application/x-ndjson").body().lines().toList();
      lines.addAll(some.subList(0, some.size() - 1));
      JsonObject end = object(some.get(some.size() - 1));
      after = end.getString("position");
      live = String.valueOf(end.getBoolean("live"));
    }
    assertThat(lines).hasSize(3 + 2 + 990 + 3);
  }

  /** A chain of pulls, while others write: everything once, in order. */
  @Test
  void losesNothingBetweenPulls() throws Exception {
    String after = pulled("after=oldest").getString("position");
    CompletableFuture<Void> writing =
        CompletableFuture.runAsync(
            () -> {
              try {
                for (int i = 0; i < 100; i++) {
                  insertAll(i);
                }
              } catch (Exception e) {
                throw new AssertionError(e);
              }
            });
    List<Integer> had = new ArrayList<>();
    while (had.size() < 100) {
      JsonObject some = pulled("wait=5&limit-bytes=300&after=" + after);
      after = some.getString("position");
      had.addAll(ids(messages(some)));
      assertThat(messages(some).isEmpty() && writing.isDone()).isFalse();
    }
    writing.get(20, TimeUnit.SECONDS);
    assertThat(had).hasSize(100).isSorted().doesNotHaveDuplicates();
  }
}
