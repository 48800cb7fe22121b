package org.pgdeltastream.filter;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Arrays;
import java.util.Locale;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.pgdeltastream.support.Seeds;

/** Patterns decide as LIKE does, and none takes long: the thread that reads for all tries them. */
class LikePatternTest {
  private static final String[] PARTS = {
    "a", "b", "A", "é", "\u20ac", "\ud83d\ude00", "%", "_", "\\_"
  };

  private static boolean matches(String pattern, boolean ignoresCase, String value) {
    byte[] bytes = ("<" + value + ">").getBytes(UTF_8);
    return new LikePattern(pattern, ignoresCase).matches(bytes, 1, bytes.length - 2);
  }

  private static boolean like(String pattern, String value) {
    return like(pattern.codePoints().toArray(), 0, value.codePoints().toArray(), 0);
  }

  /** As the manual says it, each way of it tried. */
  private static boolean like(int[] pattern, int at, int[] value, int from) {
    if (at == pattern.length) {
      return from == value.length;
    }
    if (pattern[at] == '%') {
      return like(pattern, at + 1, value, from)
          || (from < value.length && like(pattern, at, value, from + 1));
    }
    int literal = pattern[at] == '\\' ? at + 1 : at;
    boolean isOne = pattern[at] == '_' || (from < value.length && pattern[literal] == value[from]);
    return from < value.length && isOne && like(pattern, literal + 1, value, from + 1);
  }

  private static String random(Random random, int most, boolean isValue) {
    StringBuilder text = new StringBuilder();
    for (int i = random.nextInt(most + 1); i > 0; i--) {
      String part = PARTS[random.nextInt(PARTS.length)];
      text.append(
          isValue ? part.substring(part.length() == 2 && part.charAt(0) == '\\' ? 1 : 0) : part);
    }
    return text.toString();
  }

  @Test
  void decideAsTheManualSays() {
    Random random = new Random(Seeds.first());
    int matched = 0;
    for (int round = 0; round < 100_000; round++) {
      String pattern = random(random, 7, false);
      String value = random(random, 8, true);
      assertThat(matches(pattern, false, value))
          .as("%s like %s", value, pattern)
          .isEqualTo(like(pattern, value));
      boolean expected = like(pattern.toLowerCase(Locale.ROOT), value.toLowerCase(Locale.ROOT));
      assertThat(matches(pattern, true, value))
          .as("%s ilike %s", value, pattern)
          .isEqualTo(expected);
      matched += expected ? 1 : 0;
    }
    assertThat(matched).isBetween(1_000, 90_000);
  }

  /** 128 bytes is the longest. */
  @Test
  void mayBeAsLongAsTheyAreTaken() {
    String longest = "ab".repeat(64);
    assertThat(matches(longest, false, longest)).isTrue();
    assertThat(matches(longest, false, longest + "a")).isFalse();
    assertThat(matches(longest, true, longest.toUpperCase(Locale.ROOT))).isTrue();
    assertThat(matches("%" + "_".repeat(126) + "%", false, "é".repeat(126))).isTrue();
    assertThat(matches("%" + "_".repeat(126) + "%", false, "é".repeat(125))).isFalse();
    assertThat(matches("%".repeat(128), false, "")).isTrue();
    assertThat(matches("", false, "")).isTrue();
    assertThat(matches("", false, "a")).isFalse();
  }

  /** Each letter is looked at once, whatever comes before it: trying again took a minute here. */
  @ParameterizedTest
  @ValueSource(strings = {"a", "_", "a_"})
  void takeNoLongerForAPatternThatNearlyMatches(String part) {
    byte[] value = new byte[64 << 20];
    Arrays.fill(value, (byte) 'a');
    LikePattern pattern = new LikePattern("%" + part.repeat(126 / part.length()) + "b%", false);
    long begin = System.nanoTime();
    assertThat(pattern.matches(value, 0, value.length)).isFalse();
    assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofSeconds(4));
  }
}
