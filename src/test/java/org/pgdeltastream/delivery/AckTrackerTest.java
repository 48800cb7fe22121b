package org.pgdeltastream.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.delivery.AckTracker.Verdict;

class AckTrackerTest {
  private final AckTracker acks = new AckTracker(new Lsn(100));

  @Test
  void acceptsABoundaryThatWasSent() {
    acks.sending(new Lsn(200), 0, 0);

    assertThat(acks.acknowledge(new Lsn(200))).isEqualTo(Verdict.ACCEPTED);
    assertThat(acks.acknowledged()).isEqualTo(new Lsn(200));
  }

  @Test
  void countsAPositionBetweenTwoBoundariesAsTheLower() {
    acks.sending(new Lsn(200), 0, 0);
    acks.sending(new Lsn(300), 0, 0);

    assertThat(acks.acknowledge(new Lsn(299))).isEqualTo(Verdict.ACCEPTED);
    assertThat(acks.acknowledged()).isEqualTo(new Lsn(200));
  }

  @Test
  void ignoresWhatWasNotSentHere() {
    acks.sending(new Lsn(200), 0, 0);

    assertThat(acks.acknowledge(new Lsn(201))).isEqualTo(Verdict.IGNORED);
    assertThat(acks.acknowledged()).isEqualTo(new Lsn(100));
    assertThat(acks.ignored()).isEqualTo(1);
  }

  @Test
  void ignoresEverythingWhileNothingWasSent() {
    assertThat(acks.acknowledge(new Lsn(100))).isEqualTo(Verdict.IGNORED);
    assertThat(acks.acknowledge(new Lsn(500))).isEqualTo(Verdict.IGNORED);
    assertThat(acks.acknowledged()).isEqualTo(new Lsn(100));
  }

  @Test
  void neverGoesBack() {
    acks.sending(new Lsn(200), 0, 0);
    acks.sending(new Lsn(300), 0, 0);
    acks.acknowledge(new Lsn(300));

    assertThat(acks.acknowledge(new Lsn(200))).isEqualTo(Verdict.IGNORED);
    assertThat(acks.acknowledged()).isEqualTo(new Lsn(300));
  }

  @Test
  void ignoresTheFutureAlsoAfterEverythingWasAcknowledged() {
    acks.sending(new Lsn(200), 0, 0);
    acks.acknowledge(new Lsn(200));

    assertThat(acks.acknowledge(new Lsn(250))).isEqualTo(Verdict.IGNORED);
    assertThat(acks.acknowledged()).isEqualTo(new Lsn(200));
  }

  @Test
  void keepsTheNewestBoundaryWhenItThinsOut() {
    AckTracker small = new AckTracker(Lsn.NONE, 4);
    for (int i = 1; i <= 100; i++) {
      small.sending(new Lsn(i * 10L), 0, 0);
    }

    assertThat(small.acknowledge(new Lsn(1000))).isEqualTo(Verdict.ACCEPTED);
    assertThat(small.acknowledged()).isEqualTo(new Lsn(1000));
  }

  /** Whatever clients say: a sent boundary, at or below what they said, never below before. */
  @Test
  void onlyEverStandsOnASentBoundary() {
    long seed = 20_261_125;
    Random random = new Random(seed);
    AckTracker tracker = new AckTracker(Lsn.NONE, 64);
    TreeSet<Long> sent = new TreeSet<>();
    sent.add(0L);
    long end = 0;
    for (int i = 0; i < 200_000; i++) {
      if (random.nextInt(3) == 0) {
        end += 1 + random.nextInt(50);
        sent.add(end);
        tracker.sending(new Lsn(end), 0, 0);
      }
      long before = tracker.acknowledged().value();
      long said = random.nextInt(1000) + Math.max(0, end - 500);
      tracker.acknowledge(new Lsn(said));
      long after = tracker.acknowledged().value();
      boolean onBoundary = sent.contains(after);
      boolean inBounds = after >= before && after <= Math.max(before, Math.min(said, end));
      if (!onBoundary || !inBounds) {
        throw new AssertionError("seed %d, step %d: %d".formatted(seed, i, after));
      }
    }
  }
}
