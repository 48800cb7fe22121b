package org.pgdeltastream.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.pgdeltastream.change.Action;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.delivery.StreamCounts.Count;
import org.pgdeltastream.support.RecordingSubscriber;

class StreamCountsTest {
  private static final byte[] TEXT = new byte[10];
  private static final long MILLI = 1_000_000;

  private final AtomicLong clock = new AtomicLong(1_000 * MILLI);
  private final StreamCounts counts = new StreamCounts();
  private final AckTracker acks = new AckTracker(Lsn.NONE);
  private final Subscription subscription =
      new Subscription(new RecordingSubscriber(), acks, counts, Duration.ofSeconds(15), clock::get);

  @Test
  void countsChangesOnceTheirTransactionWasSent() throws IOException {
    ResumeFilter filter = new ResumeFilter(subscription, acks, Lsn.NONE);
    filter.begin(new Lsn(101));
    counts.change(Action.INSERT);
    counts.change(Action.INSERT);
    counts.change(Action.UPDATE);
    counts.change(Action.DELETE);
    counts.change(Action.TRUNCATE);
    counts.message();
    filter.part(TEXT, 0, 10);
    assertThat(counts.get(Count.INSERTS)).isZero();

    filter.last(TEXT, 0, 4, new Lsn(110));

    assertThat(counts.get(Count.TRANSACTIONS)).isEqualTo(1);
    assertThat(counts.get(Count.INSERTS)).isEqualTo(2);
    assertThat(counts.get(Count.UPDATES)).isEqualTo(1);
    assertThat(counts.get(Count.DELETES)).isEqualTo(1);
    assertThat(counts.get(Count.TRUNCATES)).isEqualTo(1);
    assertThat(counts.get(Count.MESSAGES)).isEqualTo(1);
    assertThat(counts.get(Count.SENT_BYTES)).isEqualTo(14);
  }

  @Test
  void doesNotCountAgainWhatTheClientHas() throws IOException {
    ResumeFilter filter = new ResumeFilter(subscription, acks, new Lsn(110));
    filter.begin(new Lsn(101));
    counts.change(Action.INSERT);
    filter.last(TEXT, 0, 10, new Lsn(110));
    assertThat(counts.get(Count.TRANSACTIONS)).isZero();

    filter.begin(new Lsn(111));
    counts.change(Action.UPDATE);
    filter.last(TEXT, 0, 10, new Lsn(120));

    assertThat(counts.get(Count.TRANSACTIONS)).isEqualTo(1);
    assertThat(counts.get(Count.INSERTS)).isZero();
    assertThat(counts.get(Count.UPDATES)).isEqualTo(1);
  }

  @Test
  void countsAMessageOutsideOfTransactionsAtOnce() throws IOException {
    counts.message();
    subscription.last(TEXT, 0, 10, Lsn.NONE);

    assertThat(counts.get(Count.MESSAGES)).isEqualTo(1);
    assertThat(counts.get(Count.TRANSACTIONS)).isZero();
  }

  @Test
  void measuresItsOwnHeartbeatsOnly() {
    counts.heartbeat(Heartbeat.content(10 * MILLI));
    counts.clock(2_010 * MILLI, 0);
    counts.clock(9_000 * MILLI, 0); // nothing came meanwhile
    counts.heartbeat("another " + 10 * MILLI);
    counts.clock(9_000 * MILLI, 0);
    counts.heartbeat(Heartbeat.content(1) + " and more");
    counts.clock(9_000 * MILLI, 0);

    assertThat(counts.heartbeatDelays().seconds()).isEqualTo(2);
  }

  @Test
  void forgetsWhatALostConnectionHadBegun() throws IOException {
    counts.change(Action.INSERT);
    counts.discard();
    subscription.begin(new Lsn(101));
    counts.change(Action.INSERT);
    subscription.last(TEXT, 0, 10, new Lsn(110));

    assertThat(counts.get(Count.INSERTS)).isEqualTo(1);
  }

  @Test
  void measuresFromCommitToSending() throws IOException {
    counts.clock(clock.get(), 5_000_000);
    counts.begins(4_980_000);
    clock.addAndGet(3 * MILLI);
    subscription.begin(new Lsn(101));
    subscription.last(TEXT, 0, 10, new Lsn(110));
    subscription.begin(new Lsn(111));
    subscription.last(TEXT, 0, 10, new Lsn(120)); // when that was committed is not known

    assertThat(counts.commitDelays().counts()).containsExactly(0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0);
    assertThat(counts.commitDelays().seconds()).isEqualTo(0.023);
    assertThat(counts.lastSent()).isEqualTo(clock.get());
  }

  @Test
  void takesACommitInTheFutureAsNow() throws IOException {
    counts.clock(clock.get(), 5_000_000);
    counts.begins(6_000_000);
    subscription.begin(new Lsn(101));
    subscription.last(TEXT, 0, 10, new Lsn(110));

    assertThat(counts.commitDelays().counts()[0]).isEqualTo(1);
    assertThat(counts.commitDelays().seconds()).isZero();
  }

  @Test
  void knowsWhenWhatIsAcknowledgedWasSent() throws IOException {
    subscription.begin(new Lsn(101));
    subscription.last(TEXT, 0, 10, new Lsn(110));
    long first = clock.get();
    clock.addAndGet(70 * MILLI);
    subscription.begin(new Lsn(111));
    subscription.last(TEXT, 0, 10, new Lsn(120));
    assertThat(acks.unacknowledged()).isEqualTo(2);

    acks.acknowledge(new Lsn(110));

    assertThat(acks.acknowledgedSentAt()).isEqualTo(first);
    assertThat(acks.unacknowledged()).isEqualTo(1);
    acks.acknowledge(new Lsn(120));
    assertThat(acks.acknowledgedSentAt()).isEqualTo(first + 70 * MILLI);
    assertThat(acks.unacknowledged()).isZero();
    counts.acknowledged(clock.get(), 70 * MILLI);
    assertThat(counts.acknowledgementDelays().counts()[4]).as("up to 100 ms").isEqualTo(1);
    assertThat(counts.lastAcknowledged()).isEqualTo(clock.get());
  }

  @Test
  void tellsWaitingDecodingAndSendingApart() {
    BusyTime busy = new BusyTime(counts);
    busy.begins(false, 0);
    counts.add(Count.SEND_NANOS, 30); // by a send
    busy.pauses(100);
    assertThat(busy.isPaused()).isTrue();
    busy.goesOn(1_100);
    assertThat(busy.isPaused()).isFalse();
    busy.pauses(1_107);
    busy.isHeld(true);
    busy.goesOn(1_207);

    assertThat(counts.get(Count.DECODE_NANOS)).isEqualTo(77);
    assertThat(counts.get(Count.WAIT_NANOS)).isEqualTo(1_000);
    assertThat(counts.get(Count.SEND_NANOS)).isEqualTo(130);
  }

  @Test
  void waitsForQueriesWhileItIsBehind() {
    BusyTime busy = new BusyTime(counts);
    busy.begins(true, 0);
    busy.pauses(100);

    assertThat(counts.get(Count.WAIT_NANOS)).isEqualTo(100);
    assertThat(counts.get(Count.DECODE_NANOS)).isZero();
  }
}
