package org.pgdeltastream.web.rest;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DoctorResourceTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "text/plain | true",
        "text/*;q=0.9, application/json;q=0.5 | true",
        "application/json, text/plain;q=0.9 | false",
        "text/plain;q=0 | false",
        "text/plain;q=0.5, */* | false",
        "text/html | false",
        "*/* | false"
      })
  void answersTextWhereItIsLikedBetter(String accept, boolean text) {
    assertThat(DoctorResource.likesText(List.of(accept))).isEqualTo(text);
  }
}
