package org.pgdeltastream.slot.guard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.pgdeltastream.change.SlotName;

class GuardRulesTest {
  private static final long GB = 1L << 30;

  @Test
  void readsAllFormsAndTellsThemWithoutBlanks() {
    GuardRules rules =
        GuardRules.parse(
            " delta_tmp_*:drop @ idle:1h,drop@ 1 GB ;*: warn@50%, close@80%, advance@7MB,"
                + " drop@full:30m, warn@2TB; ");
    assertThat(rules)
        .hasToString(
            "delta_tmp_*: drop@idle:1h, drop@1GB;"
                + " *: warn@50%, close@80%, advance@7MB, drop@full:30m, warn@2TB");
    assertThat(rules.of("delta_a"))
        .extracting(GuardRule::measure)
        .containsExactly(
            new GuardRule.Measure.Share(50),
            new GuardRule.Measure.Share(80),
            new GuardRule.Measure.Bytes(7L << 20),
            new GuardRule.Measure.Full(Duration.ofMinutes(30)),
            new GuardRule.Measure.Bytes(2L << 40));
  }

  @Test
  void takesTheFirstPatternThatMatches() {
    GuardRules rules = GuardRules.parse("delta_a: warn@1GB; delta_*: drop@2GB");
    assertThat(rules.of("delta_a")).extracting(GuardRule::toString).containsExactly("warn@1GB");
    assertThat(rules.of("delta_ab")).extracting(GuardRule::toString).containsExactly("drop@2GB");
    assertThat(rules.of("other")).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "drop",
        "drop@",
        "drop@10",
        "drop@10KB",
        "drop@0GB",
        "drop@0%",
        "drop@101%",
        "drop@-1GB",
        "drop@1.5GB",
        "drop@999999999TB",
        "drop@9999999999GB",
        "drop@idle:0s",
        "drop@idle:1w",
        "drop@idle:",
        "drop@full:5",
        "close@idle:1h",
        "remove@1GB",
        "Drop@1GB",
        "drop@1gb",
        "drop@1GB drop@2GB",
        "warn@1GB,,drop@2GB",
        "",
      })
  void refusesARuleThatCannotBeReadAndNamesIt(String rule) {
    assertThatThrownBy(() -> GuardRules.parse("*: " + rule))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("pgdelta.guard")
        .hasMessageContaining(rule.replace(" ", "").replaceAll(".*,,.*", "''"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"drop@1GB", ": drop@1GB", "Delta: drop@1GB", "a b: drop@1GB", ";", "'"})
  void refusesRulesWithoutSlots(String setting) {
    assertThatThrownBy(() -> GuardRules.parse(setting))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("pgdelta.guard");
  }

  @Test
  void repeatsNoControlCharacters() {
    assertThatThrownBy(() -> GuardRules.parse("*: dr\u0007op"))
        .hasMessageContaining("pgdelta.guard")
        .hasMessageNotContaining("\u0007");
  }

  @ParameterizedTest
  @CsvSource({
    "drop@1GB, 1073741823, false",
    "drop@1GB, 1073741824, true",
    "drop@50%, 5368709119, false",
    "drop@50%, 5368709120, true",
    "drop@100%, 10737418240, true",
    "drop@full:10m, 0, false",
    "drop@full:15m, 0, true",
    "drop@idle:60m, 0, false",
    "drop@idle:59m, 0, true",
  })
  void holdsFromItsMeasureOn(String rule, long bytes, boolean holds) {
    WatchedSlot slot =
        new WatchedSlot(
            new SlotName("delta_a"),
            bytes,
            OptionalLong.of(10 * GB),
            Optional.empty(),
            Optional.of(Duration.ofMinutes(59)),
            WatchedSlot.Reader.NOBODY,
            false);
    assertThat(GuardRule.parse(rule).holds(slot, Optional.of(Duration.ofMinutes(12))))
        .isEqualTo(holds);
  }

  @Test
  void holdsNeverForAShareOfNoLimitOrOfWhatIsNotKnown() {
    WatchedSlot slot =
        new WatchedSlot(
            new SlotName("delta_a"),
            Long.MAX_VALUE,
            OptionalLong.empty(),
            Optional.empty(),
            Optional.empty(),
            WatchedSlot.Reader.CLIENT,
            false);
    assertThat(GuardRules.parse("*: warn@1%, warn@idle:1s, warn@full:9d").of("delta_a"))
        .hasSize(3)
        .noneMatch(rule -> rule.holds(slot, Optional.empty()));
  }
}
