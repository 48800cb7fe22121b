package org.pgdeltastream.slot;

import static org.assertj.core.api.Assertions.assertThat;

import jakarta.json.Json;
import jakarta.json.JsonArray;
import jakarta.json.JsonObject;
import jakarta.json.JsonReader;
import java.io.StringReader;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.pgdeltastream.change.OutputPlugin;
import org.pgdeltastream.support.NeedsWal2Json;
import org.pgdeltastream.support.TestDatabase;

/** What went wrong for users of similar programs, by the issue in which it was told. */
@NeedsWal2Json
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class PeerTroublePostgresIT {
  private TwoPlugins plugins;

  @BeforeAll
  void start() throws Exception {
    plugins = new TwoPlugins(TestDatabase.system());
    plugins.run("create publication everything for all tables");
  }

  @AfterAll
  void stop() throws Exception {
    plugins.database().close();
  }

  @BeforeEach
  void begin() throws Exception {
    plugins.run("drop schema if exists t cascade", "create schema t");
    plugins.begin();
  }

  @AfterEach
  void end() throws Exception {
    plugins.end();
  }

  /** eulerto/wal2json#296: a type's name that needs quotes made invalid JSON. */
  @Test
  void writesTypeNamesThatNeedQuotesAsJson() throws Exception {
    plugins.run(
        "drop schema if exists \"t,\"\"t\\\" cascade",
        "create schema \"t,\"\"t\\\"",
        "create type t.\"Mood Ring\" as enum ('a')",
        "create type \"t,\"\"t\\\".mood as enum ('a')",
        "create type \"t,\"\"t\\\".\"\"\",\\\" as enum ('a')",
        "create domain \"t,\"\"t\\\".\"D\"\"]\" as \"t,\"\"t\\\".\"\"\",\\\"",
        "create table t.a (id \"t,\"\"t\\\".\"D\"\"]\", m t.\"Mood Ring\","
            + " n \"t,\"\"t\\\".mood, o \"t,\"\"t\\\".\"\"\",\\\"[], c \"char\","
            + " p \"t,\"\"t\\\".\"\"\",\\\"[], primary key (id, n, p))",
        "insert into t.a values ('a', 'a', 'a', '{a}', 'c', '{a}')",
        "update t.a set c = 'd'",
        "alter table t.a replica identity full",
        "update t.a set c = 'e'",
        "delete from t.a");
    for (OutputPlugin plugin : OutputPlugin.values()) {
      JsonArray types =
          change(plugin, "skip-empty-xacts=1").getJsonObject("oldkeys").getJsonArray("keytypes");
      assertThat(strings(types))
          .containsExactly(
              "\"t,\"\"t\\\".\"D\"\"]\"",
              "t.\"Mood Ring\"",
              "\"t,\"\"t\\\".mood",
              "\"t,\"\"t\\\".\"\"\",\\\"[]",
              "char",
              "\"t,\"\"t\\\".\"\"\",\\\"[]");
    }
    for (String options :
        List.of("", "include-type-oids=1", "include-typmod=0", "include-domain-data-type=1")) {
      plugins.compare(options);
      plugins.compare("format=2&include-pk=1" + (options.isEmpty() ? "" : "&" + options));
    }
    plugins.run("drop schema \"t,\"\"t\\\" cascade");
  }

  /** eulerto/wal2json#106: filtered-out transactions came empty, in thousands. */
  @Test
  void sendsNothingOfFilteredOutTransactionsIfAskedSo() throws Exception {
    plugins.run(
        "create table t.a (id int primary key)",
        "create table t.b (id int primary key)",
        "do $$ begin for i in 1..1000 loop insert into t.b values (i); commit; end loop; end $$",
        "create materialized view t.m as select * from t.b",
        "refresh materialized view t.m",
        "truncate t.b",
        "insert into t.a values (1)");
    for (OutputPlugin plugin : OutputPlugin.values()) {
      String filter = "add-tables=t.a&skip-empty-xacts=1";
      assertThat(plugins.texts(plugin, filter)).hasSize(1);
      assertThat(plugins.texts(plugin, "format=2&" + filter)).hasSize(3);
    }
  }

  /** eulerto/wal2json#99: a client could not tell a left-out TOAST value from a dropped column. */
  @Test
  void namesTheColumnsThatAnUpdateLeftOut() throws Exception {
    updateBesideALargeValue("default");
    assertThat(change(OutputPlugin.PGOUTPUT, "include-unchanged-toast=1"))
        .containsEntry("unchanged", Json.createArrayBuilder().add("big").build());
  }

  /** supabase/realtime#542: the unchanged TOAST value was missing although it was logged. */
  @Test
  void hasAnUnchangedLargeValueInTheOldRowWhereItIsLogged() throws Exception {
    updateBesideALargeValue("full");
    for (OutputPlugin plugin : OutputPlugin.values()) {
      JsonObject change = change(plugin, "skip-empty-xacts=1");
      assertThat(strings(change.getJsonArray("columnnames"))).containsExactly("id", "v");
      JsonObject old = change.getJsonObject("oldkeys");
      assertThat(strings(old.getJsonArray("keynames"))).containsExactly("id", "big", "v");
      assertThat(old.getJsonArray("keyvalues").getString(1)).hasSize(9000);
    }
  }

  private void updateBesideALargeValue(String identity) throws Exception {
    plugins.run(
        "create table t.a (id int primary key, big text, v int)",
        "alter table t.a alter big set storage external",
        "alter table t.a replica identity " + identity,
        "insert into t.a values (1, repeat('x', 9000), 1)",
        "update t.a set v = 2");
  }

  /** sequinstream/sequin#1268: arrays of nested JSON could not be decoded. */
  @Test
  void writesArraysOfNestedJsonSoThatPostgresReadsThemBack() throws Exception {
    String nested =
        "array['{\"error\": \"** (exit) {:via, \\\"a\\\\b\\\"}\\nnext\", \"at\": [{\"é\": null}]}',"
            + " null, '\"😀\"', '{}']::jsonb[]";
    plugins.run(
        "create table t.a (id int primary key, j jsonb[], k json[])",
        "insert into t.a values (1, %1$s, (%1$s)::text[]::json[])".formatted(nested));
    for (OutputPlugin plugin : OutputPlugin.values()) {
      JsonArray values = change(plugin, "skip-empty-xacts=1").getJsonArray("columnvalues");
      String quoted = values.getString(1).replace("'", "''");
      assertThat(plugins.database().text("select j = '" + quoted + "'::jsonb[] from t.a"))
          .isEqualTo("t");
    }
    plugins.compare("");
    plugins.compare("format=2");
  }

  /** The last change of the last transaction; there must be valid JSON around it. */
  private JsonObject change(OutputPlugin plugin, String options) throws Exception {
    List<String> texts = plugins.texts(plugin, options);
    JsonArray changes = parse(texts.get(texts.size() - 1)).getJsonArray("change");
    return changes.getJsonObject(changes.size() - 1);
  }

  private static JsonObject parse(String text) {
    try (JsonReader reader = Json.createReader(new StringReader(text))) {
      return reader.readObject();
    }
  }

  private static List<String> strings(JsonArray array) {
    return array.getValuesAs(jakarta.json.JsonString::getString);
  }
}
