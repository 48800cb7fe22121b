package org.pgdeltastream.slot;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.sql.SQLException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.pgdeltastream.change.PageRequest;
import org.pgdeltastream.change.SlotName;
import org.pgdeltastream.change.TableRequest;
import org.pgdeltastream.slot.lease.TableFormat;
import org.pgdeltastream.slot.stream.SlotStream;
import org.pgdeltastream.slot.stream.StreamOptions;
import org.pgdeltastream.support.RecordingSubscriber;
import org.pgdeltastream.support.Seeds;
import org.pgdeltastream.support.TestDatabase;

/**
 * A value in a page and in a whole table is byte for byte the stream's. PostgreSQL makes random
 * values of each type; r is a random number from 0 to 1, i counts rows.
 */
class SameValuesPostgresIT {
  private static final int ROWS = 300;
  private static final String WORDS =
      "(array['', ' ', 'NULL', '\\N', E'\\t', E'a\\nb\\r', '\"', '\\', '''', 'ü', '日本', '😀',"
          + " E'\\x01\\x1f\\x7f', '{}', '\\x', repeat('long \"', 30000)])[1 + (r * 15)::int]";

  /** Each type, and a value of it by chance. */
  private static final List<String> TYPES =
      List.of(
          "smallint ; (r * 65535 - 32768)::int",
          "integer ; (r - 0.5) * 4294967295",
          "bigint ; (r - 0.5) * 18446744073709551615",
          "oid ; (r * 4294967295)::bigint",
          "numeric ; case when r < 0.1 then 'NaN' when r < 0.2 then 'Infinity' when r < 0.3 then '-Infinity' else (r * 10 ^ (r * 60 - 30))::numeric end",
          "numeric(12,4) ; r * 10000000 - 5000000",
          "real ; case when r < 0.1 then 'NaN' when r < 0.2 then '-Infinity' when r < 0.3 then '-0' else (r - 0.5) * 10 ^ (r * 70 - 35) end",
          "double precision ; case when r < 0.1 then 'NaN' when r < 0.2 then 'Infinity' when r < 0.3 then '-0' else (r - 0.5) * 10 ^ (r * 600 - 300) end",
          "boolean ; r < 0.5",
          "text ; WORD",
          "varchar(200000) ; WORD",
          "char(9) ; left(WORD, 9)",
          "name ; left(WORD, 9)",
          "\"char\" ; chr((r * 126)::int + 1)",
          "bytea ; decode(md5(r::text), 'hex')",
          "uuid ; md5(r::text)::uuid",
          "date ; case when r < 0.1 then 'infinity' else '0044-03-15 BC'::date + (r * 3000000)::int end",
          "time ; '24:00'::time - r * interval '1 day'",
          "time(2) ; '24:00'::time - r * interval '1 day'",
          "timetz ; ('12:00'::time - r * interval '1 day')::timetz",
          "timestamp ; case when r < 0.1 then '-infinity' else '0044-03-15 BC'::timestamp + r * interval '9000 years' end",
          "timestamptz ; case when r < 0.1 then 'infinity' else '0044-03-15 BC'::timestamptz + r * interval '9000 years' end",
          "interval ; (r - 0.5) * interval '900 years 40 days 3 hours 1 us'",
          "json ; case when r < 0.5 then to_json(WORD) else json_build_object('a', WORD, 'b', r) end",
          "jsonb ; case when r < 0.5 then to_jsonb(WORD) else jsonb_build_object('a', WORD, 'b', r) end",
          "jsonpath ; '$.a[*] ? (@ > 1)'",
          "xml ; xmlelement(name a, regexp_replace(WORD, '[[:cntrl:]]', '', 'g'))",
          "inet ; '10.0.0.0/8'::inet + (r * 1000000)::int",
          "cidr ; set_masklen(('10.0.0.0'::inet + (r * 1000000)::int), 32)::cidr",
          "macaddr ; left(md5(r::text), 12)::macaddr",
          "macaddr8 ; left(md5(r::text), 16)::macaddr8",
          "bit(7) ; (r * 127)::int::bit(7)",
          "varbit ; ((r * 127)::int::bit(7))::varbit",
          "money ; (r * 1000 - 500)::numeric",
          "point ; point(r, -r / 3)",
          "line ; line(point(0, r), point(1, r * 2 + 1))",
          "lseg ; lseg(point(r, 1), point(2, r))",
          "box ; box(point(r, 1), point(2, r))",
          "path ; path(polygon(box(point(r, 1), point(2, r))))",
          "polygon ; polygon(box(point(r, 1), point(2, r)))",
          "circle ; circle(point(r, 1), r)",
          "tsvector ; to_tsvector('simple', 'a ' || md5(r::text))",
          "tsquery ; to_tsquery('simple', 'a & ' || left(md5(r::text), 4))",
          "pg_lsn ; '0/0'::pg_lsn + (r * 1000000000)::bigint",
          "xid8 ; ((r * 1000000)::bigint)::text::xid8",
          "regclass ; case when r < 0.5 then 'pg_class'::regclass else 0::regclass end",
          "int4range ; int4range((r * 10)::int, (r * 20)::int + 10)",
          "numrange ; numrange(r::numeric, null)",
          "tstzrange ; tstzrange(now() - r * interval '1 year', now())",
          "int4multirange ; int4multirange(int4range(1, 2), int4range(5, 6 + (r * 9)::int))",
          "integer[] ; array[(r * 10)::int, null, 3]",
          "text[] ; array[WORD, null, 'x,y', '{']",
          "boolean[] ; array[r < 0.5, null]",
          "bytea[] ; array[decode(md5(r::text), 'hex')]",
          "numeric[] ; array[r::numeric, 'NaN']",
          "timestamptz[] ; array[[now(), now() - r * interval '1 year']]",
          "json[] ; array[to_json(WORD)]",
          "pair ; row((r * 10)::int, WORD, decode(md5(r::text), 'hex'))::pair",
          "pair[] ; array[row((r * 10)::int, WORD, null)::pair]",
          "mood ; case when r < 0.5 then 'sad'::mood else 'so \"so\"' end",
          "positive ; r::numeric",
          "flag ; r < 0.5",
          "raw ; decode(md5(r::text), 'hex')",
          "word ; WORD");

  private static final Map<String, Map<String, String>> STREAMED = new HashMap<>();
  private static TestDatabase database;
  private static TestRegistry server;
  private static SlotName slot;

  static Stream<String> types() {
    return TYPES.stream().map(SameValuesPostgresIT::type);
  }

  private static String type(String line) {
    return line.substring(0, line.indexOf(" ; "));
  }

  /** One table of each type, all in one snapshot and one stream. */
  @BeforeAll
  static void start() throws Exception {
    database = TestDatabase.embedded();
    database.execute(
        "create domain positive as numeric check (value >= 0);"
            + " create domain flag as bool; create domain raw as bytea; create domain word as text;"
            + " create type mood as enum ('sad', 'so \"so\"');"
            + " create type pair as (a int, b text, c bytea)");
    Random random = new Random(Seeds.first());
    for (String line : TYPES) {
      make(type(line), line.substring(line.indexOf(" ; ") + 3), random.nextInt(1_000_000) / 1e6);
    }
    server = new TestRegistry(database);
    slot = server.init().name();
    for (String line : TYPES) {
      database.execute("insert into %1$s select -id, v, w from %1$s".formatted(table(type(line))));
    }
    readStream();
  }

  @AfterAll
  static void stop() throws Exception {
    server.close();
    database.close();
  }

  private static String table(String type) {
    return "kept_" + types().toList().indexOf(type);
  }

  private static void make(String type, String value, double seed) throws SQLException {
    database.execute(
        "create table %1$s(id int primary key, v %2$s, w %2$s); select setseed(%3$s);"
                .formatted(table(type), type, seed)
            + " insert into %s select i, ".formatted(table(type))
            + value.replace("WORD", WORDS)
            + ", null from (select i, random() as r from generate_series(1, "
            + ROWS
            + ") i) as source");
  }

  /** Of each table its rows, each row's columns in order, by its key. */
  private static void readStream() throws Exception {
    RecordingSubscriber client = new RecordingSubscriber();
    SlotStream stream = server.slots.stream(StreamOptions.of(slot), client);
    for (int i = 0; i < TYPES.size(); i++) {
      for (String change : RawJson.elements(RawJson.value(client.nextWithChange(), "change"))) {
        assertThat(RawJson.elements(RawJson.value(change, "columnnames")))
            .containsExactly("\"id\"", "\"v\"", "\"w\"");
        List<String> values = RawJson.elements(RawJson.value(change, "columnvalues"));
        STREAMED
            .computeIfAbsent(RawJson.value(change, "table"), table -> new HashMap<>())
            .put(values.get(0).substring(1), values.get(1) + "," + values.get(2));
      }
    }
    stream.clientGone();
    assertThat(stream.awaitEnd(Duration.ofSeconds(20))).isTrue();
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("types")
  void isTheStreams(String type) throws Exception {
    Map<String, String> streamed = STREAMED.get('"' + table(type) + '"');

    assertThat(streamed).hasSize(ROWS);
    assertThat(page(table(type))).isEqualTo(streamed);
    assertThat(lines(table(type))).isEqualTo(streamed);
  }

  private static Map<String, String> page(String table) {
    PageRequest page = new PageRequest(table, Optional.empty(), 0, 10_000, List.of(), List.of());
    String json = PageText.of(server.slots.snapshots().readPage(Optional.of(slot), page));
    return rows(RawJson.elements(json));
  }

  private static Map<String, String> lines(String table) throws Exception {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    server
        .slots
        .snapshots()
        .readTable(
            Optional.of(slot),
            new TableRequest(table, Optional.empty(), List.of(), TableRequest.Part.WHOLE),
            TableFormat.LINES_WITHOUT_END,
            name -> bytes);
    return rows(List.of(bytes.toString(UTF_8).split("\n", -1)).subList(0, ROWS));
  }

  private static Map<String, String> rows(List<String> objects) {
    Map<String, String> rows = new HashMap<>();
    for (String row : objects) {
      List<String> members = RawJson.elements(row);
      assertThat(members.get(1)).startsWith("\"v\":");
      rows.put(
          members.get(0).substring("\"id\":".length()),
          members.get(1).substring("\"v\":".length())
              + ","
              + members.get(2).substring("\"w\":".length()));
    }
    return rows;
  }
}
