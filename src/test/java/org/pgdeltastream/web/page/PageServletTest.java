package org.pgdeltastream.web.page;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PageServletTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "application/json | true",
        "Application/JSON;charset=utf-8 | true",
        "text/html, */*;q=0.1 | true",
        "application/* | true",
        "text/html | false",
        "application/json;q=0 | false",
        "application/vnd.x+json | false",
      })
  void answersThoseWhoTakeJson(String accept, boolean taken) {
    assertThat(PageServlet.takesJson(List.of(accept))).isEqualTo(taken);
  }

  @Test
  void answersThoseWhoSayNothing() {
    assertThat(PageServlet.takesJson(List.of())).isTrue();
  }
}
