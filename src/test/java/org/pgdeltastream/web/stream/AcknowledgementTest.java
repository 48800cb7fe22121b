package org.pgdeltastream.web.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.pgdeltastream.change.Lsn;

class AcknowledgementTest {
  @Test
  void readsAPosition() {
    assertThat(Acknowledgement.parse("{\"lsn\":\"0/170FCB0\"}"))
        .isEqualTo(new Acknowledgement(Lsn.parse("0/170FCB0"), false));
  }

  @Test
  void readsTheWishForAReply() {
    assertThat(Acknowledgement.parse(" {\"lsn\":\"0/1\", \"reply\":true} ").reply()).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "{}",
        "[]",
        "1",
        "\"0/1\"",
        "null",
        "{\"lsn\":5}",
        "{\"lsn\":\"zz\"}",
        "{\"lsn\":\"0/1\"",
        "{\"lsn\":\"0/1\"} x",
        "{\"lsn\":\"0/1\",\"reply\":1}",
        "{\"lsn\":\"0/1\",\"more\":1}"
      })
  void refusesEverythingElse(String message) {
    assertThatThrownBy(() -> Acknowledgement.parse(message))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void refusesAnyTextAndNothingElse() {
    Random random = new Random(15);
    String alphabet = "{}[]\",:\\u0019eE+-.lsn/true \u0085\u009b\0";
    for (int i = 0; i < 20_000; i++) {
      StringBuilder text = new StringBuilder();
      for (int j = random.nextInt(20); j > 0; j--) {
        text.append(alphabet.charAt(random.nextInt(alphabet.length())));
      }
      assertThatThrownBy(() -> Acknowledgement.parse(text.toString()))
          .as("for '%s'", text)
          .isExactlyInstanceOf(IllegalArgumentException.class);
    }
    assertThatThrownBy(() -> Acknowledgement.parse("[".repeat(4000)))
        .isExactlyInstanceOf(IllegalArgumentException.class);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "canary",
        "[\"canary\"]",
        "{\"canary\":1}",
        "{\"lsn\":\"canary\"}",
        "{\"lsn\":\"0/1\",\"reply\":\"canary\"}"
      })
  void saysWhatIsWrongWithoutRepeatingWhatMayBeARow(String message) {
    assertThatThrownBy(() -> Acknowledgement.parse(message))
        .message()
        .doesNotContain("canary")
        .containsAnyOf("characters", "true or false");
  }
}
