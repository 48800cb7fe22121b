package org.pgdeltastream.encoder;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ValueFormatTest {
  @ParameterizedTest
  @ValueSource(ints = {20, 21, 23, 26, 700, 701, 1700})
  void writesNumbersAsTheyAre(int oid) throws IOException {
    assertThat(written(oid, "-9223372036854775808")).isEqualTo("-9223372036854775808");
    assertThat(written(oid, "3.5000")).isEqualTo("3.5000");
    assertThat(written(oid, "-1e+300")).isEqualTo("-1e+300");
    assertThat(written(oid, "-")).isEqualTo("-");
  }

  @ParameterizedTest
  @ValueSource(strings = {"NaN", "Infinity", "-Infinity", ""})
  void writesNullForNumbersThatJsonDoesNotHave(String value) throws IOException {
    assertThat(written(701, value)).isEqualTo("null");
    assertThat(written(1700, value)).isEqualTo("null");
  }

  @Test
  void writesBooleansAsWords() throws IOException {
    assertThat(written(16, "t")).isEqualTo("true");
    assertThat(written(16, "f")).isEqualTo("false");
  }

  @ParameterizedTest
  @CsvSource({"\\x00ff10,00ff10", "\\x,''", "ABC,ABC"})
  void writesByteaAsHexWithoutItsPrefix(String value, String text) throws IOException {
    assertThat(written(17, value)).isEqualTo('"' + text + '"');
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "25 | a\\b | \"a\\\\b\"",
        "3802 | {\"a\": 1} | \"{\\\"a\\\": 1}\"",
        "1007 | {1,NULL,3} | \"{1,NULL,3}\"",
        "790 | $1.50 | \"$1.50\"",
        "1082 | infinity | \"infinity\"",
        "16443 | 42 | \"42\"",
        "-5 | x | \"x\""
      })
  void writesEverythingElseAsText(int oid, String value, String text) throws IOException {
    assertThat(written(oid, value)).isEqualTo(text);
  }

  private static String written(int oid, String value) throws IOException {
    JsonBuffer out = new JsonBuffer(full -> {});
    byte[] source = ("##" + value).getBytes(StandardCharsets.UTF_8);
    ValueFormat.of(oid).append(out, source, 2, source.length - 2);
    return new String(out.copy(), StandardCharsets.UTF_8);
  }
}
