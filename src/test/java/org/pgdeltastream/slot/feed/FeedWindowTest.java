package org.pgdeltastream.slot.feed;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.pgdeltastream.change.Lsn;

@Timeout(value = 10, unit = TimeUnit.SECONDS)
class FeedWindowTest {
  private static final long SECOND = Duration.ofSeconds(1).toNanos();

  private final FeedWindow window = new FeedWindow(1_000, Duration.ofSeconds(10));

  @Test
  void endsAfterSoManyBytes() {
    assertThat(start(900, 0)).isEqualTo(0);
    assertThat(start(1_000, 1)).isEqualTo(0);
    assertThat(start(1_001, 2)).isEqualTo(1);
    assertThat(start(5_000, 3)).isEqualTo(4_000);
    assertThat(start(5_000, 4)).isEqualTo(4_000);
  }

  @Test
  void endsAfterSoLong() {
    assertThat(start(100, 0)).isEqualTo(0);
    assertThat(start(200, 5)).isEqualTo(0);
    assertThat(start(300, 9)).isEqualTo(0);
    assertThat(start(300, 11)).isEqualTo(100);
    assertThat(start(300, 16)).isEqualTo(200);
    assertThat(start(300, 60)).isEqualTo(300);
    assertThat(start(350, 61)).isEqualTo(300);
  }

  @Test
  void neverGoesBack() {
    assertThat(start(5_000, 0)).isEqualTo(4_000);
    assertThat(start(4_500, 5)).isEqualTo(4_000);
    assertThat(start(5_100, 20)).isEqualTo(5_000);
    assertThat(start(5_200, 100)).isEqualTo(5_100);
  }

  private long start(long head, long seconds) {
    return window.start(new Lsn(head), -5 * SECOND + seconds * SECOND).value();
  }
}
