package org.pgdeltastream.slot.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.pgdeltastream.change.Lsn;

class BackoffTest {
  private static final Lsn HERE = new Lsn(100);

  private long now = -1; // a monotonic clock may stand anywhere
  private final Backoff backoff = new Backoff(Duration.ofSeconds(30), () -> now);

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
  void isExhaustedAfterTheHoldTimeHoweverLongEachAttemptTakes() {
    lost(HERE);
    pass(11); // an attempt that a dead host lets wait
    lost(HERE);
    pass(11);
    lost(HERE);
    assertThat(backoff.isExhausted()).isFalse();

    pass(11);
    lost(HERE);
    assertThat(backoff.isExhausted()).isTrue();
  }

  @Test
  void isExhaustedByConnectionsThatAllFailAtTheSamePlace() {
    lost(HERE);
    for (int attempt = 0; attempt < 7; attempt++) {
      backoff.connected();
      pass(5);
      lost(HERE);
    }
    assertThat(backoff.isExhausted()).isTrue();
  }

  @Test
  void isExhaustedInTheEndByConnectionsThatFailAtTheSamePlaceAfterAWhile() {
    for (int attempt = 0; attempt < 20; attempt++) {
      backoff.connected();
      pass(15);
      lost(HERE);
    }
    assertThat(backoff.isExhausted()).isTrue();
  }

  @Test
  void countsAnewFromAConnectionThatCameFurther() {
    lost(HERE);
    pass(29);
    backoff.connected();
    pass(2);
    lost(new Lsn(101));
    pass(29);

    assertThat(backoff.isExhausted()).isFalse();
  }

  @Test
  void countsAnewFromAConnectionThatLivedWithoutNews() {
    lost(HERE);
    backoff.connected();
    pass(3_600);
    lost(HERE);

    assertThat(backoff.isExhausted()).isFalse();
  }

  @Test
  void givesAnAttemptThatStillGoesOnTenSecondsAtLeast() {
    Backoff none = new Backoff(Duration.ZERO, () -> now);
    pass(9);
    assertThat(none.isOverdue()).isFalse();

    pass(2);
    assertThat(none.isOverdue()).isTrue();
    assertThat(backoff.isOverdue()).isFalse();
  }

  private void lost(Lsn reached) {
    backoff.lost(reached);
  }

  private void pass(int seconds) {
    now += Duration.ofSeconds(seconds).toNanos();
  }
}
