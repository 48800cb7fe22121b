package org.pgdeltastream.change;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.pgdeltastream.change.HeapBudget.STEP;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class HeapShareTest {
  private final HeapBudget budget = new HeapBudget(10L * STEP);
  private final HeapShare share = budget.share();

  @Test
  void countsInLargeStepsAndLittleNotAtAll() {
    assertThat(share.tryHold(STEP - 1)).isTrue();
    assertThat(budget.free()).isEqualTo(10L * STEP);
    assertThat(share.tryHold(2L * STEP + 1)).isTrue();
    assertThat(budget.free()).isEqualTo(8L * STEP);
    assertThat(share.tryHold(STEP)).isTrue();
    assertThat(budget.free()).isEqualTo(9L * STEP);
  }

  @Test
  void refusesWhatIsNotThereAndKeepsWhatItHad() {
    share.holdAnyway(4L * STEP);
    HeapShare other = budget.share();
    assertThat(other.tryHold(7L * STEP)).isFalse();
    assertThat(other.tryHold(6L * STEP)).isTrue();
    assertThat(share.tryHold(5L * STEP)).isFalse();
    assertThat(budget.free()).isZero();
    other.close();
    assertThat(share.tryHold(5L * STEP)).isTrue();
  }

  @Test
  void tellsWhetherThereCanEverBeRoom() {
    share.holdAnyway(9L * STEP);
    HeapShare other = budget.share();
    assertThatThrownBy(() -> other.hold(2L * STEP))
        .isInstanceOfSatisfying(
            HeapUsedUpException.class, e -> assertThat(e.isHopeless()).isFalse());
    assertThatThrownBy(() -> other.hold(11L * STEP))
        .isInstanceOfSatisfying(
            HeapUsedUpException.class, e -> assertThat(e.isHopeless()).isTrue());
  }

  @Test
  void countsWhatIsThereAlreadySoThatOthersFeelIt() {
    share.holdAnyway(12L * STEP);
    assertThat(budget.free()).isEqualTo(-2L * STEP);
    assertThat(budget.share().tryHold(STEP)).isFalse();
    share.close();
    assertThat(budget.free()).isEqualTo(10L * STEP);
  }

  @Test
  void countsNothingOnceItIsClosed() {
    share.close();
    assertThat(share.tryHold(20L * STEP)).isTrue();
    share.holdAnyway(20L * STEP);
    share.close();
    assertThat(budget.free()).isEqualTo(10L * STEP);
  }

  @Test
  void waitsForRoomUntilItIsToldNotTo() throws Exception {
    HeapShare other = budget.share();
    share.holdAnyway(9L * STEP);
    assertThatThrownBy(() -> other.awaitHold(11L * STEP))
        .isInstanceOfSatisfying(
            HeapUsedUpException.class, e -> assertThat(e.isHopeless()).isTrue());
    Thread giver = new Thread(share::close);
    giver.start();
    other.awaitHold(2L * STEP);
    giver.join();
    assertThat(budget.free()).isEqualTo(8L * STEP);

    HeapShare third = budget.share();
    third.stopWaiting();
    assertThatThrownBy(() -> third.awaitHold(9L * STEP)).isInstanceOf(HeapUsedUpException.class);
    assertThat(budget.free()).isEqualTo(8L * STEP);
  }

  @Test
  void losesNothingWhateverManyThreadsDo() throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(8);
    try {
      for (int round = 0; round < 200; round++) {
        List<Future<?>> work = new ArrayList<>();
        for (int holder = 0; holder < 4; holder++) {
          HeapShare one = budget.share();
          Random random = new Random(31L * round + holder);
          work.add(threads.submit(() -> holdAndRelease(one, random)));
          work.add(threads.submit(one::close));
        }
        for (Future<?> done : work) {
          done.get(30, TimeUnit.SECONDS);
        }
        assertThat(budget.free()).as("round %d", round).isEqualTo(10L * STEP);
      }
    } finally {
      threads.shutdownNow();
    }
  }

  private static void holdAndRelease(HeapShare share, Random random) {
    for (int i = 0; i < 100; i++) {
      if (random.nextInt(4) == 0) {
        share.holdAnyway((long) random.nextInt(5) * STEP);
      } else {
        share.tryHold((long) random.nextInt(5) * STEP);
      }
    }
    share.close();
  }
}
