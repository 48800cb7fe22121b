package org.pgdeltastream.web.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.type;

import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.pgdeltastream.change.Problem;
import org.pgdeltastream.change.ProblemException;
import org.pgdeltastream.rights.Claims;
import org.pgdeltastream.rights.Identity;
import org.pgdeltastream.web.http.BodyReader;
import org.pgdeltastream.web.token.Revocation;

/** What a body revokes, as of noon. */
class RevocationsResourceTest {
  private static final Instant NOON = Instant.parse("2026-12-01T12:00:00Z");

  private static Revocation revocation(String body) {
    return RevocationsResource.revocation(BodyReader.parse(body.replace('\'', '"')), NOON);
  }

  private static Identity issued(Instant at) {
    return new Identity(
        "i",
        "ann",
        Optional.of("7"),
        "user",
        new Claims(Map.of()),
        Optional.of(at),
        Optional.empty());
  }

  /** The issuer's clock may be 30 s ahead, and so may be what it writes into a token. */
  @ParameterizedTest
  @CsvSource({"-3600, true", "0, true", "29, true", "30, false"})
  void revokesWhatIsTakenNow(int seconds, boolean revoked) {
    Identity identity = issued(NOON.plusSeconds(seconds));
    assertThat(revocation("{'sub':'ann'}").isOf(identity)).isEqualTo(revoked);
    assertThat(revocation("{'jti':'7'}").isOf(identity)).isTrue();
  }

  @ParameterizedTest
  @CsvSource({"2026-12-01T12:00:00Z", "2026-11-28T23:00:00Z", "2026-12-01T12:00:30Z"})
  void keepsTheTimeThatTheCallerGives(String before) {
    assertThat(revocation("{'sub':'ann','before':'" + before + "'}").before())
        .isEqualTo(Instant.parse(before));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{'sub':'ann','before':'2026-12-01T12:00:31Z'} | has not come yet",
        "{'sub':'ann','before':'today'}                | not a time like",
        "{'jti':'7','before':'2026-01-01T00:00:00Z'}   | Field before goes with sub",
        "{'sub':'ann','jti':'7'}                       | one of the fields sub and jti",
        "{'before':'2026-01-01T00:00:00Z'}             | one of the fields sub and jti",
        "{'sub':''}                                    | 1 to 255 characters",
      })
  void refusesWhatCannotBeMeant(String body, String reason) {
    assertThatThrownBy(() -> revocation(body.replace("''", "\"\"")))
        .hasMessageContaining(reason)
        .asInstanceOf(type(ProblemException.class))
        .satisfies(e -> assertThat(e.problem()).isEqualTo(Problem.BAD_REQUEST));
  }

  @Test
  void remembersOneTokenFromNowOn() {
    assertThat(revocation("{'jti':'7'}").before()).isEqualTo(NOON);
  }
}
