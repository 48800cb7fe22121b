package org.pgdeltastream.snapshot;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.pgdeltastream.change.MalformedMessageException;

class CopyTextParserTest {
  @Test
  void splitsAtTabs() {
    assertThat(parsed(3, "1\tAda\tü€😀\n")).containsExactly("1", "Ada", "ü€😀");
  }

  @Test
  void emptyIsNotNull() {
    assertThat(parsed(4, "\t\\N\t\t\\N\n")).containsExactly("", "NULL", "", "NULL");
    assertThat(parsed(1, "\n")).containsExactly("");
    assertThat(parsed(1, "\\N\n")).containsExactly("NULL");
  }

  @Test
  void textThatLooksLikeNullIsText() {
    assertThat(parsed(2, "\\\\N\tN\n")).containsExactly("\\N", "N");
  }

  @Test
  void resolvesEscapes() {
    assertThat(parsed(2, "a\\b\\f\\n\\r\\t\\v\\\\z\t\\\\.\n"))
        .containsExactly("a\b\f\n\r\t\u000B\\z", "\\.");
  }

  @Test
  void rowWithoutColumnsHasNoValues() {
    assertThat(parsed(0, "\n")).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '`',
      value = {"1, a\\tb|", "2, a|", "1, a", "1, ``", "0, a|", "1, a\\\\|", "3, a\\t\\N|"})
  void refusesWhatIsNoRow(int columns, String text) {
    String row = text.replace("\\t", "\t").replace("\\\\", "\\").replace("|", "\n");
    assertThatExceptionOfType(MalformedMessageException.class)
        .isThrownBy(() -> parsed(columns, row));
  }

  @Test
  void anyBytesParseOrAreRefused() {
    Random random = new Random(7);
    byte[] alphabet = "\\\\\\NNbt\t\tax\n".getBytes(UTF_8);
    for (int round = 0; round < 100_000; round++) {
      byte[] row = new byte[random.nextInt(12)];
      for (int i = 0; i < row.length; i++) {
        row[i] = alphabet[random.nextInt(alphabet.length)];
      }
      try {
        assertThat(new CopyTextParser(2).parse(row).size()).isEqualTo(2);
      } catch (MalformedMessageException expected) {
        assertThat(expected).hasMessageContaining("row");
      }
    }
  }

  private static List<String> parsed(int columns, String row) {
    var tuple = new CopyTextParser(columns).parse(row.getBytes(UTF_8));
    List<String> values = new ArrayList<>();
    for (int column = 0; column < tuple.size(); column++) {
      values.add(RecordedRows.value(tuple, column));
    }
    return values;
  }
}
