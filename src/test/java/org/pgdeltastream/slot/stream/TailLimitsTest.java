package org.pgdeltastream.slot.stream;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.pgdeltastream.change.Lsn;

class TailLimitsTest {
  private static final long SECOND = 1_000_000_000;
  private static final Lsn CONFIRMED = new Lsn(1000);
  private static final Lsn ALLOWED = new Lsn(1000 + (64 << 20));
  private static final Lsn BEYOND = new Lsn(1001 + (64 << 20));

  private final TailLimits limits = new TailLimits(Duration.ofSeconds(100), 5 * SECOND);

  @Test
  void endsAfterItsTime() {
    assertThat(limits.exceeded(Lsn.NONE, Lsn.NONE, 105 * SECOND)).isEmpty();
    assertThat(limits.exceeded(Lsn.NONE, Lsn.NONE, 105 * SECOND + 1))
        .contains("a tail ends after 100 s; connect again");
  }

  @Test
  void endsWhereItKeepsMuchWalForLong() {
    assertThat(limits.exceeded(BEYOND, CONFIRMED, 6 * SECOND)).isEmpty();
    assertThat(limits.exceeded(BEYOND, CONFIRMED, 16 * SECOND)).isEmpty();
    assertThat(limits.exceeded(BEYOND, CONFIRMED, 17 * SECOND)).isPresent();
  }

  @Test
  void goesOnWhereItWasBehindForAMoment() {
    assertThat(limits.exceeded(BEYOND, CONFIRMED, 6 * SECOND)).isEmpty();
    assertThat(limits.exceeded(ALLOWED, CONFIRMED, 15 * SECOND)).isEmpty();
    assertThat(limits.exceeded(BEYOND, CONFIRMED, 17 * SECOND)).isEmpty();
    assertThat(limits.exceeded(BEYOND, Lsn.NONE, 60 * SECOND)).as("not begun").isEmpty();
  }
}
