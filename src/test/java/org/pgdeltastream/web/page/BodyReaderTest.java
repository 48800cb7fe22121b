package org.pgdeltastream.web.page;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.pgdeltastream.change.Problem;
import org.pgdeltastream.change.ProblemException;
import org.pgdeltastream.web.http.BodyReader;
import org.pgdeltastream.web.http.JsonTree;

class BodyReaderTest {
  @Test
  void keepsEachValueAsItWasSent() {
    assertThat(BodyReader.parse(" {\"a\":[1e400,\"x\",true,null],\"b\":{}} "))
        .isEqualTo(
            new JsonTree.Fields(
                Map.of(
                    "a",
                    new JsonTree.Items(
                        List.of(
                            new JsonTree.Numeral("1e400"),
                            new JsonTree.Text("x"),
                            new JsonTree.Flag(true),
                            new JsonTree.Null())),
                    "b",
                    new JsonTree.Fields(Map.of()))));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " ",
        "{",
        "}",
        "[",
        "{\"a\"}",
        "{\"a\":}",
        "{\"a\":1,}",
        "{a:1}",
        "{'a':1}",
        "{\"a\":01}",
        "{\"a\":NaN}",
        "{\"a\":\"\u0001\"}",
        "{} {}",
        "{} x",
        "[1]]",
        "table=users&limit=1",
        "\"\\x\"",
        "/* */{}"
      })
  void refusesWhatIsNotOneJsonText(String text) {
    assertThatThrownBy(() -> BodyReader.parse(text))
        .isInstanceOf(ProblemException.class)
        .extracting(e -> ((ProblemException) e).problem())
        .isEqualTo(Problem.BAD_REQUEST);
  }

  @Test
  void refusesAFieldGivenTwice() {
    assertThatThrownBy(() -> BodyReader.parse("{\"a\":1,\"\\u0061\":2}"))
        .hasMessage("Field 'a' is given twice");
  }

  @Test
  void refusesDeepNesting() {
    assertThat(BodyReader.parse("[".repeat(9) + "]".repeat(9))).isNotNull();
    assertThatThrownBy(() -> BodyReader.parse("[".repeat(30_000)))
        .hasMessage("The body is nested deeper than 9");
    assertThatThrownBy(() -> BodyReader.parse("{\"a\":".repeat(10) + "1" + "}".repeat(10)))
        .hasMessage("The body is nested deeper than 9");
  }

  @ParameterizedTest
  @ValueSource(strings = {"1e999999999", "1e99999999999", "-1E-99999999999"})
  void doesNotReckonWithHugeNumbers(String number) {
    assertThat(BodyReader.parse(number)).isEqualTo(new JsonTree.Numeral(number));
  }

  @Test
  void takesAFullBodyAndRefusesOneByteMore() throws IOException {
    byte[] full = ("[" + "1".repeat(BodyReader.MOST_BYTES - 2) + "]").getBytes(US_ASCII);
    assertThat(BodyReader.read(full)).isNotNull();
    byte[] more = (" [" + "1".repeat(BodyReader.MOST_BYTES - 2) + "]").getBytes(US_ASCII);
    assertThatThrownBy(() -> BodyReader.read(more))
        .extracting(e -> ((ProblemException) e).problem())
        .isEqualTo(Problem.PAYLOAD_TOO_LARGE);
  }

  @Test
  void takesAStringThatFillsTheBody() throws IOException {
    String text = "x".repeat(BodyReader.MOST_BYTES - 2);
    byte[] full = ('"' + text + '"').getBytes(US_ASCII);
    assertThat(BodyReader.read(full)).isEqualTo(new JsonTree.Text(text));
  }

  @Test
  void refusesBytesThatAreNotUtf8() {
    byte[] latin = {'"', (byte) 0xE4, '"'};
    assertThatThrownBy(() -> BodyReader.read(latin)).hasMessage("The body is not UTF-8");
  }

  @Test
  void refusesOrReadsRandomBytesAndNothingElse() throws IOException {
    Random random = new Random(7);
    String alphabet = "{}[]\",:\\u0019eE+-.tfn true null\u00e4/";
    for (int i = 0; i < 20_000; i++) {
      StringBuilder text = new StringBuilder();
      for (int j = random.nextInt(20); j >= 0; j--) {
        text.append(alphabet.charAt(random.nextInt(alphabet.length())));
      }
      try {
        PageBody.read(BodyReader.parse(text.toString()), 10);
      } catch (ProblemException e) {
        assertThat(e.problem()).as("for %s", text).isEqualTo(Problem.BAD_REQUEST);
      }
    }
  }
}
