package org.pgdeltastream.delivery;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.support.RecordingSubscriber;

class SubscriptionTest {
  private static final byte[] TEXT = "{}".getBytes(UTF_8);

  private final AtomicLong clock = new AtomicLong(-5); // System.nanoTime may be negative
  private final AckTracker acks = new AckTracker(Lsn.NONE);
  private final RecordingSubscriber client = new RecordingSubscriber();
  private final Subscription subscription =
      new Subscription(client, acks, new StreamCounts(), Duration.ofSeconds(15), clock::get);

  @Test
  void remembersABoundaryBeforeTheClientCanAnswer() throws Exception {
    subscription.part(TEXT, 0, 2);
    assertThat(acks.acknowledge(new Lsn(7))).isEqualTo(AckTracker.Verdict.IGNORED);

    subscription.last(TEXT, 0, 2, new Lsn(7));

    assertThat(acks.acknowledge(new Lsn(7))).isEqualTo(AckTracker.Verdict.ACCEPTED);
    assertThat(client.next()).isEqualTo("{}{}");
  }

  @Test
  void knowsWhetherAMessageIsHalfSent() throws Exception {
    subscription.part(TEXT, 0, 2);
    assertThat(subscription.betweenMessages()).isFalse();
    subscription.last(TEXT, 0, 2, Lsn.NONE);
    assertThat(subscription.betweenMessages()).isTrue();
  }

  @Test
  void countsOnlyWhatTheClientHasToAcknowledge() throws Exception {
    subscription.last(TEXT, 0, 2, Lsn.NONE); // a hello, or a message outside transactions
    subscription.begin(new Lsn(5));
    subscription.last(TEXT, 0, 2, Lsn.NONE); // an empty transaction in two messages
    subscription.lastWithoutChanges(TEXT, 0, 2, new Lsn(5));
    assertThat(subscription.unacknowledgedBytes()).isZero();

    subscription.begin(new Lsn(7));
    subscription.part(TEXT, 0, 2);
    subscription.last(TEXT, 0, 2, new Lsn(7));
    assertThat(subscription.unacknowledgedBytes()).isEqualTo(4);
    subscription.begin(new Lsn(9));
    subscription.lastWithoutChanges(TEXT, 0, 2, new Lsn(9));
    assertThat(subscription.unacknowledgedBytes()).isEqualTo(4);

    acks.acknowledge(new Lsn(7));
    assertThat(subscription.unacknowledgedBytes()).isZero();
  }

  @Test
  void waitsForTheClientOnlyInSendsThatTakeAWhile() throws Exception {
    long start = subscription.waitedUntil();
    clock.addAndGet(Duration.ofSeconds(1).toNanos());
    subscription.last(TEXT, 0, 2, Lsn.NONE);
    subscription.ping();
    assertThat(subscription.waitedUntil()).isEqualTo(start);

    SlowSubscriber slow = new SlowSubscriber(() -> clock.addAndGet(200_000_000));
    Subscription place =
        new Subscription(slow, acks, new StreamCounts(), Duration.ofSeconds(15), clock::get);
    slow.watch(place);
    place.last(TEXT, 0, 2, Lsn.NONE);
    assertThat(place.waitedUntil()).isEqualTo(clock.get());
    assertThat(place.bytes()).isEqualTo(2);
  }

  @Test
  void isNotStuckBetweenSends() throws Exception {
    subscription.last(TEXT, 0, 2, Lsn.NONE);
    clock.addAndGet(Duration.ofDays(1).toNanos());

    assertThat(subscription.isStuck()).isFalse();
  }

  @Test
  void isStuckWhenASendMakesNoProgress() throws Exception {
    SlowSubscriber slow =
        new SlowSubscriber(() -> clock.addAndGet(Duration.ofSeconds(16).toNanos()));
    Subscription place =
        new Subscription(slow, acks, new StreamCounts(), Duration.ofSeconds(15), clock::get);
    slow.watch(place);

    place.last(TEXT, 0, 2, Lsn.NONE);

    assertThat(slow.wasStuck).isTrue();
  }

  @Test
  void swallowsNoInterruptThatIsNotItsOwn() throws Exception {
    List<Subscription> one = new ArrayList<>();
    SlowSubscriber interrupted =
        new SlowSubscriber(
            () -> {
              one.get(0).interruptSend();
              assertThat(Thread.interrupted()).as("noticed inside the send").isTrue();
            });
    one.add(
        new Subscription(
            interrupted, acks, new StreamCounts(), Duration.ofSeconds(15), clock::get));
    one.get(0).last(TEXT, 0, 2, Lsn.NONE);

    Thread.currentThread().interrupt(); // by somebody else, later
    one.get(0).flush();

    assertThat(Thread.interrupted()).isTrue();
  }

  @Test
  void saysThatTheClientIsGoneWhateverTheServerThrew() {
    client.close(CloseReason.INTERNAL, "");

    assertThatThrownBy(() -> subscription.last(TEXT, 0, 2, Lsn.NONE))
        .isInstanceOf(SubscriberGoneException.class);
  }

  private static final class SlowSubscriber implements Subscriber {
    private final Runnable wait;
    private @Nullable Subscription watched;
    private boolean wasStuck;

    SlowSubscriber(Runnable wait) {
      this.wait = wait;
    }

    void watch(Subscription place) {
      watched = place;
    }

    @Override
    public void sendPart(byte[] bytes, int start, int length) {}

    @Override
    public void sendLast(byte[] bytes, int start, int length) throws IOException {
      wait.run();
      wasStuck = watched != null && watched.isStuck();
    }

    @Override
    public void ping() {}

    @Override
    public void flush() {}

    @Override
    public void sendClose(CloseReason reason, String detail) {
      close(reason, detail);
    }

    @Override
    public void awaitClosed(Duration limit) {}

    @Override
    public void close(CloseReason reason, String detail) {}
  }
}
