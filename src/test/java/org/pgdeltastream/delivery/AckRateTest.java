package org.pgdeltastream.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class AckRateTest {
  private final AckRate rate = new AckRate(0);

  @Test
  void letsAThousandASecondPassForEver() {
    assertThat(floods(60, 1_000)).isFalse();
  }

  @Test
  void letsAShortBurstPass() {
    assertThat(floods(4, 50_000)).isFalse();
    assertThat(floods(60, 10)).isFalse();
  }

  @Test
  void tellsAFloodOfFiveSeconds() {
    assertThat(floods(6, 1_100)).isTrue();
  }

  private long second;

  private boolean floods(int seconds, int each) {
    boolean flood = false;
    for (int i = 0; i < seconds; i++, second++) {
      for (int n = 0; n < each; n++) {
        flood |= rate.isFlood(second * 1_000_000_000L + n);
      }
    }
    return flood;
  }
}
