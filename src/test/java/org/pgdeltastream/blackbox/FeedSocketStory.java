package org.pgdeltastream.blackbox;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.pgdeltastream.support.RawClient.BINARY;
import static org.pgdeltastream.support.RawClient.CLOSE;
import static org.pgdeltastream.support.RawClient.PING;
import static org.pgdeltastream.support.RawClient.PONG;
import static org.pgdeltastream.support.RawClient.TEXT;
import static org.pgdeltastream.support.ServerClient.nextLsn;
import static org.pgdeltastream.support.ServerClient.object;

import jakarta.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.pgdeltastream.support.RawClient;
import org.pgdeltastream.support.ServerClient;
import org.pgdeltastream.support.Sql;
import org.pgdeltastream.support.StreamClient;

/** A feed through a websocket. */
abstract class FeedSocketStory extends FeedStory {
  FeedSocketStory(ServerClient server, Sql database) {
    super(server, database);
  }

  /** The ids of the next rows. */
  private static List<Integer> nextIds(StreamClient client, int count) throws Exception {
    List<String> messages = new ArrayList<>();
    while (ids(messages).size() < count) {
      messages.add(client.nextWithChange());
    }
    return ids(messages);
  }

  @Test
  void saysHelloFirstAndOnceThatItIsLive() throws Exception {
    insertAll(1, 2);
    awaitRead();
    try (StreamClient client = socket("after=oldest")) {
      JsonObject hello = hello(client);
      assertThat(hello.keySet()).containsExactlyInAnyOrder("feed", "token", "start", "oldest");
      assertThat(hello.getString("feed")).isEqualTo("story");
      assertThat(hello.getString("start")).isEqualTo(hello.getString("oldest"));
      String first = client.next();
      assertThat(first).startsWith("{\"nextlsn\":\"").contains("[1,\"row 1\"]");
      assertThat(client.next()).contains("[2,\"row 2\"]");
      String live = client.next();
      assertThat(live).startsWith("{\"live\":{\"lsn\":\"");
      insertAll(3, 4);
      assertThat(client.next()).contains("[3,\"row 3\"]");
      assertThat(client.next()).contains("[4,\"row 4\"]");
    }
  }

  @Test
  void beginsWithWhatComesNow() throws Exception {
    insertAll(1, 2);
    awaitRead();
    try (StreamClient client = socket("")) {
      hello(client);
      assertThat(client.next()).startsWith("{\"live\":");
      insertAll(3);
      assertThat(client.next()).contains("[3,\"row 3\"]");
    }
  }

  @Test
  void sendsAMessageForEachChangeInFormatTwo() throws Exception {
    try (StreamClient client = socket("format=2&include-lsn=1")) {
      hello(client);
      assertThat(client.next()).startsWith("{\"live\":");
      insertAll(1);
      assertThat(client.next()).startsWith("{\"action\":\"B\"");
      assertThat(client.next()).startsWith("{\"action\":\"I\"").contains("\"row 1\"");
      assertThat(client.next()).startsWith("{\"action\":\"C\"").contains("\"nextlsn\":\"");
    }
  }

  @Test
  void goesOnBehindAnyPosition() throws Exception {
    insertAll(1, 2, 3, 4, 5);
    List<String> positions = new ArrayList<>();
    String token;
    try (StreamClient client = socket("after=oldest")) {
      token = hello(client).getString("token");
      for (int i = 0; i < 5; i++) {
        positions.add(nextLsn(client.nextWithChange()));
      }
    }
    insertAll(6);
    for (int had = 1; had <= 5; had++) {
      try (StreamClient client = socket("after=" + token + "." + positions.get(had - 1))) {
        assertThat(hello(client).getString("start")).isEqualTo(positions.get(had - 1));
        assertThat(nextIds(client, 6 - had).get(0)).isEqualTo(had + 1);
      }
    }
    try (StreamClient client = socket("format=2&after=" + token + "." + positions.get(3))) {
      hello(client);
      assertThat(client.next()).contains("\"action\":\"B\""); // the format is no part of it
      assertThat(client.next()).contains("row 5");
    }
    try (StreamClient client = socket("after=" + positions.get(4))) {
      hello(client);
      assertThat(client.next()).contains("row 6");
    }
  }

  @Test
  void saysWhyAPositionIsNoneHere() throws Exception {
    insertAll(1);
    awaitRead();
    String token;
    try (StreamClient client = socket("after=oldest")) {
      token = hello(client).getString("token");
    }
    String lsn = report().getString("position");
    String otherSystem = (token.startsWith("0") ? "1" : "0") + token.substring(1);
    assertRefetch(otherSystem + "." + lsn, "system");
    assertRefetch(token.replaceFirst("\\.\\d+\\.", ".77.") + "." + lsn, "timeline");
    assertRefetch(token + "." + lsn, "view", "filter-tables=public.other_table");
    assertRefetch(token + ".0/1", "window");
    assertRefetch("0/1", "window");
  }

  private void assertRefetch(String after, String reason, String... more) throws Exception {
    try (StreamClient client = socket("after=" + after + "&" + String.join("&", more))) {
      JsonObject said = object(client.next()).getJsonObject("must-refetch");
      assertThat(said.getString("reason")).isEqualTo(reason);
      assertThat(client.closed().code()).isEqualTo(4502);
      assertThat(client.closed().reason()).startsWith("position_lost: ").contains(reason);
      for (String name : List.of("oldest", "position")) {
        String next = said.getString(name);
        try (StreamClient again = socket("after=" + next + "&" + String.join("&", more))) {
          assertThat(next).endsWith("." + hello(again).getString("start"));
        }
      }
    }
  }

  @Test
  void answersPingsAndAGoodbye() throws Exception {
    try (RawClient client = RawClient.open(server().socketUrl(FEED + "/stream?after=now"))) {
      client.send(PING, "one");
      assertThat(client.next(PONG).payload()).isEqualTo("one");
      client.send(TEXT, "{\"lsn\":\"0/1\"}"); // is not needed, and does no harm
      client.send(PING, "x".repeat(125));
      assertThat(client.next(PONG).payload()).isEqualTo("x".repeat(125));
      client.send(CLOSE, new byte[] {0x0F, (byte) 0xA1, 'b', 'y', 'e'});
      assertThat(client.next(CLOSE).code()).isEqualTo(4001);
      client.awaitEnd();
    }
    awaitSubscribers(0);
    RawClient vanishes = RawClient.open(server().socketUrl(FEED + "/stream?after=now"));
    awaitSubscribers(1);
    vanishes.close();
    awaitSubscribers(0);
  }

  @Test
  void takesNothingButShortText() throws Exception {
    assertThat(codeAfter(BINARY, 1)).isEqualTo(1003);
    assertThat(codeAfter(TEXT, 8_449)).isEqualTo(1009);
    awaitSubscribers(0);
  }

  private int codeAfter(int opcode, int length) throws Exception {
    try (RawClient client = RawClient.open(server().socketUrl(FEED + "/stream?after=now"))) {
      client.send(opcode, " ".repeat(length).getBytes(UTF_8));
      int code = client.next(CLOSE).code();
      client.send(CLOSE, new byte[] {(byte) (code >> 8), (byte) code});
      return code;
    }
  }

  /** They go over the logs' pieces, and in the container's parts. */
  @Test
  void sendsLargeMessages() throws Exception {
    try (StreamClient client = socket("after=now");
        StreamClient actions = socket("after=now&format=2")) {
      hello(client);
      hello(actions);
      String text = "é☃😀 ".repeat(300_000);
      insert(1, text);
      assertThat(client.nextWithChange()).contains("\"" + text + "\"").endsWith("\"}");
      database()
          .execute(
              "insert into test_table select i, repeat('é' || i, 1700)"
                  + " from generate_series(10, 999) i");
      String transaction = client.nextWithChange();
      assertThat(transaction.length()).isGreaterThan(5_000_000);
      assertThat(ids(List.of(transaction))).hasSize(990).startsWith(10).endsWith(999);
      insertAll(2);
      assertThat(client.nextWithChange()).contains("[2,\"row 2\"]");
      int messages = 0;
      String last = actions.next();
      while (!last.contains("\"row 2\"")) {
        messages++;
        last = actions.next();
      }
      assertThat(messages).isEqualTo(1 + 3 + 2 + 990 + 1);
    }
  }

  @Test
  void servesManyWhoReadAtTheirOwnPace() throws Exception {
    String slow = server().socketUrl(FEED + "/stream?after=now");
    try (RawClient stuck = RawClient.open(slow, 4096);
        StreamClient client = socket("after=now")) {
      hello(client);
      awaitSubscribers(2);
      for (int i = 0; i < 12; i++) {
        insert(i, "x".repeat(1_000_000));
        assertThat(client.nextWithChange()).contains("[" + i + ",");
      }
      await("the stuck client to be let go")
          .atMost(SOON)
          .until(() -> report().getInt("subscribers") == 1);
      assertThat(stuck).isNotNull(); // its connection is the container's to end
    }
  }
}
