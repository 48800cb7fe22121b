package org.pgdeltastream.slot;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class BackoffTest {
  private final Backoff backoff = new Backoff(Duration.ofDays(1));

  @Test
  void triesSoonAndThenAtGrowingTimesUpToTwoSeconds() {
    long longest = 0;
    for (int attempt = 0; attempt < 1_000; attempt++) {
      long millis = backoff.next().toMillis();
      long most = Math.min(2_000, 100L << Math.min(attempt / 2, 10));
      assertThat(millis).as("attempt %d", attempt).isBetween(1L, most);
      longest = Math.max(longest, millis);
    }
    assertThat(longest).as("full jitter").isGreaterThan(1_500);
  }

  @Test
  void isExhaustedAfterTheHoldTime() {
    Backoff none = new Backoff(Duration.ZERO);
    none.next();

    assertThat(none.isExhausted()).isTrue();
    assertThat(backoff.isExhausted()).isFalse();
  }
}
