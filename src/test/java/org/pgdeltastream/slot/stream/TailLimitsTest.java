package org.pgdeltastream.slot.stream;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.pgdeltastream.change.Lsn;

class TailLimitsTest {
  private static final long SECOND = 1_000_000_000;

  private final TailLimits limits = new TailLimits(Duration.ofSeconds(10), 5 * SECOND);

  @Test
  void endsAfterItsTime() {
    assertThat(limits.exceeded(Lsn.NONE, Lsn.NONE, 15 * SECOND)).isEmpty();
    assertThat(limits.exceeded(Lsn.NONE, Lsn.NONE, 15 * SECOND + 1))
        .contains("a tail ends after 10 s; connect again");
  }

  @Test
  void endsWhereItKeepsMuchWal() {
    Lsn reached = new Lsn(1000);
    assertThat(limits.exceeded(new Lsn(1000 + (64 << 20)), reached, 6 * SECOND)).isEmpty();
    assertThat(limits.exceeded(new Lsn(1001 + (64 << 20)), reached, 6 * SECOND)).isPresent();
    assertThat(limits.exceeded(new Lsn(1L << 40), Lsn.NONE, 6 * SECOND)).as("not begun").isEmpty();
  }
}
