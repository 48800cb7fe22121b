package org.pgdeltastream.rights;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigDecimal;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ClaimsTest {
  private static final Claims CLAIMS =
      new Claims(
          Map.of(
              "sub",
              "ann",
              "number",
              12345678901L,
              "real",
              new BigDecimal("1e21"),
              "long",
              new BigDecimal("12345678901234567890.10"),
              "flag",
              true,
              "a.b",
              "whole",
              "a",
              Map.of("b", "member", "c", Map.of("d.e", "deep")),
              "regions",
              List.of("de", "fr", 3),
              "none",
              List.of(),
              "mixed",
              List.of("de", Map.of())));

  @ParameterizedTest
  @CsvSource({
    "sub, ann",
    "number, 12345678901",
    "real, 1000000000000000000000",
    "long, 12345678901234567890.1",
    "flag, true",
    "a.b, whole",
    "a.c.d.e, deep",
  })
  void hasOneValue(String name, String value) {
    assertThat(CLAIMS.values(name)).contains(new Claims.Values(List.of(value), false));
  }

  @Test
  void hasAList() {
    assertThat(CLAIMS.values("regions"))
        .contains(new Claims.Values(List.of("de", "fr", "3"), true));
    assertThat(CLAIMS.values("none")).contains(new Claims.Values(List.of(), true));
  }

  @ParameterizedTest
  @CsvSource({"other", "a", "a.x", "a.c", "mixed", "sub.x", "'.'", "''"})
  void hasNothingElse(String name) {
    assertThat(CLAIMS.values(name)).isEqualTo(Optional.empty());
  }
}
