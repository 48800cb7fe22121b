package org.pgdeltastream.slot.guard;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

class ForecastTest {
  private final Forecast forecast = new Forecast();

  private void note(int second, long bytes) {
    forecast.note(Duration.ofSeconds(second).toNanos(), bytes);
  }

  @Test
  void continuesTheGrowthUpToTheLimit() {
    for (int second = 0; second <= 60; second += 5) {
      note(second, 1_000 + 10L * second);
    }
    assertThat(forecast.fullIn(OptionalLong.of(2_600))).contains(Duration.ofSeconds(100));
    assertThat(forecast.fullIn(OptionalLong.empty())).isEmpty();
  }

  @Test
  void saysNothingInItsFirstHalfMinute() {
    note(0, 0);
    note(29, 1_000_000);
    assertThat(forecast.fullIn(OptionalLong.of(2_000_000))).isEmpty();
    note(30, 1_000_000);
    assertThat(forecast.fullIn(OptionalLong.of(2_000_000))).contains(Duration.ofSeconds(30));
  }

  @Test
  void saysNothingOfASlotThatDoesNotGrow() {
    note(0, 1_000);
    note(60, 1_000);
    assertThat(forecast.fullIn(OptionalLong.of(2_000))).isEmpty();
    note(120, 10);
    assertThat(forecast.fullIn(OptionalLong.of(2_000))).isEmpty();
  }

  @Test
  void forgetsWhatIsOlderThanTenMinutes() {
    note(0, 1_000_000); // growth that ended with this
    for (int second = 5; second <= 605; second += 5) {
      note(second, second);
    }
    assertThat(forecast.fullIn(OptionalLong.of(1_205))).contains(Duration.ofMinutes(10));
  }

  @Test
  void isFullAtTheLimit() {
    note(0, 10);
    assertThat(forecast.fullIn(OptionalLong.of(10))).contains(Duration.ZERO);
  }
}
