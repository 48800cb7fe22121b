package org.pgdeltastream.slot.guard;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.change.SlotName;

class GuardWordsTest {
  private static final WatchedSlot SLOT =
      new WatchedSlot(
          new SlotName("delta_a"),
          41L << 30,
          OptionalLong.of(50L << 30),
          Optional.of(Lsn.NONE),
          Optional.of(Duration.ofHours(30)),
          WatchedSlot.Reader.NOBODY,
          false);

  @ParameterizedTest
  @CsvSource({
    "0, 0 bytes",
    "1023, 1023 bytes",
    "1024, 1.0 kB",
    "44023414784, 41 GB",
    "1610612736, 1.5 GB",
    "9007199254740992, 8192 TB",
  })
  void writesBytesAsPostgresDoes(long bytes, String text) {
    assertThat(GuardWords.bytes(bytes)).isEqualTo(text);
  }

  @ParameterizedTest
  @CsvSource({"119, 119 s", "120, 2 min", "7199, 119 min", "7200, 2 h", "172800, 2 d"})
  void writesTimesInWholeUnits(long seconds, String text) {
    assertThat(GuardWords.time(Duration.ofSeconds(seconds))).isEqualTo(text);
  }

  @Test
  void tellsAllFigures() {
    Decision drop =
        new Decision(
            SLOT,
            GuardRule.parse("drop@80%"),
            Optional.of(Duration.ofMinutes(30)),
            Optional.empty());
    assertThat(GuardWords.warning(drop))
        .isEqualTo(
            "Slot delta_a keeps 41 GB of WAL, 82 % of the limit of 50 GB, full in 30 min; nobody"
                + " has streamed it for 30 h: rule drop@80%");
    assertThat(GuardWords.done(drop, new GuardStatements.Done(1, 40L << 30, Lsn.NONE)))
        .isEqualTo(
            "Slot delta_a was dropped by the guard, rule drop@80%; it kept 41 GB of WAL, 82 % of"
                + " the limit of 50 GB, full in 30 min; nobody has streamed it for 30 h."
                + " PostgreSQL keeps 40 GB less for it");
    assertThat(GuardWords.dropped(drop)).isEqualTo("dropped by the guard: kept 41 GB (drop@80%)");
  }
}
