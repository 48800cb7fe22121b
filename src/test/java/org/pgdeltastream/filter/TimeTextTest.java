package org.pgdeltastream.filter;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.LocalDate;
import java.util.Random;
import org.junit.jupiter.api.Test;

class TimeTextTest {
  private static long days(String text) {
    byte[] bytes = text.getBytes(US_ASCII);
    return TimeText.days(bytes, 0, bytes.length);
  }

  private static long micros(String text) {
    byte[] bytes = text.getBytes(US_ASCII);
    return TimeText.micros(bytes, 0, bytes.length);
  }

  @Test
  void countsDaysAsTheCalendarHasThem() {
    Random random = new Random(3);
    for (int i = 0; i < 10_000; i++) {
      long day = random.nextLong(-1_700_000, 2_000_000);
      LocalDate date = LocalDate.ofEpochDay(day);
      String text =
          date.getYear() > 0
              ? "%04d-%02d-%02d"
                  .formatted(date.getYear(), date.getMonthValue(), date.getDayOfMonth())
              : "%04d-%02d-%02d BC"
                  .formatted(1 - date.getYear(), date.getMonthValue(), date.getDayOfMonth());
      assertThat(days(text)).as(text).isEqualTo(day);
    }
  }

  @Test
  void countsMicroseconds() {
    assertThat(micros("2000-01-01 00:00:00")).isZero();
    assertThat(micros("2000-01-02 01:02:03.5+00")).isEqualTo(90_123_500_000L);
    assertThat(micros("1999-12-31 23:59:59.999999")).isEqualTo(-1);
    assertThat(micros("0001-12-31 23:59:59 BC")).isLessThan(micros("0001-01-01 00:00:00"));
    assertThat(micros("294276-12-31 23:59:59.999999")).isPositive().isLessThan(micros("infinity"));
    assertThat(micros("4713-01-01 00:00:00 BC")).isGreaterThan(micros("-infinity"));
  }
}
