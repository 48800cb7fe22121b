package org.pgdeltastream.snapshot.table;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PageStartTest {
  @Test
  void isReadAsItIsWritten() {
    String text = "16384 (7,2) 1alv1600dfn3afv";
    assertThat(PageStart.parse(text).orElseThrow()).hasToString(text);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", " ", "5 (7,2)", "5 (7,2) ", "5 (7,2) 1al", "(7,2) 1alv", "5 (7,2) 1alvx"})
  void anythingElseIsNone(String text) {
    assertThat(PageStart.parse(text)).isEmpty();
  }
}
