package org.pgdeltastream.snapshot;

import java.util.List;

/** A table with a column of each kind, and how PostgreSQL prints its row. */
final class EveryKind {
  static final String TABLE =
      """
        create domain positive as int check (value > 0);
        create type mood as enum ('sad', 'so so');
        create type pair as (a int, b text);
        create table kinds(
          k01 smallint, k02 bigint, k03 numeric, k04 real, k05 float8, k06 boolean, k07 char(4),
          k08 varchar, k09 bytea, k10 date, k11 time, k12 timetz, k13 timestamp, k14 timestamptz,
          k15 interval, k16 uuid, k17 json, k18 jsonb, k19 xml, k20 inet, k21 macaddr, k22 bit(3),
          k23 int[], k24 text[], k25 pair, k26 mood, k27 positive, k28 int4range, k29 point,
          k30 money, k31 tsvector, k32 oid, k33 text, k34 text);
        set TimeZone = 'Asia/Kathmandu';
        insert into kinds values (-32768, 9223372036854775807, 'NaN', 0.1, '-Infinity', true, 'ab',
          E'tab\\tnew\\nline\\rback\\\\slash\\b\\f\\x0b', '\\x00ff5c', '2026-02-28', '24:00', '12:00+05:45',
          '2026-01-01 00:00:00.000001', '2026-01-01 00:00+00', '1 mon 2 days 03:04:05.6',
          'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', '{"a" :  [1]}', '{"b": 1, "a": "\\\\"}', '<a/>',
          '10.0.0.1/8', '08:00:2b:01:02:03', B'101', '{1,NULL,3}', '{"a b",NULL,"NULL","\\\\"}',
          '(1,"x,y")', 'so so', 1, '[1,5)', '(1,2)', 12.5, 'fat:1 cat:2', 4294967295, '', '\\N');
        """;

  static final List<String> PRINTED =
      List.of(
          "-32768",
          "9223372036854775807",
          "NaN",
          "0.1",
          "-Infinity",
          "t",
          "ab  ",
          "tab\tnew\nline\rback\\slash\b\f\u000B",
          "\\x00ff5c",
          "2026-02-28",
          "24:00:00",
          "12:00:00+05:45",
          "2026-01-01 00:00:00.000001",
          "2026-01-01 00:00:00+00",
          "1 mon 2 days 03:04:05.6",
          "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
          "{\"a\" :  [1]}",
          "{\"a\": \"\\\\\", \"b\": 1}",
          "<a/>",
          "10.0.0.1/8",
          "08:00:2b:01:02:03",
          "101",
          "{1,NULL,3}",
          "{\"a b\",NULL,\"NULL\",\"\\\\\"}",
          "(1,\"x,y\")",
          "so so",
          "1",
          "[1,5)",
          "(1,2)",
          "$12.50",
          "'cat':2 'fat':1",
          "4294967295",
          "",
          "\\N");

  private EveryKind() {}
}
