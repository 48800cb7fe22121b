package org.pgdeltastream.slot.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.pgdeltastream.replication.WalsenderState;

class SilenceCheckTest {
  private static final Duration SILENT = Duration.ofSeconds(10);

  private final SilenceCheck look = new SilenceCheck();

  @Test
  void asksNobodyWhileThereAreSignsOfLife() {
    assertThat(
            look.isDead(
                Duration.ofMillis(9_999),
                () -> {
                  throw new AssertionError("asked");
                }))
        .isFalse();
  }

  @Test
  void cutsASilentConnectionWhoseWalsenderWaitsThreeTimes() {
    assertThat(look.isDead(SILENT, () -> WalsenderState.WAITING)).isFalse();
    assertThat(look.isDead(SILENT, () -> WalsenderState.WAITING)).isFalse();
    assertThat(look.isDead(SILENT, () -> WalsenderState.WAITING)).isTrue();
  }

  @Test
  void neverCutsAWalsenderThatIsBusy() {
    for (int second = 0; second < 1_000; second++) {
      WalsenderState state = second % 3 == 0 ? WalsenderState.BUSY : WalsenderState.WAITING;
      assertThat(look.isDead(SILENT.plusSeconds(second), () -> state)).isFalse();
    }
  }

  @Test
  void countsAnewAfterASignOfLife() {
    look.isDead(SILENT, () -> WalsenderState.WAITING);
    look.isDead(SILENT, () -> WalsenderState.WAITING);
    look.isDead(Duration.ZERO, () -> WalsenderState.WAITING);

    assertThat(look.isDead(SILENT, () -> WalsenderState.WAITING)).isFalse();
  }

  @Test
  void cutsAtOnceWhereTheWalsenderIsGoneOrPostgresTooIsSilent() {
    assertThat(look.isDead(SILENT, () -> WalsenderState.GONE)).isTrue();
    assertThat(look.isDead(SILENT, () -> WalsenderState.UNKNOWN)).isTrue();
  }
}
