package org.pgdeltastream.client;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.ByteArrayInputStream;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class RowsTest {
  private static Rows of(String... lines) {
    return new Rows(new ByteArrayInputStream(String.join("\n", lines).getBytes(UTF_8)));
  }

  @Test
  void goesOnInASecondLoopWithoutLosingARow() {
    List<String> seen = new ArrayList<>();
    try (Rows rows = of("1", "2", "3", "{\"complete\":true,\"rows\":3}")) {
      for (String row : rows) {
        seen.add(row);
        break;
      }
      rows.forEach(seen::add);
    }
    assertThat(seen).containsExactly("1", "2", "3");
  }

  @Test
  void saysThatTheRowsBrokeOff() {
    try (Rows rows = of("1", "2")) {
      assertThatExceptionOfType(DeltaException.class)
          .isThrownBy(() -> rows.forEach(row -> {}))
          .matches(e -> e.code().equals("incomplete"));
    }
  }
}
