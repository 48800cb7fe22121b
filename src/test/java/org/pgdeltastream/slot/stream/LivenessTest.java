package org.pgdeltastream.slot.stream;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class LivenessTest {
  private final long start = System.nanoTime();
  private final Liveness liveness = new Liveness(Duration.ofSeconds(10), Duration.ofSeconds(15));

  @Test
  void pingsAQuietClientAgainAndAgain() {
    assertThat(liveness.pingIsDue(at(9), 0)).isFalse();
    assertThat(liveness.pingIsDue(at(11), 0)).isTrue();
    assertThat(liveness.pingIsDue(at(12), 0)).isFalse();
    assertThat(liveness.pingIsDue(at(22), 0)).isTrue();
  }

  @Test
  void takesAClientThatAnswersNoneOfItsPingsForGone() {
    liveness.pingIsDue(at(11), 0);
    liveness.pingIsDue(at(22), 0);
    assertThat(liveness.isSilent(at(25), at(0))).isFalse();
    assertThat(liveness.isSilent(at(27), at(0))).isTrue();
  }

  @Test
  void waitsForTheAnswerToTheFirstPingSinceItWasHeard() {
    liveness.pingIsDue(at(11), 0);
    liveness.heard(at(12), 0);
    liveness.pingIsDue(at(23), 0);
    assertThat(liveness.isSilent(at(30), at(0))).isFalse();
    liveness.heard(at(31), 0);
    assertThat(liveness.isSilent(at(60), at(0))).isFalse();
  }

  @Test
  void givesASlowClientTheTimeToReadWhatThePingLiesBehind() {
    liveness.heard(at(1), 1_000_000);
    liveness.pingIsDue(at(12), 1_400_000); // 20 s at 20 KB/s
    liveness.pingIsDue(at(23), 9_000_000);
    assertThat(liveness.isSilent(at(46), at(0))).isFalse();
    assertThat(liveness.isSilent(at(48), at(0))).isTrue();
  }

  @Test
  void givesAClientThatTakesWhatItIsSentTheSameTimeFromThen() {
    liveness.pingIsDue(at(11), 0);
    assertThat(liveness.isSilent(at(30), at(20))).isFalse();
    assertThat(liveness.isSilent(at(36), at(20))).isTrue();
  }

  private long at(int seconds) {
    return start + Duration.ofSeconds(seconds).toNanos();
  }
}
