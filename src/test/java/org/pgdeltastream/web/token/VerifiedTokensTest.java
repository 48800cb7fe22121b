package org.pgdeltastream.web.token;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.pgdeltastream.rights.Claims;
import org.pgdeltastream.rights.Identity;

class VerifiedTokensTest {
  private static final Instant NOW = Instant.parse("2026-12-01T00:00:00Z");
  private static final Identity ANN =
      new Identity(
          "i",
          "ann",
          Optional.empty(),
          "r",
          new Claims(Map.of()),
          Optional.empty(),
          Optional.empty());

  private final VerifiedTokens tokens = new VerifiedTokens();

  private void keep(String hash, int length) {
    tokens.keep(hash, new VerifiedTokens.Verified(ANN, 1, NOW.plusSeconds(1), length));
  }

  @Test
  void knowsATokenUntilItEndsOrTheKeysChange() {
    keep("a", 10);
    assertThat(tokens.find("a", 1, NOW)).contains(ANN);
    assertThat(tokens.find("b", 1, NOW)).isEmpty();
    assertThat(tokens.find("a", 2, NOW)).isEmpty();
    assertThat(tokens.find("a", 1, NOW)).as("forgotten").isEmpty();
    keep("a", 10);
    assertThat(tokens.find("a", 1, NOW.plusSeconds(1))).isEmpty();
    assertThat(tokens.size()).isZero();
  }

  @Test
  void keepsSoManyAndForgetsThoseThatNobodySends() {
    for (int i = 0; i < 20_000; i++) {
      keep("t" + i, 100);
      assertThat(tokens.find("t0", 1, NOW)).isPresent();
    }
    assertThat(tokens.size()).isEqualTo(10_000);
    for (int i = 0; i < 2_000; i++) {
      keep("long" + i, 8192);
    }
    assertThat(tokens.size()).isEqualTo((4 << 20) / 8192);
    assertThat(tokens.find("long1999", 1, NOW)).isPresent();
  }
}
