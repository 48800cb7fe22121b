package org.pgdeltastream.encoder;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HeadTest {
  @ParameterizedTest
  @CsvSource({
    "0, 2000-01-01 00:00:00+00",
    "-1, 1999-12-31 23:59:59.999999+00",
    "500000, 2000-01-01 00:00:00.5+00",
    "848837463894656, 2026-11-24 12:11:03.894656+00",
  })
  void printsTimesAsPostgresDoes(long micros, String text) {
    assertThat(Head.time(micros)).isEqualTo(text);
  }
}
