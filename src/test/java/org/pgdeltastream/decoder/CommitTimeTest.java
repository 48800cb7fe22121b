package org.pgdeltastream.decoder;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CommitTimeTest {
  private static final Instant EPOCH = Instant.parse("2000-01-01T00:00:00Z");

  private static long of(String text) {
    byte[] message = text.getBytes(StandardCharsets.UTF_8);
    return CommitTime.of(message, 0, message.length);
  }

  @ParameterizedTest
  @CsvSource({
    "2026-11-25 12:18:24.492971+00, 2026-11-25T12:18:24.492971Z",
    "2026-11-25 12:18:24.5+00, 2026-11-25T12:18:24.5Z",
    "2026-11-25 12:18:24+00, 2026-11-25T12:18:24Z",
    "2000-01-01 00:00:00+00, 2000-01-01T00:00:00Z",
    "2028-02-29 23:59:59.000001+00, 2028-02-29T23:59:59.000001Z"
  })
  void readsWhatPostgresWrites(String text, Instant time) {
    Duration since = Duration.between(EPOCH, time);
    assertThat(of("{\"nextlsn\":\"0/1\",\"timestamp\":\"" + text + "\",\"change\":["))
        .isEqualTo(since.dividedBy(ChronoUnit.MICROS.getDuration()));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "{\"nextlsn\":\"0/1\",\"change\":[",
        "{\"timestamp\":\"\"}",
        "{\"timestamp\":\"2026-13-25 12:18:24.492971+00\"}",
        "{\"timestamp\":\"infinity                        \"}",
        "{\"timestamp\":\"2026-11-25 12:18"
      })
  void doesWithoutWhatIsNotThere(String text) {
    assertThat(of(text)).isEqualTo(CommitTime.UNKNOWN);
  }
}
