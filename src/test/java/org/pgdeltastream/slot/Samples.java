package org.pgdeltastream.slot;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Column types and, for each, values at its edges, as SQL expressions. */
final class Samples {
  static final String CONTROLS =
      "E'\\x01\\x02\\x03\\x04\\x05\\x06\\x07\\b\\t\\n\\x0b\\f\\r\\x0e\\x0f\\x10\\x11\\x12\\x13\\x14"
          + "\\x15\\x16\\x17\\x18\\x19\\x1a\\x1b\\x1c\\x1d\\x1e\\x1f \"quoted\" \\\\ / '' \\x7f'";

  /** The types that do not come with PostgreSQL. */
  static final List<String> SETUP =
      List.of(
          "create extension if not exists hstore",
          "create extension if not exists citext",
          "create extension if not exists ltree",
          "create schema \"My Schema\"",
          "create schema plain",
          "create type mood as enum ('sad', 'ok', 'Very \"happy\"', 'naïve 😀')",
          "create type \"Mood Ring\" as enum ('red', 'green')",
          "create type \"My Schema\".\"T y\" as enum ('in', 'out')",
          "create type \"My Schema\".low as enum ('in', 'out')",
          "create type plain.\"Up\" as enum ('in', 'out')",
          "create type plain.low as enum ('in', 'out')",
          "create type pair as (a int, b text, \"C c\" numeric)",
          "create type span as range (subtype = float8)",
          "create domain d_int as int",
          "create domain d_num as numeric(10,2)",
          "create domain d_text as text check (value <> 'never')",
          "create domain d_bool as bool",
          "create domain d_bytea as bytea",
          "create domain d_mood as mood",
          "create domain d_array as int[]",
          "create domain d_d_int as d_int not null default 3",
          "create domain \"D q\" as varchar(7)",
          "create domain plain.d_far as bigint");

  private static final Map<String, List<String>> EDGES = new LinkedHashMap<>();

  static {
    add("smallint", "-32768", "32767", "0");
    add("integer", "-2147483648", "2147483647", "0");
    add("bigint", "-9223372036854775808", "9223372036854775807", "9007199254740993");
    add("oid", "4294967295", "0");
    add("real", "'NaN'", "'Infinity'", "'-Infinity'", "1e-37", "3.4028235e38", "0.1", "-0.0");
    add("double precision", "'NaN'", "'Infinity'", "'-Infinity'", "5e-324", "0.1", "1e300", "-0.0");
    add("numeric", "'NaN'", "'Infinity'", "'-Infinity'", "3.5000", "0.000", "1e-20", "-12e30");
    add("numeric", "repeat('9', 1000)::numeric", "('0.' || repeat('7', 1000))::numeric");
    add("numeric(12,4)", "3.5", "-99999999.9999", "'NaN'");
    add("numeric(5)", "12345");
    add("numeric(2,-3)", "12000");
    add("money", "'-92233720368547758.08'", "'1,234.5'");
    add("boolean", "true", "false");
    add("\"char\"", "'x'", "''", "'\\377'");
    add("char", "'a'");
    add("char(7)", "'ab'", "''", "'äöü'");
    add("varchar", "''", "'x'");
    add("varchar(10)", "'ten  chars'");
    add("text", CONTROLS, "'日本語 ä 😀 \uFFFF'", "''", "repeat('long \"x\" ', 9000)");
    add("name", "'a name'");
    add("bytea", "'\\x00ff10'", "''", "decode(repeat('00ff', 70000), 'hex')");
    add("date", "'infinity'", "'-infinity'", "'4713-01-01 BC'", "'5874897-12-31'", "'2000-02-29'");
    add("time", "'24:00'", "'00:00:00.000001'");
    add("time(0)", "'12:34:56.7'");
    add("timetz", "'23:59:59.999999-15:59'", "'00:00+00'");
    add("timetz(3)", "'12:34:56.7899+02'");
    add("timestamp", "'infinity'", "'-infinity'", "'4713-01-01 00:00:00 BC'", "'294276-12-31'");
    add("timestamp(3)", "'2020-01-01 00:00:00.1239'");
    add("timestamptz", "'infinity'", "'2020-01-01 00:00:00.100000+05:30'", "'0044-03-15 BC'");
    add("timestamptz(0)", "'2020-01-01 00:00:00.9+01'");
    add("interval", "'1 year -2 mons +3 days -04:05:06.789'", "'0'", "'-178000000 years'");
    add("interval", "'1 day'", "'-00:00:00.000001'", "'P1Y2M3DT4H5M6S'");
    add("interval year to month", "'1 year 2 mons'");
    add("interval second(2)", "'1.239'");
    add("interval(4)", "'1 day 00:00:01.23456'");
    add("json", "'{\"a\" : [1, null, \"\\u0041\"],  \"a\":2}'", "'null'");
    add("jsonb", "'{\"b\":1.50, \"a\":\"\\n/\"}'", "'[]'", "'1e400'");
    add("jsonpath", "'$.a[*] ? (@ > 1)'");
    add("xml", "'<a b=\"c\">&lt;</a>'");
    add("uuid", "'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'");
    add("inet", "'192.168.0.1/24'", "'::1'", "'::ffff:1.2.3.4/128'");
    add("cidr", "'10.0.0.0/8'", "'2001:db8::/32'");
    add("macaddr", "'08:00:2b:01:02:03'");
    add("macaddr8", "'08:00:2b:01:02:03:04:05'");
    add("bit(5)", "'10101'");
    add("bit", "'1'");
    add("bit varying", "''", "'1'");
    add("bit varying(8)", "'101'");
    add("tsvector", "'a:1A,2 \"b\"\"c\" ''d e'':3'");
    add("tsquery", "'a & !b | ''c d'''");
    add("int4range", "'[1,5)'", "'empty'", "'(,)'");
    add("int8range", "'[1,]'");
    add("numrange", "'(1.50,2.00]'");
    add("daterange", "'[2020-01-01,infinity)'");
    add("tsrange", "'[2020-01-01 00:00,2020-01-02 00:00)'");
    add("tstzrange", "'[2020-01-01 00:00+01,)'");
    add("int4multirange", "'{[1,3),[7,9)}'", "'{}'");
    add("nummultirange", "'{(1.5,2]}'");
    add("point", "'(1,-0.1)'", "'(NaN,Infinity)'");
    add("line", "'{1,2,3}'");
    add("lseg", "'[(0,0),(1,1)]'");
    add("box", "'(1,1),(0,0)'");
    add("path", "'((0,0),(1,1))'", "'[(0,0),(1,1)]'");
    add("polygon", "'((0,0),(1,1),(1,0))'");
    add("circle", "'<(0,0),1.5>'");
    add("pg_lsn", "'16/B374D848'");
    add("xid", "'4294967295'");
    add("xid8", "'18446744073709551615'");
    add("cid", "'7'");
    add("tid", "'(3,4)'");
    add("pg_snapshot", "'10:20:10,14,15'");
    add("txid_snapshot", "'10:20:10,14,15'");
    add("regclass", "'pg_class'");
    add("regtype", "'integer'", "'varchar'");
    add("regproc", "'now'");
    add("regnamespace", "'pg_catalog'");
    add("oidvector", "'1 2 3'");
    add("int2vector", "'1 2'");
    add("refcursor", "'cur'");
    add("integer[]", "'{1,NULL,3}'", "'{}'", "'[0:1]={1,2}'", "'{{1,2},{3,4}}'");
    add("text[]", "array['a\"b', 'c\\d', null, '', 'NULL', '{,}']", "array[" + CONTROLS + "]");
    add("numeric(6,2)[]", "'{1.50,NaN}'");
    add("double precision[]", "'{NaN,Infinity,0.1}'");
    add("boolean[]", "'{t,f,NULL}'");
    add("bytea[]", "array['\\x00'::bytea, null]");
    add("timestamptz[]", "'{infinity,2020-01-01 00:00:00+01}'");
    add("varchar(3)[]", "'{abc}'");
    add("char(3)[]", "'{ab}'");
    add("bit(3)[]", "'{101}'");
    add("interval day[]", "'{1 day}'");
    add("json[]", "array['{\"a\": 1}'::json]");
    add("jsonb[]", "array['{\"a\": 1}'::jsonb, null]");
    add("uuid[]", "'{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11}'");
    add("inet[]", "'{1.2.3.4/8}'");
    add("point[]", "'{\"(1,2)\"}'");
    add("box[]", "'{(1,1),(0,0);(2,2),(1,1)}'");
    add("int4range[]", "'{\"[1,3)\"}'");
    add("int4multirange[]", "'{\"{[1,3)}\"}'");
    add("date[]", "'{infinity,0044-03-15 BC}'");
    add("mood", "'sad'", "'Very \"happy\"'", "'naïve 😀'");
    add("mood[]", "'{sad,NULL,\"Very \\\"happy\\\"\"}'");
    add("\"Mood Ring\"", "'red'");
    add("\"Mood Ring\"[]", "'{red,green}'");
    add("\"My Schema\".\"T y\"", "'in'");
    add("\"My Schema\".\"T y\"[]", "'{in}'");
    add("\"My Schema\".low", "'in'");
    add("\"My Schema\".low[]", "'{in}'");
    add("plain.\"Up\"", "'in'");
    add("plain.\"Up\"[]", "'{in}'");
    add("plain.low", "'out'");
    add("plain.low[]", "'{out}'");
    add("pair", "row(1, 'x \"y\"', null)", "row(null, null, null)");
    add("pair[]", "array[row(1, 'x', 2.50)::pair]");
    add("span", "'[1.5,2)'");
    add("span[]", "'{\"[1.5,2)\"}'");
    add("d_int", "5");
    add("d_num", "1.5");
    add("d_text", "'x\"y'");
    add("d_bool", "true");
    add("d_bytea", "'\\x00ff'");
    add("d_mood", "'ok'");
    add("d_array", "'{1,2}'");
    add("d_d_int", "7");
    add("d_int[]", "'{1,2}'");
    add("\"D q\"", "'seven c'");
    add("plain.d_far", "9");
    add("hstore", "'a=>1, b=>NULL, \"c d\"=>\"e\\\"f\"'");
    add("hstore[]", "array['a=>1'::hstore]");
    add("citext", "'MiXed'");
    add("citext[]", "'{A,b}'");
    add("ltree", "'Top.Science'");
    add("lquery", "'*.a'");
  }

  private Samples() {}

  private static void add(String type, String... values) {
    EDGES.computeIfAbsent(type, key -> new ArrayList<>()).addAll(List.of(values));
  }

  static List<String> types() {
    return List.copyOf(EDGES.keySet());
  }

  static List<String> values(String type) {
    List<String> values = EDGES.get(type);
    return values == null ? List.of() : values;
  }
}
