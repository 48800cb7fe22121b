package org.pgdeltastream.slot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.RejectedExecutionException;
import org.junit.jupiter.api.Test;

class AheadThreadsTest {
  private final Deque<Runnable> running = new ArrayDeque<>();

  @Test
  void takesAFewThreadsAndGivesEachBackHoweverItsTaskEnds() {
    AheadThreads threads = new AheadThreads(running::add);
    for (int task = 0; task < AheadThreads.MOST; task++) {
      threads.execute(
          () -> {
            throw new IllegalStateException("the connection was closed");
          });
    }
    assertRefused(threads);

    assertThatThrownBy(running.remove()::run).isInstanceOf(IllegalStateException.class);
    threads.execute(() -> {});
    assertRefused(threads);
    assertThat(running).hasSize(AheadThreads.MOST);
  }

  @Test
  void keepsNoneThatTheReadersHaveNot() {
    Deque<Runnable> none = new ArrayDeque<>();
    boolean[] room = {false};
    AheadThreads threads =
        new AheadThreads(
            task -> {
              if (!room[0]) {
                throw new RejectedExecutionException("all threads are busy");
              }
              none.add(task);
            });
    for (int task = 0; task < 2 * AheadThreads.MOST; task++) {
      assertRefused(threads);
    }
    room[0] = true;
    threads.execute(() -> {});
    assertThat(none).hasSize(1);
  }

  private static void assertRefused(AheadThreads threads) {
    assertThatThrownBy(() -> threads.execute(() -> {}))
        .isInstanceOf(RejectedExecutionException.class);
  }
}
