package org.pgdeltastream.web.http;

import static org.assertj.core.api.Assertions.assertThat;

import jakarta.ejb.EJBException;
import jakarta.ws.rs.NotAcceptableException;
import jakarta.ws.rs.NotFoundException;
import jakarta.ws.rs.NotSupportedException;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.pgdeltastream.change.Problem;
import org.pgdeltastream.change.ProblemException;

class ErrorsTest {
  @ParameterizedTest
  @CsvSource({
    "BAD_REQUEST, 400, false",
    "COLUMN_NOT_FOUND, 400, false",
    "FORBIDDEN, 403, false",
    "SLOT_NOT_FOUND, 404, false",
    "TABLE_NOT_FOUND, 404, false",
    "PUBLICATION_NOT_FOUND, 404, false",
    "PAYLOAD_TOO_LARGE, 413, false",
    "SLOT_BUSY, 409, true",
    "SLOT_EXISTS, 409, false",
    "SNAPSHOT_TABLE_REWRITTEN, 409, false",
    "SNAPSHOT_EXPIRED, 410, false",
    "UPSTREAM_UNAVAILABLE, 503, true",
    "UPSTREAM_BUSY, 503, true",
    "UPSTREAM_CONFIG, 503, false",
    "SLOTS_EXHAUSTED, 503, true",
    "PLUGIN_NOT_ALLOWED, 503, false",
    "BLOCKED_BY_OPEN_TRANSACTION, 503, true",
    "BLOCKED_BY_UNACKNOWLEDGED_COMMIT, 503, true",
    "STREAMS_EXHAUSTED, 503, true",
  })
  void givesEachProblemItsStatus(Problem problem, int status, boolean retry) {
    ErrorBody body = Errors.of(new ProblemException(problem, "what", "do"));
    assertThat(body.status()).isEqualTo(status);
    assertThat(body.retry()).isEqualTo(retry);
  }

  @ParameterizedTest
  @EnumSource
  void namesEachProblemByItsWordInLowerCase(Problem problem) {
    assertThat(Errors.of(new ProblemException(problem, "what", "")).code())
        .isEqualTo(problem.name().toLowerCase(Locale.ROOT));
  }

  @Test
  void findsAProblemBehindTheContainersExceptions() {
    Exception problem = new ProblemException(Problem.SLOT_BUSY, "busy", "");
    assertThat(Errors.of(new EJBException(new EJBException(problem))).code())
        .isEqualTo("slot_busy");
  }

  @Test
  void writesTheHintOnlyWhereThereIsOne() {
    assertThat(Errors.of(new ProblemException(Problem.SLOT_BUSY, "busy", "")).json())
        .isEqualTo("{\"error\":\"busy\",\"code\":\"slot_busy\",\"retry\":true}");
    assertThat(Errors.of(new ProblemException(Problem.BAD_REQUEST, "a \"b\"\n", "c")).json())
        .isEqualTo(
            "{\"error\":\"a \\\"b\\\"\\n\",\"code\":\"bad_request\",\"retry\":false,\"hint\":\"c\"}");
  }

  @Test
  void saysWhenToComeAgainWhereWaitingHelps() {
    assertThat(Errors.of(new ProblemException(Problem.UPSTREAM_BUSY, "", "")).retryAfter())
        .isEqualTo("5");
    assertThat(Errors.of(new ProblemException(Problem.UPSTREAM_CONFIG, "", "")).retryAfter())
        .isEmpty();
    assertThat(Errors.of(new ProblemException(Problem.SLOT_BUSY, "", "")).retryAfter()).isEmpty();
  }

  @Test
  void translatesWhatJaxRsRefuses() {
    assertThat(Errors.of(new NotFoundException()).code()).isEqualTo("not_found");
    assertThat(Errors.of(new NotAcceptableException()).status()).isEqualTo(406);
    assertThat(Errors.of(new NotSupportedException()).status()).isEqualTo(415);
    assertThat(Errors.of(new NotSupportedException()).code()).isEqualTo("bad_request");
  }

  @ParameterizedTest
  @CsvSource({
    "400, bad_request",
    "401, unauthorized",
    "403, forbidden",
    "404, not_found",
    "405, method_not_allowed",
    "413, payload_too_large",
    "414, bad_request",
    "426, upgrade_required",
    "429, too_many_requests",
    "500, internal",
    "503, upstream_busy",
  })
  void namesEachStatusOfTheContainer(int status, String code) {
    ErrorBody body = Errors.ofStatus(status, null);
    assertThat(body.status()).isEqualTo(status);
    assertThat(body.code()).isEqualTo(code);
  }

  @Test
  void tellsNothingAboutAFailureThatNobodyForesaw() {
    ErrorBody body = Errors.of(new IllegalStateException("secret of the house"));
    assertThat(body.status()).isEqualTo(500);
    assertThat(body.json())
        .matches(
            "\\{\"error\":\"internal error, id [0-9a-f]{8}\",\"code\":\"internal\",\"retry\":false\\}");
  }

  @Test
  void survivesACircleOfCauses() {
    IllegalStateException first = new IllegalStateException("first");
    first.initCause(new IllegalStateException("second", first));
    assertThat(Errors.of(first).code()).isEqualTo("internal");
  }
}
