package org.pgdeltastream.slot;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.change.OutputPlugin;
import org.pgdeltastream.encoder.RecordingOutput.Message;
import org.pgdeltastream.support.NeedsWal2Json;
import org.pgdeltastream.support.Seeds;
import org.pgdeltastream.support.TestDatabase;

/**
 * The same log through pgoutput and this program, and through wal2json: byte for byte the same in
 * both formats and with every option, except for what {@link KnownDifferences} names.
 */
@NeedsWal2Json
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class DifferentialPostgresIT {
  /** Right for tables that were altered since. */
  private static final List<String> FROM_THE_STREAM =
      List.of(
          "",
          "include-xids=1&include-timestamp=1&include-origin=1&include-type-oids=1"
              + "&include-typmod=0&include-domain-data-type=1",
          "include-schemas=0&include-types=0&include-domain-data-type=1&include-xids=1",
          "format=2",
          "format=2&include-xids=1&include-timestamp=1&include-origin=1&include-lsn=1"
              + "&include-type-oids=1&include-domain-data-type=1",
          "format=2&include-schemas=0&include-types=0&include-transaction=0&skip-empty-xacts=1",
          "format=2&actions=update,%20truncate,delete&skip-empty-xacts=1");

  /** As the catalog has it when a table is first seen. */
  private static final List<String> FROM_THE_CATALOG =
      List.of(
          "include-not-null=1&include-default=1&include-column-positions=1"
              + "&include-domain-data-type=1",
          "include-not-null=1&include-types=0&include-column-positions=1",
          "format=2&include-not-null=1&include-default=1&include-column-positions=1&include-pk=1"
              + "&include-type-oids=1");

  private TwoPlugins plugins;

  @BeforeAll
  void start() throws Exception {
    plugins = new TwoPlugins(TestDatabase.system(Map.of("max_prepared_transactions", "5")));
    plugins.run(Samples.SETUP.toArray(new String[0]));
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

  /** Compares what both say in every way, and answers how pgoutput says it usually. */
  private List<String> compare() throws Exception {
    for (String options : FROM_THE_STREAM) {
      List<String> same = plugins.compare(options);
      if (!options.contains("actions=")) { // which may leave nothing
        assertThat(same).as(options).isNotEmpty();
      }
    }
    return plugins.texts(OutputPlugin.PGOUTPUT, "");
  }

  private List<String> compareWithCatalog() throws Exception {
    for (String options : FROM_THE_CATALOG) {
      plugins.compare(options);
    }
    return compare();
  }

  @Test
  void everyTypeAtItsEdges() throws Exception {
    List<String> texts = new ArrayList<>();
    List<String> types = Samples.types();
    for (int i = 0; i < types.size(); i++) {
      String table = "t.type_" + i;
      texts.add("create table %s (id serial primary key, v %s)".formatted(table, types.get(i)));
      texts.add("alter table %s replica identity full".formatted(table));
      for (String value : Samples.values(types.get(i))) {
        texts.add("insert into %s (v) values (%s)".formatted(table, value));
      }
      if (!types.get(i).equals("d_d_int")) {
        texts.add("insert into %s (v) values (null)".formatted(table));
      }
      texts.add("update %s set v = (select v from %s where id = 1)".formatted(table, table));
      texts.add("delete from %s".formatted(table));
    }
    plugins.run(texts.toArray(new String[0]));
    assertThat(compareWithCatalog()).hasSizeGreaterThan(types.size() * 3);
  }

  @Test
  void everyTypeInOneRow() throws Exception {
    List<String> types = Samples.types();
    StringBuilder columns = new StringBuilder();
    for (int i = 0; i < types.size(); i++) {
      columns.append(", c").append(i).append(' ').append(types.get(i));
    }
    String values =
        types.stream().map(type -> Samples.values(type).get(0)).collect(Collectors.joining(", "));
    plugins.run(
        "create table t.wide (id int primary key" + columns + ")",
        "insert into t.wide values (1, " + values + ")",
        "update t.wide set id = 2",
        "update t.wide set c0 = null",
        "delete from t.wide");
    assertThat(compareWithCatalog()).hasSize(4);
  }

  @Test
  void namesThatNeedQuotes() throws Exception {
    plugins.run(
        "create schema \"t \"\"x\"\"\"",
        "create table \"t \"\"x\"\"\".\"Mixed Case\" (\"Id\" int, \"b\\c\" text, \"日本\" int,"
            + " \"select\" int, primary key (\"Id\", \"日本\"))",
        "insert into \"t \"\"x\"\"\".\"Mixed Case\" values (1, 'a', 2, 3)",
        "update \"t \"\"x\"\"\".\"Mixed Case\" set \"日本\" = 4",
        "delete from \"t \"\"x\"\"\".\"Mixed Case\"");
    assertThat(compareWithCatalog()).hasSize(3);
    plugins.run("drop schema \"t \"\"x\"\"\" cascade");
  }

  @Test
  void eachReplicaIdentity() throws Exception {
    plugins.run(
        "create table t.d (id int, k int not null, v text, n int, primary key (n, id))",
        "create table t.f (id int primary key, k int, v text)",
        "alter table t.f replica identity full",
        "create table t.i (id int primary key, k int not null, v text)",
        "create unique index i_k on t.i (k)",
        "alter table t.i replica identity using index i_k",
        "create table t.n (id int primary key, v text)",
        "alter table t.n replica identity nothing",
        "create table t.none (v text)",
        "create table t.empty ()",
        "create table t.ff (v text, w int)",
        "alter table t.ff replica identity full",
        "insert into t.d values (1, 2, 'x', 3), (2, 2, null, 3)",
        "update t.d set v = 'y'",
        "update t.d set id = id + 10, n = 4",
        "update t.d set n = n",
        "delete from t.d",
        "insert into t.f values (1, null, 'x')",
        "update t.f set k = 1",
        "update t.f set id = 2, v = null",
        "delete from t.f",
        "insert into t.i values (1, 2, 'x')",
        "update t.i set v = 'y'",
        "update t.i set id = 3",
        "update t.i set k = 5",
        "delete from t.i",
        "insert into t.n values (1, 'x')",
        "insert into t.none values (null)",
        "insert into t.empty default values",
        "insert into t.ff values (null, null), ('a', 1)",
        "update t.ff set w = 2",
        "delete from t.ff");
    assertThat(compareWithCatalog()).hasSize(20);
  }

  @Test
  void replicaIdentityChangedInMidStream() throws Exception {
    plugins.run(
        "create table t.a (id int primary key, k int not null unique, v text)",
        "insert into t.a values (1, 1, 'x')",
        "update t.a set v = 'y'",
        "alter table t.a replica identity full",
        "update t.a set v = 'z'",
        "begin; alter table t.a replica identity using index a_k_key; update t.a set k = 3;"
            + " alter table t.a replica identity default; update t.a set id = 9; commit",
        "delete from t.a");
    assertThat(compare()).hasSize(5);
  }

  @Test
  void unchangedToast() throws Exception {
    String big = "(select string_agg(md5(i::text), '') from generate_series(1, 3000) i)";
    for (String identity : List.of("default", "full")) {
      String table = "t.toast_" + identity;
      plugins.run(
          "create table %s (id int primary key, big text, other int, more text)".formatted(table),
          "alter table %s alter big set storage external".formatted(table),
          "alter table %s replica identity %s".formatted(table, identity),
          "insert into %s values (1, %s, 1, %s)".formatted(table, big, big),
          "update %s set other = 2".formatted(table),
          "update %s set id = 2".formatted(table),
          "update %s set more = 'short'".formatted(table),
          "delete from " + table);
    }
    plugins.run(
        "create table t.toast_key (k text primary key, v int)",
        "alter table t.toast_key alter k set storage external",
        "insert into t.toast_key select left(string_agg(md5(i::text), ''), 2400), 1"
            + " from generate_series(1, 90) i",
        "update t.toast_key set v = 2",
        "update t.toast_key set k = 'x'",
        "delete from t.toast_key");
    assertThat(compareWithCatalog()).hasSize(14);
  }

  @Test
  void partitionsAndInheritance() throws Exception {
    plugins.run(
        "create table t.p (id int, region text, v int, primary key (id, region))"
            + " partition by list (region)",
        "create table t.p_a partition of t.p for values in ('a')",
        "create table t.p_b (v int, extra int, region text not null, id int not null)",
        "alter table t.p_b drop column extra",
        "alter table t.p attach partition t.p_b for values in ('b')",
        "insert into t.p values (1, 'a', 1), (2, 'b', 2)",
        "update t.p set v = 3",
        "update t.p set region = 'b' where id = 1",
        "alter table t.p detach partition t.p_a",
        "insert into t.p_a values (9, 'z', 1)",
        "delete from t.p",
        "create table t.parent (id int primary key, v text)",
        "create table t.child (w int, primary key (id)) inherits (t.parent)",
        "insert into t.child values (1, 'x', 2)",
        "update t.parent set v = 'y'",
        "delete from t.parent");
    assertThat(compareWithCatalog()).hasSize(8);
  }

  @Test
  void savepointsAndRollbacks() throws Exception {
    plugins.run(
        "create table t.s (id int primary key)",
        "begin; insert into t.s values (1); savepoint a; insert into t.s values (2);"
            + " rollback to a; insert into t.s values (3); savepoint b;"
            + " insert into t.s values (4); release b; savepoint c; savepoint d;"
            + " update t.s set id = 10 where id = 1; rollback to c; commit",
        "begin; insert into t.s values (99); rollback",
        "begin; savepoint a; insert into t.s values (98); rollback to a; commit",
        "begin; commit",
        "do $$ begin begin insert into t.s values (50); raise exception 'x';"
            + " exception when others then insert into t.s values (51); end; end $$");
    assertThat(compareWithCatalog()).hasSize(2);
  }

  @Test
  void tablesAlteredInMidStream() throws Exception {
    plugins.run(
        "create table t.a (id int primary key, v int, gone text)",
        "insert into t.a values (1, 1, 'x')",
        "alter table t.a drop column gone",
        "insert into t.a values (2, 2)",
        "alter table t.a add column added numeric(5,2) not null default 1.5",
        "insert into t.a values (3, 3)",
        "alter table t.a alter v type text using v::text || '!'",
        "insert into t.a values (4, 'four')",
        "alter table t.a rename column v to w",
        "update t.a set w = 'x' where id = 1",
        "alter table t.a rename to b",
        "update t.b set id = 77 where id = 2",
        "begin; insert into t.b values (10, 'in'); alter table t.b add column last mood;"
            + " insert into t.b values (11, 'in', 1, 'ok'); alter table t.b rename w to ww;"
            + " insert into t.b values (12, 'in', 1, 'sad'); commit",
        "create schema other",
        "alter table t.b set schema other",
        "insert into other.b values (20, 'in', 1, 'sad')",
        "delete from other.b where id = 20",
        "drop table other.b",
        "create table t.a (id text primary key)",
        "insert into t.a values ('new')",
        "drop schema other");
    assertThat(compare()).hasSize(10);
  }

  @Test
  void typesRenamedOrDroppedBeforeTheyAreRead() throws Exception {
    plugins.run(
        "create type t.e as enum ('a')",
        "create type public.gone as enum ('a')",
        "create type \"G q\" as (a int)",
        "create table t.a (id int primary key, e t.e, es t.e[], m gone, ms gone[], q \"G q\"[])",
        "insert into t.a values (1, 'a', '{a}', 'a', '{a}', null)",
        "alter type t.e rename to f",
        "alter type \"G q\" rename to g_q",
        "alter table t.a add column x int",
        "insert into t.a values (2, 'a', '{a}', 'a', '{a}', null, 1)",
        "alter table t.a drop column m, drop column ms",
        "drop type gone",
        "alter type t.f set schema public",
        "alter table t.a add column y int",
        "insert into t.a values (3, 'a', '{a}', null, 1, 2)",
        "drop table t.a",
        "drop type f",
        "drop type g_q");
    assertThat(compare()).hasSize(3);
  }

  @Test
  void twoPhaseCommits() throws Exception {
    plugins.run(
        "create table t.x (id int primary key)",
        "begin; insert into t.x values (1); prepare transaction 'one'",
        "insert into t.x values (2)",
        "commit prepared 'one'",
        "begin; insert into t.x values (3); prepare transaction 'two'",
        "rollback prepared 'two'");
    assertThat(compare()).hasSize(2);
  }

  @Test
  void truncates() throws Exception {
    plugins.run(
        "create table t.a (id int primary key)",
        "create table t.b (id int references t.a)",
        "create table t.c (id int references t.a)",
        "insert into t.a values (1)",
        "truncate t.a cascade",
        "truncate t.b, t.c restart identity",
        "begin; insert into t.a values (2); truncate t.c; insert into t.a values (3); commit");
    List<String> messages = compareWithCatalog();
    assertThat(messages).hasSize(4);
    assertThat(messages.get(1)).containsPattern("truncate.*\"a\".*\"b\".*\"c\"");
  }

  @Test
  void logicalMessages() throws Exception {
    plugins.run(
        "create table t.m (id int primary key)",
        "select pg_logical_emit_message(true, 'p \"q\"', " + Samples.CONTROLS + ")",
        "select pg_logical_emit_message(false, 'alone', '')",
        "begin; insert into t.m values (1); insert into t.m values (2);"
            + " select pg_logical_emit_message(true, 'inside', '😀'); commit",
        "select pg_logical_emit_message(false, 'after two', 'x')",
        "begin; insert into t.m values (3);"
            + " select pg_logical_emit_message(false, 'survives', 'x'); rollback",
        "begin; insert into t.m values (4); insert into t.m values (5);"
            + " select pg_logical_emit_message(false, 'before', 'x'); commit");
    assertThat(compareWithCatalog()).hasSize(7);
  }

  @Test
  void largeTransactions() throws Exception {
    plugins.run(
        "create table t.l (id int primary key, v text)",
        "insert into t.l select i, 'row ' || i from generate_series(1, 200) i",
        "update t.l set v = v || '!'");
    assertThat(compare()).hasSize(2);
  }

  @Test
  void primaryKeysInFormat1() throws Exception {
    plugins.run(
        "create table t.a (id int, v text, far d_int, primary key (far, id))",
        "create table t.none (v text)",
        "insert into t.a values (1, 'x', 2)",
        "insert into t.none values ('x')",
        "update t.a set v = 'y'",
        "update t.a set id = 3",
        "delete from t.a");
    for (String options :
        List.of(
            "",
            "&include-types=0&include-typmod=0",
            "&include-typmod=0&include-domain-data-type=1")) {
      assertThat(plugins.compare("include-pk=1" + options))
          .hasSize(5)
          .first()
          .asString()
          .contains("\"pk\":{\"pknames\":[\"id\",\"far\"]");
    }
  }

  @Test
  void numbersAsText() throws Exception {
    plugins.run(
        "create table t.a (id bigint primary key, n numeric(20,4), f float8, t text, a int[],"
            + " b bool, d d_int)",
        "insert into t.a values (9223372036854775807, 3.5, -1e-20, '1\",\"columnvalues\":[1', '{1}',"
            + " true, 5), (-5, null, null, '12', null, null, null)",
        "update t.a set n = 0, t = '\\'",
        "update t.a set id = id - 1",
        "delete from t.a");
    for (String other :
        List.of("", "&include-type-oids=1&include-column-positions=1", "&include-types=0")) {
      plugins.compare("values=string" + other);
      plugins.compare("format=2&numeric-data-types-as-string=true" + other);
    }
    assertThat(plugins.texts(OutputPlugin.WAL2JSON, "values=string").toString())
        .contains("[\"9223372036854775807\",\"3.5000\",\"-1e-20\"");
  }

  @Test
  void filters() throws Exception {
    plugins.run(
        "create schema \"t.2\"",
        "create table t.a (id int primary key)",
        "create table t.\"b, c\" (id int primary key)",
        "create table t.\"*\" (id int primary key)",
        "create table \"t.2\".a (id int primary key)",
        "begin; insert into t.a values (1); insert into t.\"b, c\" values (2); commit",
        "insert into t.\"*\" values (3)",
        "insert into \"t.2\".a values (4)",
        "update \"t.2\".a set id = 5",
        "begin; delete from \"t.2\".a; truncate t.a, \"t.2\".a; commit",
        "select pg_logical_emit_message(true, 'p', 'x'), pg_logical_emit_message(true, 'q', 'x')",
        "select pg_logical_emit_message(false, 'p', 'x'), pg_logical_emit_message(false, 'q', 'x')",
        "checkpoint"); // such a message is not flushed by itself
    List<String> all = plugins.compare("");
    for (String filter :
        List.of(
            "add-tables=t.a",
            "add-tables=t.*",
            "add-tables=*.a,%20t.b%5C,%5C%20c",
            "add-tables=t%5C.2.a",
            "add-tables=t.%5C*",
            "add-tables=T.A",
            "add-tables=nothing.here",
            "filter-tables=t.a",
            "filter-tables=*.*",
            "filter-tables=*.a&add-tables=t.*",
            "actions=insert",
            "actions=update,%20delete",
            "actions=truncate",
            "add-msg-prefixes=p",
            "filter-msg-prefixes=p",
            "filter-msg-prefixes=p,q&add-msg-prefixes=p")) {
      List<String> left = plugins.compare(filter);
      assertThat(left).as(filter).isNotEmpty().isNotEqualTo(all);
      plugins.compare("format=2&" + filter);
      plugins.compare("format=2&skip-empty-xacts=1&include-transaction=0&" + filter);
    }
    plugins.run("drop schema \"t.2\" cascade");
  }

  @Test
  void origins() throws Exception {
    plugins.run(
        "create table t.a (id int primary key)",
        "select pg_replication_origin_create('elsewhere')",
        "insert into t.a values (1)",
        "select pg_replication_origin_session_setup('elsewhere')",
        "insert into t.a values (2)",
        "select pg_logical_emit_message(true, 'p', 'x')",
        "select pg_replication_origin_session_reset()",
        "insert into t.a values (3)");
    String number = plugins.database().text("select roident from pg_replication_origin limit 1");
    for (String options :
        List.of("include-origin=1", "format=2&include-origin=1", "filter-origins=" + number)) {
      plugins.compare(options);
    }
    plugins.compare("format=2&filter-origins=77," + number);
    assertThat(plugins.texts(OutputPlugin.PGOUTPUT, "filter-origins=" + number)).hasSize(2);
    plugins.run("select pg_replication_origin_drop('elsewhere')");
  }

  @Test
  void generatedColumns() throws Exception {
    plugins.run(
        "create table t.a (id int primary key, twice int generated always as (id * 2) stored,"
            + " v int generated always as identity)",
        "insert into t.a values (1)",
        "update t.a set id = 2",
        "delete from t.a");
    List<String> oracle =
        plugins.texts(OutputPlugin.WAL2JSON, "skip-empty-xacts=1").stream()
            .map(
                text ->
                    text.replace("\"twice\",", "")
                        .replace(
                            "[\"integer\",\"integer\",\"integer\"]", "[\"integer\",\"integer\"]")
                        .replaceAll("values\":\\[(\\d),\\d,", "values\":[$1,"))
            .toList();
    assertThat(plugins.texts(OutputPlugin.PGOUTPUT, "")).isEqualTo(oracle).hasSize(3);
  }

  @Test
  void namesWhatAnUpdateLeftOut() throws Exception {
    plugins.run(
        "create table t.a (id int primary key, \"B ig\" text, v int)",
        "alter table t.a alter \"B ig\" set storage external",
        "insert into t.a values (1, repeat('x', 9000), 1)",
        "update t.a set v = 2",
        "update t.a set \"B ig\" = 'short'");
    String end = ",\"unchanged\":[\"B ig\"]}";
    List<String> one = plugins.texts(OutputPlugin.PGOUTPUT, "include-unchanged-toast=1");
    assertThat(one.get(1)).endsWith("\"keyvalues\":[1]}" + end + "]}");
    assertThat(one.get(2)).doesNotContain("unchanged");
    List<String> two = plugins.texts(OutputPlugin.PGOUTPUT, "format=2&include-unchanged-toast=1");
    assertThat(two.get(4)).contains("\"identity\":[").endsWith("]" + end);
    assertThat(two.get(7)).doesNotContain("unchanged");
  }

  /** PostgreSQL repeats the description of a table when that changes, not when its types do. */
  @Test
  void tellsANewTypeNameWithTheNextDescription() throws Exception {
    plugins.run(
        "create type t.e as enum ('a')",
        "create table t.a (id int primary key, e t.e)",
        "insert into t.a values (1, 'a')",
        "alter type t.e rename to f",
        "insert into t.a values (2, 'a')",
        "alter table t.a add column v int",
        "insert into t.a values (3, 'a', 1)");
    assertThat(typesOf(OutputPlugin.WAL2JSON)).containsExactly("t.e", "t.f", "t.f");
    assertThat(typesOf(OutputPlugin.PGOUTPUT)).containsExactly("t.e", "t.e", "t.f");
  }

  /** Of PostgreSQL 15; 18 describes the table again. */
  @Test
  void tellsANewSchemaNameWithTheNextDescription() throws Exception {
    plugins.run(
        "create schema moving",
        "create table moving.a (id int primary key)",
        "insert into moving.a values (1)",
        "alter schema moving rename to t_moved",
        "insert into t_moved.a values (2)",
        "drop schema t_moved cascade");
    assertThat(schemasOf(OutputPlugin.WAL2JSON)).containsExactly("moving", "t_moved");
    boolean stays = plugins.serverVersion() <= 15; // described again on 18
    assertThat(schemasOf(OutputPlugin.PGOUTPUT))
        .startsWith("moving")
        .hasSize(2)
        .endsWith(stays ? "moving" : "t_moved");
  }

  private List<String> schemasOf(OutputPlugin plugin) throws Exception {
    return plugins.texts(plugin, "skip-empty-xacts=1").stream()
        .map(text -> text.replaceAll(".*\"schema\":\"([^\"]*)\".*", "$1"))
        .toList();
  }

  /** The stream names a domain like its base type. */
  @Test
  void tellsADomainsNameAsTheCatalogHasItNow() throws Exception {
    plugins.run(
        "create domain t.e as int",
        "create table t.a (id int primary key, e t.e)",
        "insert into t.a values (1, 2)",
        "alter domain t.e rename to f");
    assertThat(typesOf(OutputPlugin.WAL2JSON)).containsExactly("t.e");
    assertThat(typesOf(OutputPlugin.PGOUTPUT)).containsExactly("t.f");
  }

  private List<String> typesOf(OutputPlugin plugin) throws Exception {
    return plugins.texts(plugin, "skip-empty-xacts=1").stream()
        .map(text -> text.replaceAll(".*\"columntypes\":\\[\"integer\",\"([^\"]*)\".*", "$1"))
        .toList();
  }

  @Test
  void keepsWhatAMessageHasAfterAZeroByte() throws Exception {
    plugins.run("select pg_logical_emit_message(true, 'p', '\\x610062'::bytea)");
    assertThat(plugins.texts(OutputPlugin.WAL2JSON, "").get(0)).contains("\"content\":\"a\"");
    assertThat(plugins.texts(OutputPlugin.PGOUTPUT, "").get(0))
        .contains("\"content\":\"a\\u0000b\"");
  }

  /** Known peer trouble: eulerto/wal2json#298. */
  @Test
  void writesDefaultsWithQuotesAsJson() throws Exception {
    plugins.run(
        "create schema \"t \"\"d\"\"\"",
        "create type \"t \"\"d\"\"\".\"E,\" as enum ('a\",\"b', 'a\\''\"],\"')",
        "create function \"t \"\"d\"\"\".f(x text) returns text language sql immutable as 'select x'",
        "create table t.a (id int primary key, v text default 'a\"b\\c', b bit(3) default '101',"
            + " c \"char\" default 'x', d text default 'a' collate \"C\","
            + " e \"t \"\"d\"\"\".\"E,\" default 'a\",\"b',"
            + " f text default \"t \"\"d\"\"\".f('\"') || E'\\x01\\n\\t\\\\',"
            + " g \"t \"\"d\"\"\".\"E,\"[] default array['a\",\"b', 'a\\''\"],\"']"
            + "::\"t \"\"d\"\"\".\"E,\"[], h int)",
        "insert into t.a values (1)",
        "update t.a set h = 4");
    compareWithCatalog();
    assertThat(plugins.texts(OutputPlugin.WAL2JSON, "include-default=1&skip-empty-xacts=1").get(0))
        .contains("\"columndefaults\":[null,\"'a\\\"b\\\\c'::text\",\"'101'::\\\"bit\\\"\"");
    plugins.run("drop table t.a", "drop schema \"t \"\"d\"\"\" cascade");
  }

  @Test
  void acknowledgesOnlyTheEndOfATransaction() throws Exception {
    plugins.run("create table t.a (id int primary key)", "insert into t.a values (1), (2)");
    for (OutputPlugin plugin : OutputPlugin.values()) {
      for (Message message : plugins.read(plugin, "format=2&include-lsn=1")) {
        boolean end = message.text().startsWith("{\"action\":\"C\"");
        assertThat(message.text().contains("\"nextlsn\":\"" + message.endLsn() + "\""))
            .isEqualTo(end);
        assertThat(message.endLsn().equals(Lsn.NONE)).isEqualTo(!end);
      }
    }
  }

  /** As many as pgdelta.test.random says, from the seed pgdelta.test.seed. */
  @Test
  void randomTransactions() throws Exception {
    int wanted = Integer.getInteger("pgdelta.test.random", 400);
    long seed = Seeds.first();
    int done = 0;
    int schemas = 0;
    while (done < wanted) {
      RandomWork work = new RandomWork(seed + schemas);
      try {
        plugins.run("drop schema if exists t cascade", "create schema t");
        plugins.end();
        plugins.begin();
        done += work.run(plugins, Math.min(200, wanted - done));
        for (String options : work.options(8)) {
          plugins.compare(options);
        }
        compare();
        schemas++;
      } catch (AssertionError | Exception e) {
        throw new AssertionError("pgdelta.test.seed=" + (seed + schemas), e);
      }
    }
    System.out.printf(
        "%d random transactions in %d schemas, first seed %d: no unlisted difference%n",
        done, schemas, seed);
  }
}
