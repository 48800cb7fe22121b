package org.pgdeltastream.change;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SlotNameTest {
  @Test
  void takesWhatPostgresTakes() {
    assertThat(new SlotName("a".repeat(63))).hasToString("a".repeat(63));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "Delta", "a-b", "a\n", "a;drop", "a\"", "ä", "a b", "a\0"})
  void refusesWhatCouldBecomeSql(String text) {
    assertThatThrownBy(() -> new SlotName(text)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void refusesWhatPostgresWouldCut() {
    assertThatThrownBy(() -> new SlotName("a".repeat(64)))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void quotesIdentifiersInOnePlace() {
    assertThat(new TableName("s\"x", "a.b").quoted()).isEqualTo("\"s\"\"x\".\"a.b\"");
  }
}
