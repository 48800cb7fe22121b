package org.pgdeltastream.change;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ShownTest {
  @ParameterizedTest
  @CsvSource({
    "plain 'text', plain 'text'",
    "'a\u009bb', a\\u009bb",
    "'\u0085', \\u0085",
    "'\u007f\u0000\u001b', \\u007f\\u0000\\u001b",
    "'\u202e', \\u202e",
    "Stra\u00dfe, Stra\\u00dfe",
    "\ud83d\ude00, \\ud83d\\ude00",
  })
  void escapesWhatIsNotPrintableAscii(String text, String shown) {
    assertThat(Shown.of(text)).isEqualTo(shown);
  }

  @Test
  void isBoundedWhateverIsEscaped() {
    assertThat(Shown.of("x".repeat(80))).isEqualTo("x".repeat(80));
    assertThat(Shown.of("x".repeat(4000))).isEqualTo("x".repeat(80) + "...");
    assertThat(Shown.of("\u2603".repeat(4000))).hasSizeLessThanOrEqualTo(83).endsWith("...");
  }
}
