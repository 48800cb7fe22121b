package org.pgdeltastream.change;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LsnTest {
  @ParameterizedTest
  @ValueSource(strings = {"0/0", "16/3002D50", "FFFFFFFF/FFFFFFFF", "0/170FCB0"})
  void printsWhatItRead(String text) {
    assertThat(Lsn.parse(text)).hasToString(text);
  }

  @Test
  void readsLowerCase() {
    assertThat(Lsn.parse("a/b0c")).isEqualTo(Lsn.parse("A/B0C"));
  }

  @Test
  void sortsUnsigned() {
    assertThat(Lsn.parse("FFFFFFFF/0").isAfter(Lsn.parse("0/1"))).isTrue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "0", "/", "0/", "/0", "0/0/0", "0/123456789", "g/0", " 0/0", "٣/0"})
  void refusesEverythingElse(String text) {
    assertThatThrownBy(() -> Lsn.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("Not an LSN");
  }
}
