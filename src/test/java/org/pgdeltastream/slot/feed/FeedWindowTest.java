package org.pgdeltastream.slot.feed;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.journal.shared.KafkaSettings.Storage;
import org.pgdeltastream.support.Seeds;

@Timeout(value = 10, unit = TimeUnit.SECONDS)
class FeedWindowTest {
  private static final long SECOND = Duration.ofSeconds(1).toNanos();

  private final FeedWindow window = window(1_000, 10);

  @Test
  void endsAfterSoManyBytes() {
    assertThat(start(900, 0)).isEqualTo(50);
    assertThat(start(1_050, 1)).isEqualTo(50);
    assertThat(start(1_051, 2)).isEqualTo(900);
    assertThat(start(1_060, 2)).isEqualTo(900);
    assertThat(start(2_050, 3)).isEqualTo(1_050);
    assertThat(start(5_000, 4)).isEqualTo(5_000);
    assertThat(start(5_000, 5)).isEqualTo(5_000);
  }

  @Test
  void endsAfterSoLong() {
    assertThat(start(100, 0)).isEqualTo(50);
    assertThat(start(200, 5)).isEqualTo(50);
    assertThat(start(300, 9)).isEqualTo(50);
    assertThat(start(300, 11)).isEqualTo(100);
    assertThat(start(300, 16)).isEqualTo(200);
    assertThat(start(300, 60)).isEqualTo(300);
    assertThat(start(350, 61)).isEqualTo(300);
    assertThat(start(350, 75)).isEqualTo(350);
  }

  /** The first of these ends a large transaction: without it much less would be left. */
  @Test
  void startsAtAnEndThatItPassed() {
    passes(500);
    passes(502); // less than a step
    assertThat(start(560, 1)).isEqualTo(50);
    assertThat(start(1_490, 2)).isEqualTo(500);
    assertThat(start(1_501, 3)).isEqualTo(560);
  }

  /** A position inside of a transaction's end is one that PostgreSQL does not send it after. */
  @Test
  void startsWhereTheFeedHasBeenAndKeepsMostOfItsBytes() {
    Random random = new Random(Seeds.first());
    FeedWindow large = window(100_000, 100_000);
    TreeSet<Long> heads = new TreeSet<>();
    heads.add(50L);
    long head = 50;
    for (int i = 0; i < 20_000; i++) {
      head += random.nextInt(random.nextInt(100) == 0 ? 3_000 : 30);
      heads.add(head);
      long start = large.start(new Lsn(head), i * SECOND / 1_000).value();
      assertThat(heads.contains(start)).isTrue();
      assertThat(head - start).isLessThanOrEqualTo(100_000);
      assertThat(head - start).isGreaterThanOrEqualTo(Math.min(head - 50, 96_000));
    }
  }

  private static FeedWindow window(long bytes, long seconds) {
    FeedDefinition feed =
        new FeedDefinition("f", List.of(), bytes, Duration.ofSeconds(seconds), Storage.WAL);
    return new FeedWindow(feed, new Lsn(50), -5 * SECOND);
  }

  private void passes(long end) {
    window.passes(new Lsn(end));
  }

  private long start(long head, long seconds) {
    return window.start(new Lsn(head), -5 * SECOND + seconds * SECOND).value();
  }
}
