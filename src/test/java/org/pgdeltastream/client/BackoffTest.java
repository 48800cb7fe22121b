package org.pgdeltastream.client;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class BackoffTest {
  @Test
  void doublesUpToTwentySecondsAndBeginsAnewAfterAMessage() {
    Backoff backoff = new Backoff(() -> 1);
    assertThat(pauses(backoff, 10))
        .containsExactly(250L, 500L, 1000L, 2000L, 4000L, 8000L, 16000L, 20000L, 20000L, 20000L);
    backoff.succeeded();
    assertThat(pauses(backoff, 2)).containsExactly(250L, 500L);
  }

  @Test
  void takesAnyPartOfThatSoThatNotAllComeAtOnce() {
    assertThat(pauses(new Backoff(() -> 0), 3)).containsExactly(0L, 0L, 0L);
    assertThat(pauses(new Backoff(() -> 0.5), 3)).containsExactly(125L, 250L, 500L);
  }

  @Test
  void waitsAtLeastAsLongAsTheServerAsksButNotForEver() {
    assertThat(new Backoff(() -> 0.5).next(5).toMillis()).isEqualTo(5125);
    assertThat(new Backoff(() -> 0).next(999_999_999).toMinutes()).isEqualTo(10);
  }

  private static List<Long> pauses(Backoff backoff, int times) {
    return LongStream.range(0, times).mapToObj(i -> backoff.next(0).toMillis()).toList();
  }
}
