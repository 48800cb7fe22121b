package org.pgdeltastream.delivery;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.support.RecordingSubscriber;

class ResumeFilterTest {
  private final AckTracker acks = new AckTracker(new Lsn(100));
  private final RecordingSubscriber client = new RecordingSubscriber();
  private final Subscription place =
      new Subscription(client, acks, new StreamCounts(), Duration.ofSeconds(15), System::nanoTime);

  @Test
  void dropsWholeWhatTheClientHasAndAcknowledgesIt() throws Exception {
    ResumeFilter filter = new ResumeFilter(place, acks, new Lsn(200));

    transaction(filter, 151, 160, "one");
    transaction(filter, 191, 200, "two");
    transaction(filter, 211, 220, "three");

    assertThat(client.next()).isEqualTo("threethree");
    assertThat(acks.acknowledged()).isEqualTo(new Lsn(200));
    assertThat(acks.ignored()).isZero();
  }

  @Test
  void dropsWhatThisConnectionWasSentBefore() throws Exception {
    transaction(new ResumeFilter(place, acks, Lsn.NONE), 151, 160, "one");
    client.next();

    ResumeFilter again = new ResumeFilter(place, acks, Lsn.NONE);
    transaction(again, 151, 160, "one");
    transaction(again, 191, 200, "two");

    assertThat(client.next()).isEqualTo("twotwo");
    assertThat(acks.acknowledged()).as("not acknowledged by us").isEqualTo(new Lsn(100));
  }

  @Test
  void refusesAPositionInsideACommit() throws Exception {
    ResumeFilter filter = new ResumeFilter(place, acks, new Lsn(155));

    assertThatThrownBy(() -> transaction(filter, 151, 160, "one"))
        .isInstanceOf(PositionException.class)
        .hasMessageContaining("0/9B");
  }

  private static void transaction(ResumeFilter filter, long earliest, long end, String text)
      throws Exception {
    byte[] bytes = text.getBytes(UTF_8);
    filter.begin(new Lsn(earliest));
    filter.part(bytes, 0, bytes.length);
    filter.last(bytes, 0, bytes.length, new Lsn(end));
  }
}
