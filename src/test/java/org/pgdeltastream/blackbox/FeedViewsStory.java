package org.pgdeltastream.blackbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.pgdeltastream.support.ServerClient.object;

import jakarta.json.JsonObject;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.pgdeltastream.support.EventsClient;
import org.pgdeltastream.support.ServerClient;
import org.pgdeltastream.support.Sql;
import org.pgdeltastream.support.StreamClient;

/** What a subscriber chooses to see, in all three ways. */
abstract class FeedViewsStory extends FeedStory {
  FeedViewsStory(ServerClient server, Sql database) {
    super(server, database);
  }

  private void work() throws Exception {
    insertAll(1);
    database().execute("insert into other_table values (1, 'other')");
    database().execute("update test_table set name = 'changed' where id = 1");
    database().execute("delete from test_table where id = 1");
    database()
        .execute("begin; insert into test_table values (9, 'end'); delete from test_table; commit");
    awaitRead();
  }

  /** All messages with changes of that view, up to the last, and the same from every way. */
  private List<String> seen(String query) throws Exception {
    List<String> pulled =
        messages(pulled("after=oldest&" + query)).stream()
            .filter(message -> !message.contains("\"change\":[]"))
            .toList();
    List<String> received = new ArrayList<>();
    List<String> events = new ArrayList<>();
    try (StreamClient socket = socket("after=oldest&" + query);
        EventsClient stream = events("after=oldest&" + query)) {
      hello(socket);
      for (int i = 0; i < pulled.size(); i++) {
        received.add(socket.nextWithChange());
        events.add(stream.nextWithChange().data());
      }
    }
    assertThat(received).isEqualTo(events);
    assertThat(received.stream().map(one -> ServerClient.object(one).toString()).toList())
        .isEqualTo(pulled);
    return received;
  }

  @Test
  void choosesTables() throws Exception {
    work();
    assertThat(seen("")).hasSize(5);
    assertThat(seen("add-tables=public.other_table"))
        .singleElement()
        .asString()
        .contains("[1,\"other\"]");
    assertThat(seen("filter-tables=public.other_table")).hasSize(4);
    assertThat(seen("add-tables=*.test_table&filter-tables=public.*")).isEmpty();
  }

  @Test
  void choosesActionsAndColumns() throws Exception {
    work();
    assertThat(seen("actions=delete")).hasSize(2).allMatch(one -> one.contains("\"delete\""));
    assertThat(seen("actions=insert,update").toString()).doesNotContain("\"delete\"");
    List<String> some = seen("columns=public.test_table:id");
    assertThat(some).hasSize(5);
    assertThat(some.get(0)).contains("\"columnnames\":[\"id\"]").doesNotContain("row 1");
    assertThat(some.get(1)).contains("other");
    List<String> names =
        seen(
            "format=2&include-types=0&add-tables=public.test_table&columns=public.test_table:name");
    assertThat(names).hasSize(13).filteredOn(one -> one.contains("\"name\":\"id\"")).hasSize(3);
    assertThat(names.get(1)).contains("[{\"name\":\"name\",\"value\":\"row 1\"}]");
    assertThat(names.get(4))
        .contains("[{\"name\":\"name\",\"value\":\"changed\"}]")
        .contains("\"identity\":[{\"name\":\"id\",\"value\":1}]");
  }

  @Test
  void choosesRows() throws Exception {
    database().execute("alter table test_table replica identity full");
    database().execute("insert into test_table values (1, 'a'), (2, 'b,c'), (3, null)");
    database().execute("update test_table set name = 'a' where id = 2");
    database().execute("update test_table set name = 'd' where id = 1");
    database().execute("insert into other_table values (1, 'other')");
    awaitRead();
    List<String> some = seen("rows=public.test_table:name=eq.a");
    assertThat(some).hasSize(4);
    assertThat(some.get(0)).contains("\"insert\"", "[1,\"a\"]").doesNotContain("b,c", "moved");
    assertThat(some.get(1)).contains("\"insert\"", "[2,\"a\"]", "\"moved\":true");
    assertThat(some.get(2)).contains("\"delete\"", "[1,\"a\"]", "\"moved\":true");
    assertThat(some.get(3)).contains("other");
    String both =
        "rows=public.test_table:and(name.in.(%22b,c%22,d),id.lt.3)&rows=public.other_table:id=gt.1";
    assertThat(seen("format=2&include-transaction=0&" + both).toString())
        .contains("\"value\":\"b,c\"", "\"action\":\"D\"", "\"value\":\"d\"", "\"moved\":true")
        .doesNotContain("other_table");
    assertThat(seen("actions=insert&rows=public.test_table:name=is.null").toString())
        .contains("[3,null]");
  }

  @Test
  void refusesRowsThatCannotBeDecided() throws Exception {
    HttpResponse<String> identity = pull("rows=public.test_table:name=eq.refused");
    assertThat(identity.statusCode()).isEqualTo(409);
    assertThat(object(identity.body()).getString("code")).isEqualTo("identity_insufficient");
    assertThat(object(identity.body()).getString("hint"))
        .contains("ALTER TABLE \"public\".\"test_table\" REPLICA IDENTITY FULL");
    for (String wrong :
        List.of(
            "test_table:id=eq.1",
            "public.test_table:id=eq.x",
            "public.none:id=eq.1",
            "public.test_table:id=1",
            "public.test_table:none=eq.1")) {
      assertThat(pull("rows=" + wrong).statusCode()).as(wrong).isEqualTo(400);
    }
    assertThat(pull("rows=public.test_table:id=eq.1&add-tables=public.other_table").body())
        .contains("leave it out");
  }

  @Test
  void explainsWhyARowIsNotShown() throws Exception {
    insertAll(1);
    String query = "/explain?rows=public.test_table:and(id.lt.5,id.neq.1)";
    String row = "{\"table\":\"public.test_table\",\"row\":\"id=eq.1\"}";
    HttpResponse<String> answer = server().post(FEED + query, "application/json", row);
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    JsonObject why = object(answer.body());
    assertThat(why.getBoolean("rowIsThere")).isTrue();
    assertThat(why.getBoolean("rowIsSelected")).isFalse();
    assertThat(why.getJsonObject("comparisons").toString())
        .isEqualTo("{\"\\\"id\\\".lt.\\\"5\\\"\":\"true\",\"\\\"id\\\".neq.\\\"1\\\"\":\"false\"}");
    assertThat(server().post(FEED + query, "application/json", "{}").statusCode()).isEqualTo(400);
    assertThat(server().post("/v1/feeds/none" + query, "application/json", row).statusCode())
        .isEqualTo(404);
  }

  @Test
  void choosesDetails() throws Exception {
    work();
    String detailed =
        seen("include-xids=1&include-timestamp=1&include-pk=1&include-type-oids=1&include-lsn=1")
            .get(0);
    assertThat(detailed)
        .contains("\"xid\":", "\"timestamp\":\"", "\"pk\":{", "\"columntypeoids\":");
    assertThat(seen("include-types=0&include-schemas=0").get(0))
        .doesNotContain("columntypes", "\"schema\"");
    assertThat(seen("format=2&include-transaction=0").toString())
        .doesNotContain("\"action\":\"B\"");
  }

  @Test
  void sendsLogicalMessages() throws Exception {
    database().execute("select pg_logical_emit_message(true, 'mine', 'said')");
    database().execute("select pg_logical_emit_message(false, 'other', 'said too')");
    insertAll(1);
    awaitRead();
    assertThat(seen("add-msg-prefixes=mine").toString())
        .contains("\"prefix\":\"mine\"")
        .doesNotContain("\"other\"");
    assertThat(seen("filter-msg-prefixes=mine").toString()).contains("\"other\"");
  }

  /** The end of the one is the start of the other's commit in the WAL. */
  @Test
  void keepsTheTransactionThatCommitsRightBehindAMessage() throws Exception {
    for (int id = 1; id <= 3; id++) {
      database()
          .execute(
              "do $$ begin insert into test_table values (%d, 'kept');".formatted(id)
                  + " perform pg_logical_emit_message(false, 'mine', 'said'); end $$");
    }
    awaitRead();
    JsonObject all = pulled("after=oldest");
    assertThat(messages(all)).filteredOn(one -> one.contains("kept")).hasSize(3);
    assertThat(messages(all)).filteredOn(one -> one.contains("said")).hasSize(3);
    assertThat(seen("format=2").toString()).contains("\"action\":\"M\"", "kept");
    database().execute("select pg_logical_emit_message(false, 'mine', 'last')");
    awaitRead();
    JsonObject rest = pulled("after=" + all.getString("position"));
    assertThat(messages(rest)).hasSize(1).first().asString().contains("last");
    assertThat(messages(pulled("after=" + rest.getString("position")))).isEmpty();
  }

  @Test
  void sharesWhatIsEqual() throws Exception {
    try (StreamClient one = socket("filter-tables=public.other_table");
        StreamClient two = socket("filter-tables=public.other_table");
        StreamClient other = socket("add-tables=public.other_table")) {
      hello(one);
      hello(two);
      hello(other);
      assertThat(report().getInt("subscribers")).isEqualTo(3);
      assertThat(report().getInt("views")).isEqualTo(2);
      insertAll(1);
      database().execute("insert into other_table values (7, 'seven')");
      String seen = one.nextWithChange();
      assertThat(seen).contains("row 1").isEqualTo(two.nextWithChange());
      assertThat(other.nextWithChange()).contains("seven").doesNotContain("row 1");
    }
    awaitSubscribers(0);
  }

  @Test
  void gathersWhatLingers() throws Exception {
    try (StreamClient client = socket("linger=500")) {
      hello(client);
      insertAll(1, 2, 3, 4, 5);
      for (int i = 1; i <= 5; i++) {
        assertThat(client.nextWithChange()).contains("row " + i);
      }
    }
  }
}
