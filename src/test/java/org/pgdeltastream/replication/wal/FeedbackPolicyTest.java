package org.pgdeltastream.replication.wal;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.pgdeltastream.change.Lsn;

class FeedbackPolicyTest {
  private static final Lsn FIRST = new Lsn(100);
  private static final Lsn SECOND = new Lsn(200);

  private final FeedbackPolicy policy = new FeedbackPolicy(0);

  @Test
  void reportsAtOnceAtTheStart() {
    assertThat(policy.isDue(FIRST, 0)).isTrue();
  }

  @Test
  void reportsEverySecondAsASignOfLife() {
    policy.report(FIRST, 0);
    assertThat(policy.isDue(FIRST, TimeUnit.MILLISECONDS.toNanos(999))).isFalse();
    assertThat(policy.isDue(FIRST, TimeUnit.SECONDS.toNanos(1))).isTrue();
  }

  @Test
  void reportsAMovedPositionTenTimesASecondAtMost() {
    policy.report(FIRST, 0);
    assertThat(policy.isDue(SECOND, TimeUnit.MILLISECONDS.toNanos(99))).isFalse();
    assertThat(policy.isDue(SECOND, TimeUnit.MILLISECONDS.toNanos(100))).isTrue();
  }

  @Test
  void reportsAtOnceWhenTheServerAsks() {
    policy.report(FIRST, 0);
    policy.replyRequested();
    assertThat(policy.isDue(FIRST, 1)).isTrue();
  }

  @Test
  void neverReportsLessThanBefore() {
    policy.report(SECOND, 0);
    assertThat(policy.report(FIRST, 1)).isEqualTo(SECOND);
  }
}
