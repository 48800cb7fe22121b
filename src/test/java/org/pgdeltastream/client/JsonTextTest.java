package org.pgdeltastream.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import jakarta.json.Json;
import jakarta.json.JsonObject;
import java.io.StringReader;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class JsonTextTest {
  private static final String OTHER = "\"FFFFFFFF/FFFFFFFF\"";

  /** What a row may hold, so that it looks like a position. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "nextlsn",
        "\"nextlsn\":" + OTHER,
        "\",\"nextlsn\":" + OTHER + ",\"",
        "\\\",\"nextlsn\":" + OTHER,
        "\\\\\",\"nextlsn\":" + OTHER,
        "]}],\"nextlsn\":" + OTHER + "}",
        "\\",
        "\\\\",
        "{[{[",
        "}]}]",
        "\u0000\n\t\u2028\uD83D\uDE00\u202E",
      })
  void findsThePositionWhateverTheRowsHold(String hostile) {
    String row = Json.createValue(hostile).toString();
    for (String message :
        new String[] {
          "{\"nextlsn\":\"0/1\",\"change\":[{\"columnvalues\":[%s,1]}]}",
          "{\"change\":[{\"columnvalues\":[%s,1],\"columnnames\":[%s]}],\"nextlsn\":\"0/1\"}",
          "{\"timestamp\":%s,\"nextlsn\":\"0/1\",\"change\":[]}",
          "{%s:{\"nextlsn\":\"0/2\"},\"nextlsn\" : \"0/1\"}",
        }) {
      String text = message.replace("%s", row);
      String expected = hostile.equals("nextlsn") && message.startsWith("{%s") ? "" : "0/1";
      assertThat(Positions.nextLsn(text).orElse("")).as(text).isEqualTo(expected);
    }
  }

  @Test
  void findsTheSameAsAParserInRandomText() {
    Random random = new Random(7);
    String alphabet = "\\\"{}[]:,nextlsn/0 \u00e4\n";
    for (int i = 0; i < 20_000; i++) {
      StringBuilder value = new StringBuilder();
      for (int k = random.nextInt(12); k > 0; k--) {
        value.append(alphabet.charAt(random.nextInt(alphabet.length())));
      }
      String name = value.reverse() + "x";
      JsonObject object =
          Json.createObjectBuilder()
              .add("a", Json.createArrayBuilder().add(value + "").add(1.50).addNull())
              .add(name, value + "")
              .add("nextlsn", "0/" + i % 1000)
              .build();
      String text = object.toString();
      assertThat(Positions.nextLsn(text)).as(text).contains("0/" + i % 1000);
      assertThat(JsonText.member(text, name).map(JsonText::string)).contains(value + "");
      assertThat(JsonText.members(text).keySet()).isEqualTo(object.keySet());
      String array = JsonText.member(text, "a").orElseThrow();
      assertThat(JsonText.elements(array).get(0)).isEqualTo(object.getJsonArray("a").get(0) + "");
    }
  }

  @Test
  void cutsWhatPeopleWriteToo() {
    assertThat(JsonText.members(" { \"a\" : 1.0 , \"b\":[ ] ,\"c\":{\"d\":null}} ").toString())
        .isEqualTo("{a=1.0, b=[ ], c={\"d\":null}}");
    assertThat(JsonText.elements("[ true,\"x\" , [1,2] ]"))
        .containsExactly("true", "\"x\"", "[1,2]");
    assertThat(JsonText.elements("[]")).isEmpty();
    assertThat(JsonText.members("{}")).isEmpty();
    assertThat(JsonText.member("[1]", "a")).isEmpty();
    assertThat(JsonText.member("", "a")).isEmpty();
  }

  @Test
  void readsStringsAsAParserDoes() {
    String text = "\"a\\u00e4\\n\\t\\\\ \\\" \\/ \\ud83d\\ude00\"";
    String parsed = Json.createReader(new StringReader("[" + text + "]")).readArray().getString(0);
    assertThat(JsonText.string(text)).isEqualTo(parsed);
    assertThat(JsonText.string("12.50")).isEqualTo("12.50");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{",
        "{\"a\"",
        "{\"a\":",
        "{\"a\":1",
        "{\"a\":\"x",
        "{\"a\":[1",
        "{a:1}",
        "{\"a\" 1}",
        "{\"a\":}",
        "{\"a\":\"\\"
      })
  void refusesWhatIsNotJson(String text) {
    assertThatThrownBy(() -> JsonText.members(text)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> JsonText.member(text, "b"))
        .isInstanceOf(IllegalArgumentException.class);
  }

  /** Of a transaction in several messages only the last one has its end. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"action\":\"B\",\"xid\":1,\"nextlsn\":\"0/5\"}|",
        "{\"action\":\"C\",\"nextlsn\":\"0/5\"}|0/5",
        "{\"action\":\"I\",\"columns\":[{\"name\":\"nextlsn\",\"value\":\"0/5\"}]}|",
        "{\"change\":[{\"kind\":\"message\"}]}|",
        "{\"nextlsn\":\"none\",\"change\":[]}|",
        "{\"nextlsn\":12,\"change\":[]}|"
      })
  void onlyTheEndOfATransactionHasAPosition(String message, String lsn) {
    assertThat(Positions.nextLsn(message)).isEqualTo(Optional.ofNullable(lsn));
  }

  @ParameterizedTest
  @CsvSource({
    "0/1, 0/1, true",
    "0/9, 0/10, true",
    "F/FFFFFFFF, 10/0, true",
    "10/0, F/FFFFFFFF, false",
    "80000000/0, 7FFFFFFF/0, false",
    "a.1.b.0/5, 0/4, false",
    "a.1.b.0/5, c.2.d.0/5, true",
    "0/1, now, false",
    "0/1, oldest, false"
  })
  void comparesPositionsAsNumbers(String position, String by, boolean reached) {
    assertThat(Positions.isReached(position, by)).isEqualTo(reached);
  }

  @Test
  void aMessageKnowsItsPositionAndWhetherItIsEmpty() {
    Message message = new Message("{\"change\":[]}", Optional.of("7f.1.5d.0/A"));
    assertThat(message.lsn()).contains("0/A");
    assertThat(message.isEmpty()).isTrue();
    String change = "{\"change\":[{\"columnvalues\":[\"\\\"change\\\":[]}\"]}]}";
    assertThat(new Message(change, Optional.empty()).isEmpty()).isFalse();
    assertThat(new Message(change, Optional.empty()).lsn()).isEmpty();
  }
}
