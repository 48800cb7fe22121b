package org.pgdeltastream.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

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
  void namesTheValueThatIsWrong() {
    assertThatThrownBy(() -> Acknowledgement.parse("{\"lsn\":\"zz\"}"))
        .hasMessage("not an LSN: zz");
  }
}
