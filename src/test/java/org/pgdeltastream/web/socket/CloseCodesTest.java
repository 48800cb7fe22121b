package org.pgdeltastream.web.socket;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.pgdeltastream.delivery.CloseReason;

class CloseCodesTest {
  @Test
  void givesEveryReasonANumberOfItsOwn() {
    long numbers =
        Arrays.stream(CloseReason.values()).mapToInt(CloseCodes::code).distinct().count();
    assertThat(numbers).isEqualTo(CloseReason.values().length);
  }

  @Test
  void tellsByTheRangeWhetherReconnectingHelps() {
    assertThat(CloseCodes.code(CloseReason.UPSTREAM_LOST)).isBetween(4000, 4499);
    assertThat(CloseCodes.code(CloseReason.SLOT_NOT_FOUND)).isBetween(4500, 4999);
  }

  @Test
  void cutsAReasonWhereACloseFrameEnds() {
    String text = CloseCodes.text(CloseReason.BAD_ACK, "€".repeat(100));
    assertThat(text.getBytes(UTF_8).length).isLessThanOrEqualTo(123);
    assertThat(text).startsWith("bad_ack: €").endsWith("€");
  }

  @Test
  void usesTheContractsWord() {
    assertThat(CloseCodes.name(CloseReason.SLOW_SUBSCRIBER)).isEqualTo("slow_consumer");
  }
}
