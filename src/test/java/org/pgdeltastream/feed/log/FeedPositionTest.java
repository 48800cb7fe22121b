package org.pgdeltastream.feed.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.pgdeltastream.change.Lsn;

@Timeout(value = 10, unit = TimeUnit.SECONDS)
class FeedPositionTest {
  private static final FeedPosition.Stamp HERE = new FeedPosition.Stamp(0x7f3a9c1e, 1, 0x5d2e8a01);

  @ParameterizedTest
  @ValueSource(
      strings = {
        "7f3a9c1e.1.5d2e8a01.0/1792448",
        "00000001.999999999.ffffffff.FFFFFFFF/FFFFFFFF",
        "16/3002D50",
        "0/0"
      })
  void readsWhatItWrites(String text) {
    assertThat(FeedPosition.parse(text)).hasToString(text);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "now",
        "7f3a9c1e.1.5d2e8a01",
        "7f3a9c1e.1.5d2e8a01.",
        "7F3A9C1E.1.5d2e8a01.0/1",
        "7f3a9c1e.1.5d2e8a0.0/1",
        "7f3a9c1e.-1.5d2e8a01.0/1",
        "7f3a9c1e.1234567890.5d2e8a01.0/1",
        "7f3a9c1e.1.5d2e8a01.0/1.0/1",
        " 0/1",
        "0/1\n",
        "0/123456789"
      })
  void refusesOtherTexts(String text) {
    assertThatIllegalArgumentException().isThrownBy(() -> FeedPosition.parse(text));
  }

  @Test
  void saysWhatDoesNotFit() {
    Lsn lsn = new Lsn(1);
    assertThat(HERE.at(lsn).mismatch(HERE, Map.of())).isEmpty();
    assertThat(FeedPosition.of(lsn).mismatch(HERE, Map.of())).isEmpty();
    assertThat(at(1, 2, 3).mismatch(HERE, Map.of())).contains("system");
    assertThat(at(HERE.system(), 2, 3).mismatch(HERE, Map.of())).contains("timeline");
    assertThat(at(HERE.system(), 1, 3).mismatch(HERE, Map.of())).contains("view");
  }

  @Test
  void isValidOnATimelineThatLeftItsOwnLater() {
    FeedPosition.Stamp later = new FeedPosition.Stamp(HERE.system(), 3, HERE.view());
    FeedPosition position = HERE.at(new Lsn(100));
    assertThat(position.mismatch(later, Map.of(1, new Lsn(100), 2, new Lsn(150)))).isEmpty();
    assertThat(position.mismatch(later, Map.of(1, new Lsn(99), 2, new Lsn(150))))
        .contains("timeline");
    assertThat(position.mismatch(later, Map.of(2, new Lsn(150)))).contains("timeline");
    assertThat(later.at(new Lsn(100)).mismatch(HERE, Map.of())).contains("timeline");
  }

  private static FeedPosition at(int system, int timeline, int view) {
    return new FeedPosition.Stamp(system, timeline, view).at(new Lsn(1));
  }
}
