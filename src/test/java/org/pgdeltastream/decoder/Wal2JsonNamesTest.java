package org.pgdeltastream.decoder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import jakarta.json.Json;
import jakarta.json.JsonArray;
import jakarta.json.JsonObject;
import jakarta.json.JsonReader;
import jakarta.json.JsonString;
import jakarta.json.JsonValue;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.pgdeltastream.change.MalformedMessageException;
import org.pgdeltastream.change.option.ChangeOptions;

@Timeout(value = 60, unit = TimeUnit.SECONDS)
class Wal2JsonNamesTest {
  private static final Wal2JsonNames LISTS = names(Map.of());
  private static final Wal2JsonNames ACTIONS = names(Map.of("format", "2"));

  /** As 2.5 writes them: the name, and what is JSON of it. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "\"t\".\"Mood Ring\"|\"t\".\"Mood Ring\"",
        "\"My Schema\".mood|\"My Schema\".mood",
        "\"a,b\".\"c]\"|\"a,b\".\"c]\"",
        "\"a\"\",\"\"b\"|\"a\"\",\"\"b\"",
        "\"a\"\"],\"\"b\"|\"a\"\"],\"\"b\"",
        "\"a\\b\"|\"a\\b\"",
        "\"a\\\"|\"a\\\"",
        "\"a\\\".\"\\b\"|\"a\\\".\"\\b\"",
        "\"\\\"|\"\\\"",
        "\"\"\"x\"\"\"|\"\"\"x\"\"\"",
        "\"G S\".geometry(Point,4326)|\"G S\".geometry(Point,4326)",
        "\"Mood\"[]|\"Mood\"[]",
        "\"char\"|char",
        "\"Mood Ring\"|Mood Ring",
      })
  void writesANameThatBeginsWithAQuoteAsJson(String written, String name) {
    String list = "\"integer\"," + written + ",\"text\"";
    for (String key : new String[] {"columntypes", "keytypes", "pktypes"}) {
      String change = "{\"kind\":\"insert\",\"" + key + "\":[" + list + "],\"columnvalues\":[1]}";
      for (String begin : new String[] {"", ","}) {
        String chunk = pass(LISTS, begin + change).substring(begin.length());
        assertThat(strings(object(chunk).getJsonArray(key)))
            .containsExactly("integer", name, "text");
      }
      String whole = "{\"nextlsn\":\"0/1\",\"change\":[" + change + "," + change + "]}";
      JsonArray changes = object(pass(LISTS, whole)).getJsonArray("change");
      assertThat(changes.get(1)).isEqualTo(changes.get(0));
      assertThat(strings(changes.getJsonObject(1).getJsonArray(key))).contains(name);
    }
    String action =
        "{\"action\":\"U\",\"columns\":[{\"name\":\"type\",\"type\":%1$s,\"value\":1}],"
            + "\"pk\":[{\"name\":\"a\",\"type\":\"integer\"},{\"name\":\"b\",\"type\":%1$s}]}";
    JsonObject read = object(pass(ACTIONS, action.formatted(written)));
    assertThat(read.getJsonArray("columns").getJsonObject(0).getString("type")).isEqualTo(name);
    assertThat(read.getJsonArray("pk").getJsonObject(1).getString("type")).isEqualTo(name);
  }

  /** 2.3 and 2.4 put a name into quotes in format 2, whatever is in it. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "\"t.\"Mood Ring\"\"|t.\"Mood Ring\"",
        "\"t.\"Mood\"[]\"|t.\"Mood\"[]",
        "\"\"char\"\"|char",
      })
  void writesANameInQuotesOfItsOwnAsJson(String written, String name) {
    String action = "{\"action\":\"I\",\"columns\":[{\"name\":\"a\",\"type\":" + written + "}]}";
    JsonObject read = object(pass(ACTIONS, action));
    assertThat(read.getJsonArray("columns").getJsonObject(0).getString("type")).isEqualTo(name);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "'it''s'::text",
        "'1'::\"bit\"",
        "'a\",\"b'::text",
        "'a\"],\"columnvalues\":['::text",
        "'\\x0a\n\t'::bytea",
        "('x'::text COLLATE \"C\")",
        "'a'::\"My \"\"S\".\"T\"\"\"",
        "nextval('\"S 1\".s'::regclass)",
        "\"S 1\".f((1)::\"char\", '\"'::text)",
        "ARRAY['a'::\"x y\", 'b\\'::\"x y\"]",
        "CASE\n    WHEN true THEN '\"'::text\n    ELSE ''::text\nEND",
        "42",
      })
  void writesDefaultsAsJson(String sql) {
    String list = "[\"%1$s\",null,\"%1$s\"]".formatted(sql);
    String change =
        "{\"kind\":\"insert\",\"columntypes\":[\"text\"],\"columndefaults\":"
            + list
            + ",\"columnvalues\":[\"types\\\":[\"]}";
    JsonArray defaults =
        object(pass(names(Map.of("include-default", "1")), change)).getJsonArray("columndefaults");
    assertThat(defaults.getString(0)).isEqualTo(sql);
    assertThat(defaults.get(1)).isEqualTo(JsonValue.NULL);
    assertThat(defaults.getString(2)).isEqualTo(sql);
    String action =
        ("{\"action\":\"I\",\"columns\":[{\"name\":\"a\",\"type\":\"x\",\"default\":\"%1$s\"},"
                + "{\"name\":\"b\",\"default\":null},{\"name\":\"c\",\"default\":\"%1$s\"}]}")
            .formatted(sql);
    JsonArray columns =
        object(pass(names(Map.of("format", "2", "include-default", "1")), action))
            .getJsonArray("columns");
    assertThat(columns.getJsonObject(0).getString("default")).isEqualTo(sql);
    assertThat(columns.getJsonObject(2).getString("default")).isEqualTo(sql);
  }

  /** Without modifiers names are as the catalog has them; wal2json leaves those with a quote. */
  @Test
  void writesNamesOfTheCatalogThatBeginWithAQuoteAsJson() {
    Wal2JsonNames names = names(Map.of("include-typmod", "0"));
    String change =
        "{\"kind\":\"insert\",\"columntypes\":[\"int4\",\"x,\"a\\\\b\",\"a\\\"b\",\"],"
            + "\"columnvalues\":[1]}";
    assertThat(strings(object(pass(names, change)).getJsonArray("columntypes")))
        .containsExactly("int4", "\"x", "a\\b", "a\"b", "\"");
  }

  @Test
  void leavesWhatARealServerWroteAsItIs() {
    for (String text : Vectors.wal2JsonChunks()) {
      assertThat(isJson(LISTS, text)).as(text).isTrue();
    }
    for (String text : Vectors.wal2Json()) {
      assertThat(isJson(LISTS, text)).as(text).isTrue();
    }
    for (String text : Vectors.wal2JsonActions()) {
      assertThat(isJson(ACTIONS, text)).as(text).isTrue();
    }
  }

  @Test
  void seesANameWhoseTableItKnewWithAnother() {
    Wal2JsonNames names = names(Map.of());
    String columns = "\"columnnames\":[\"a\"],\"columntypes\":[%s],\"columnvalues\":[1]";
    String insert = "{\"kind\":\"insert\",\"schema\":\"s\",\"table\":\"t%d\"," + columns + "}";
    String update =
        "{\"kind\":\"update\",\"schema\":\"s\",\"table\":\"t%d\","
            + columns
            + ",\"oldkeys\":{\"keynames\":[\"a\"],\"keytypes\":[%s],\"keyvalues\":[%s]}}";
    String sound = "\"text\"";
    String flawed = "\"s\".t";
    for (int table = 0; table < 40; table++) {
      for (String value : new String[] {"1", "[", "x\\\"],\\\"keyvalues\\\":["}) {
        int t = table / 2;
        assertThat(isJson(names, insert.formatted(t, sound))).isTrue();
        assertThat(isJson(names, insert.formatted(t, flawed))).isFalse();
        assertThat(isJson(names, update.formatted(t, sound, sound, value))).isTrue();
        assertThat(isJson(names, update.formatted(t, sound, flawed, value))).isFalse();
        assertThat(isJson(names, update.formatted(t, flawed, sound, value))).isFalse();
      }
    }
  }

  @Test
  void writesAnyNamesAsJson() {
    for (int seed = 0; seed < 20_000; seed++) {
      Random random = new Random(seed);
      List<String> names = new ArrayList<>();
      List<String> written = new ArrayList<>();
      for (int count = 1 + random.nextInt(4); count > 0; count--) {
        String name = name(random);
        names.add(name.matches("\"[^\"\\\\]+\"") ? name.substring(1, name.length() - 1) : name);
        written.add(name.startsWith("\"") && !name.endsWith("]") ? name : json(name));
      }
      String types = String.join(",", written);
      String change =
          "{\"kind\":\"insert\",\"columntypes\":[" + types + "],\"columnvalues\":[\"a\"]}";
      assertThat(strings(object(pass(LISTS, change)).getJsonArray("columntypes")))
          .as(change)
          .isEqualTo(names);
      String action =
          written.stream()
              .map(type -> "{\"name\":\"a\",\"type\":" + type + ",\"value\":1}")
              .collect(Collectors.joining(",", "{\"action\":\"I\",\"columns\":[", "]}"));
      assertThat(
              object(pass(ACTIONS, action)).getJsonArray("columns").stream()
                  .map(column -> column.asJsonObject().getString("type"))
                  .toList())
          .as(action)
          .isEqualTo(names);
    }
  }

  /** As format_type writes it. */
  private static String name(Random random) {
    String name = part(random);
    if (random.nextBoolean()) {
      name += "." + part(random);
    }
    if (random.nextInt(4) == 0) {
      name += "(1,2)";
    }
    return random.nextInt(4) == 0 ? name + "[]" : name;
  }

  private static String part(Random random) {
    StringBuilder part = new StringBuilder();
    for (int length = 1 + random.nextInt(4); length > 0; length--) {
      part.append("ab\"\\,[].:{}(é 'n".charAt(random.nextInt(16)));
    }
    return part.toString().matches("[abn]+") ? part.toString() : quoted(part.toString());
  }

  private static String quoted(String identifier) {
    return '"' + identifier.replace("\"", "\"\"") + '"';
  }

  private static String json(String text) {
    return '"' + text.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
  }

  @Test
  void readsOrRefusesAnyBytes() {
    String change =
        "{\"kind\":\"update\",\"schema\":\"s\",\"table\":\"t\",\"columnnames\":[\"a\",\"b\"],"
            + "\"columntypes\":[\"s\".\"t\",\"a\"],\"columndefaults\":[\"'1'::\"bit\"\",null],"
            + "\"columnvalues\":[1,\"[\"],\"oldkeys\":{\"keytypes\":[\"text\"],\"keyvalues\":[1]}}";
    String action =
        "{\"action\":\"I\",\"columns\":[{\"name\":\"a\",\"type\":\"s\".t,\"default\":\"'\"'\"}]}";
    Wal2JsonNames[] all = {
      LISTS,
      ACTIONS,
      names(Map.of("include-default", "1")),
      names(Map.of("include-typmod", "0", "include-pk", "1")),
      names(Map.of("format", "2", "include-default", "1")),
    };
    for (int seed = 0; seed < 20_000; seed++) {
      Random random = new Random(seed);
      byte[] text = (seed % 2 == 0 ? change : action).getBytes(StandardCharsets.UTF_8);
      for (int count = 1 + random.nextInt(3); count > 0; count--) {
        text[random.nextInt(text.length)] = (byte) "\"\\,[]{}.'x(n:".charAt(random.nextInt(13));
      }
      int length = random.nextBoolean() ? text.length : random.nextInt(text.length);
      byte[] exact = Arrays.copyOf(text, length);
      for (Wal2JsonNames names : all) {
        try {
          names.areJson(exact, 0, length);
          names.escaped(exact, 0, length);
        } catch (MalformedMessageException e) {
          assertThat(e).hasMessageContaining("at byte");
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"kind\":\"insert\",\"columntypes\":[\"",
        "{\"kind\":\"insert\",\"columntypes\":[\"a\".\"b",
        "{\"kind\":\"insert\",\"columntypes\":[x]}",
        "{\"kind\":\"insert\",\"columntypes\":[\"a\"",
      })
  void refusesAListWithoutAnEnd(String text) {
    assertThatThrownBy(() -> pass(LISTS, text))
        .isInstanceOf(MalformedMessageException.class)
        .hasMessageContaining("at byte");
  }

  private static Wal2JsonNames names(Map<String, String> options) {
    return new Wal2JsonNames(ChangeOptions.parse(name -> Optional.ofNullable(options.get(name))));
  }

  private static boolean isJson(Wal2JsonNames names, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    return names.areJson(bytes, 0, bytes.length);
  }

  /** In the middle of other bytes, as it comes. */
  private static String pass(Wal2JsonNames names, String text) {
    byte[] around = (" \"types\":[" + text + "\",\"]}").getBytes(StandardCharsets.UTF_8);
    int start = 10;
    int end = around.length - 5;
    byte[] escaped = names.escaped(around, start, end);
    String read = new String(escaped, StandardCharsets.UTF_8);
    if (names.areJson(around, start, end)) {
      assertThat(read).isEqualTo(text);
    }
    return read;
  }

  private static JsonObject object(String text) {
    try (JsonReader reader = Json.createReader(new StringReader(text))) {
      return reader.readObject();
    } catch (RuntimeException e) {
      throw new AssertionError(text, e);
    }
  }

  private static List<String> strings(JsonArray array) {
    return array.getValuesAs(JsonString::getString);
  }
}
