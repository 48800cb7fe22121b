package org.pgdeltastream.feed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.delivery.CloseReason;
import org.pgdeltastream.feed.log.FrameLog;
import org.pgdeltastream.feed.log.Framing;
import org.pgdeltastream.feed.log.Rows;
import org.pgdeltastream.feed.log.SampleLogs;
import org.pgdeltastream.support.Seeds;

@Timeout(value = 60, unit = TimeUnit.SECONDS)
class WriterTest {
  private final FeedCounts counts = new FeedCounts();
  private static final long MUCH = Long.MAX_VALUE / 2;
  private static final ViewOptions VIEW = RouterTest.view();
  private static final byte[] SAID = "{\"said\":1}\n".getBytes(StandardCharsets.UTF_8);

  private final Writer writer =
      new Writer(Duration.ofSeconds(2), Duration.ofMillis(1500), Duration.ofMillis(1500));
  private final Thread thread = new Thread(writer, "writer");
  private final FrameLog log = new FrameLog(1 << 20, true, new Lsn(10));
  private final AtomicInteger left = new AtomicInteger();
  private final ConcurrentLinkedQueue<Placed> placed = new ConcurrentLinkedQueue<>();

  private record Placed(FeedSubscriber subscriber, Lsn after, long more) {}

  @BeforeEach
  void starts() {
    thread.start();
  }

  @AfterEach
  void stops() throws InterruptedException {
    writer.stop();
    thread.join(10_000);
    assertThat(thread.isAlive()).as("the writer goes on").isFalse();
  }

  // Bytes

  @Test
  void writesAllToThousandsThatAreSlowAtTimes() {
    List<FakeOutlet> outlets = new ArrayList<>();
    for (int i = 0; i < 3_000; i++) {
      FakeOutlet outlet = new FakeOutlet(i % 3 == 0 ? MUCH : 10, false);
      outlets.add(outlet);
      attach(subscriber(Framing.LINES, outlet, 0), log, 10);
    }
    Random random = new Random(Seeds.first());
    byte[] wanted = new byte[0];
    for (int i = 0; i < 100; i++) {
      byte[] line = SampleLogs.random(i, 20 + random.nextInt(300));
      wanted = Arrays.copyOf(wanted, wanted.length + line.length);
      System.arraycopy(line, 0, wanted, wanted.length - line.length, line.length);
      line(line, 20 + i);
      for (int k = 0; k < 1_000; k++) {
        outlets.get(random.nextInt(outlets.size())).takes(random.nextInt(700));
      }
    }
    outlets.forEach(outlet -> outlet.takes(MUCH));
    byte[] all = wanted;
    await("all bytes at all clients")
        .atMost(Duration.ofSeconds(20))
        .until(() -> outlets.stream().allMatch(outlet -> outlet.size() == all.length));
    for (FakeOutlet outlet : outlets) {
      assertThat(Arrays.equals(outlet.bytes(), all)).isTrue();
      assertThat(outlet.wrong()).isEmpty();
      assertThat(outlet.flushes()).isPositive();
    }
  }

  @Test
  void waitsBetweenTwoWrites() {
    FakeOutlet outlet = new FakeOutlet(MUCH, false);
    attach(subscriber(Framing.LINES, outlet, Duration.ofMillis(300).toNanos()), log, 10);
    long start = System.nanoTime();
    long until = start + Duration.ofSeconds(1).toNanos();
    int lines = 0;
    while (System.nanoTime() < until) {
      line(new byte[100], 20 + lines++);
      LockSupport.parkNanos(1_000_000);
    }
    int written = 100 * lines;
    await("the rest").atMost(Duration.ofSeconds(5)).until(() -> outlet.size() == written);
    assertThat(outlet.flushes()).isLessThanOrEqualTo(6);
  }

  // Between messages

  @Test
  void saysAndEndsAfterThePresentMessage() {
    FakeOutlet outlet = new FakeOutlet(MUCH, false);
    FeedSubscriber one = subscriber(Framing.TEXTS, outlet, 0);
    attach(one, log, 10);
    byte[] half = "{\"half\":".getBytes(StandardCharsets.UTF_8);
    byte[] rest = "2}\n".getBytes(StandardCharsets.UTF_8);
    awaitSize(outlet, 0, "{\"live\":{\"lsn\":\"0/A\"}}\n");
    int before = outlet.size();
    log.append(half, 0, half.length);
    log.publish();
    writer.wake();
    awaitSize(outlet, before + half.length, "half a message");
    one.say(SAID);
    one.end(CloseReason.SUPERSEDED, "enough");
    log.append(rest, 0, rest.length);
    log.endMessage();
    log.publish();
    writer.wake();
    await("the end").atMost(Duration.ofSeconds(5)).until(() -> left.get() == 1);
    String text = new String(outlet.bytes(), StandardCharsets.UTF_8).substring(before);
    assertThat(text).isEqualTo("{\"half\":2}\n{\"said\":1}\n");
    assertThat(outlet.ending()).contains(CloseReason.SUPERSEDED);
    assertThat(outlet.wrong()).isEmpty();
  }

  @Test
  void saysNothingInsideAMessageThatGoesOnElsewhere() {
    FakeOutlet outlet = new FakeOutlet(10, false);
    FeedSubscriber one = subscriber(Framing.LINES, outlet, 0);
    byte[] large = SampleLogs.random(1, 3 << 20);
    attach(one, log, 10);
    log.append(large, 0, 50_000);
    log.publish();
    writer.wake();
    await("a part").atMost(Duration.ofSeconds(5)).until(() -> outlet.size() > 0 && !one.isReady());
    int had = outlet.size();
    log.append(large, 50_000, large.length - 50_000);
    log.endMessage();
    log.mark(new Lsn(20));
    log.publish();
    one.say(SAID);
    outlet.takes(MUCH);
    await("it is placed").atMost(Duration.ofSeconds(5)).until(() -> !placed.isEmpty());
    assertThat(placed).containsExactly(new Placed(one, new Lsn(10), had));
    FrameLog past = new FrameLog(1 << 20, false, new Lsn(10));
    past.append(large, 0, large.length);
    past.endMessage();
    past.mark(new Lsn(20));
    past.publish();
    assertThat(one.attach(past, new Lsn(10), had)).isTrue();
    awaitSize(outlet, large.length + SAID.length, "all, and what was said");
    assertThat(Arrays.copyOf(outlet.bytes(), large.length)).isEqualTo(large);
  }

  @Test
  void asksBeforeItSaysSomething() {
    FakeOutlet outlet = new FakeOutlet(100, false);
    FeedSubscriber one = subscriber(Framing.LINES, outlet, 0);
    attach(one, log, 10);
    for (int i = 0; i < 10; i++) {
      one.say(SAID);
    }
    line(new byte[100], 20);
    await("no room").atMost(Duration.ofSeconds(5)).until(() -> outlet.size() >= 100);
    outlet.takes(MUCH);
    awaitSize(outlet, 100 + 10 * SAID.length, "all");
    assertThat(outlet.wrong()).isEmpty();
    assertThat(outlet.isCut()).isFalse();
  }

  // From one log to the next

  @Test
  void leavesASealedLogInAnyOrderOfEvents() {
    Random random = new Random(Seeds.first());
    for (int i = 0; i < 2_000; i++) {
      FrameLog past = new FrameLog(1 << 20, false, new Lsn(10));
      FeedSubscriber one = subscriber(Framing.LINES, new FakeOutlet(MUCH, false), 0);
      attach(one, past, 10);
      if (random.nextBoolean()) {
        SampleLogs.message(past, 100, 20);
        past.publish();
        writer.wake();
      }
      for (int k = random.nextInt(2_000); k > 0; k--) {
        Thread.onSpinWait();
      }
      past.seal(new Lsn(30));
      writer.wake();
    }
    await("all are placed").atMost(Duration.ofSeconds(5)).until(() -> placed.size() == 2_000);
    assertThat(placed).allMatch(one -> one.after().equals(new Lsn(30)) && one.more() == 0);
  }

  @Test
  void cutsWhoHasReadWhatIsRolledBack() {
    FakeOutlet outlet = new FakeOutlet(MUCH, false);
    attach(subscriber(Framing.LINES, outlet, 0), log, 10);
    FakeOutlet none = new FakeOutlet(0, false);
    attach(subscriber(Framing.LINES, none, 0), log, 10);
    log.append(new byte[100], 0, 100);
    log.publish();
    writer.wake();
    awaitSize(outlet, 100, "a part");
    log.rollBack();
    writer.wake();
    await("the cut").atMost(Duration.ofSeconds(5)).until(outlet::isCut);
    line(new byte[70], 20);
    none.takes(MUCH);
    awaitSize(none, 70, "what came instead");
    assertThat(none.isCut()).isFalse();
  }

  // Clients that do nothing

  /** What the log has dropped meanwhile cannot tell it where it is. */
  @Test
  void goesOnByBytesButNotPastAWordOnProgress() {
    for (boolean isTold : List.of(false, true)) {
      FrameLog small = new FrameLog(4_000, true, new Lsn(10));
      line(small, new byte[100], 20);
      if (isTold) {
        small.beginProgress(50);
        line(small, new byte[50], 21);
      }
      small.append(new byte[2_000], 0, 2_000);
      small.publish();
      AtomicInteger taken = new AtomicInteger();
      FakeOutlet outlet =
          new FakeOutlet(1, false) {
            @Override
            public synchronized void write(byte[] bytes, int start, int length) {
              super.write(bytes, start, length);
              taken.set(length);
              for (int i = 0; i < 10; i++) { // another thread is quick
                line(small, new byte[1_000], 30 + i);
              }
            }
          };
      FeedSubscriber one = subscriber(Framing.LINES, outlet, 0);
      attach(one, small, 10);
      if (isTold) {
        await("the cut").atMost(Duration.ofSeconds(5)).until(outlet::isCut);
        assertThat(placed).isEmpty();
      } else {
        await("a part").atMost(Duration.ofSeconds(5)).until(() -> taken.get() > 0);
        outlet.takes(MUCH);
        await("another place").atMost(Duration.ofSeconds(5)).until(() -> !placed.isEmpty());
        assertThat(placed.remove()).isEqualTo(new Placed(one, new Lsn(10), taken.get()));
      }
    }
  }

  /** The log is sealed: nothing that comes would show it. */
  @Test
  void leavesALogThatHasDroppedItsPlaceMeanwhile() {
    FrameLog small = new FrameLog(4_000, false, new Lsn(10));
    small.append(new byte[3_000], 0, 3_000);
    small.publish();
    FakeOutlet outlet =
        new FakeOutlet(MUCH, false) {
          @Override
          public synchronized void write(byte[] bytes, int start, int length) {
            super.write(bytes, start, length);
            if (small.published().end() == 3_000) { // another thread is quick
              small.append(new byte[30_000], 0, 30_000);
              small.publish();
              small.trim(30_000);
            }
          }
        };
    FeedSubscriber one = subscriber(Framing.LINES, outlet, 0);
    attach(one, small, 10);
    await("another place").atMost(Duration.ofSeconds(5)).until(() -> !placed.isEmpty());
    assertThat(placed.remove()).isEqualTo(new Placed(one, new Lsn(10), outlet.size()));
    assertThat(outlet.size()).isLessThan(3_000);
  }

  @Test
  void cutsWhoTakesNothing() {
    FakeOutlet stalled = new FakeOutlet(10, true);
    FakeOutlet other = new FakeOutlet(MUCH, false);
    attach(subscriber(Framing.LINES, stalled, 0), log, 10);
    attach(subscriber(Framing.LINES, other, 0), log, 10);
    for (int i = 0; i < 5; i++) {
      line(new byte[20_000], 20 + i);
    }
    await("the cut").atMost(Duration.ofSeconds(10)).until(() -> left.get() == 1);
    assertThat(stalled.isCut()).isTrue();
    assertThat(other.size()).isEqualTo(100_000);
    assertThat(other.isCut()).isFalse();
  }

  @Test
  void asksIdleClientsForASign() {
    FakeOutlet silent = new FakeOutlet(MUCH, true);
    FakeOutlet alive = new FakeOutlet(MUCH, true);
    FakeOutlet unasked = new FakeOutlet(MUCH, false);
    attach(subscriber(Framing.LINES, silent, 0), log, 10);
    FeedSubscriber answers = subscriber(Framing.LINES, alive, 0);
    attach(answers, log, 10);
    attach(subscriber(Framing.LINES, unasked, 0), log, 10);
    await("the end of who does not answer")
        .atMost(Duration.ofSeconds(10))
        .until(
            () -> {
              answers.heard();
              return silent.ending().isPresent();
            });
    assertThat(silent.ending()).contains(CloseReason.SLOW_SUBSCRIBER);
    assertThat(silent.pings()).isEqualTo(1);
    assertThat(silent.atPing()).isZero();
    await("another ping")
        .atMost(Duration.ofSeconds(10))
        .until(
            () -> {
              answers.heard();
              return alive.pings() > 1 && unasked.pings() > 1;
            });
    assertThat(alive.ending()).isEmpty();
    assertThat(unasked.ending()).isEmpty();
    assertThat(left).hasValue(1);
  }

  @Test
  void forgetsWhoIsGone() {
    FeedSubscriber one = subscriber(Framing.LINES, new FakeOutlet(MUCH, false), 0);
    attach(one, log, 10);
    one.gone();
    one.gone();
    await("it has left").atMost(Duration.ofSeconds(5)).until(() -> left.get() == 1);
    one.ready();
    line(new byte[10], 20);
    FakeOutlet last = new FakeOutlet(MUCH, false);
    attach(subscriber(Framing.LINES, last, 0), log, 10);
    awaitSize(last, 10, "a later one");
    assertThat(left).hasValue(1);
  }

  private void awaitSize(FakeOutlet outlet, int size, String what) {
    await(what)
        .atMost(Duration.ofSeconds(5))
        .until(() -> size == 0 ? outlet.size() > 0 : outlet.size() == size);
  }

  private void line(byte[] bytes, long end) {
    line(log, bytes, end);
  }

  private void line(FrameLog to, byte[] bytes, long end) {
    to.append(bytes, 0, bytes.length);
    to.endMessage();
    to.mark(new Lsn(end));
    to.publish();
    writer.wake();
  }

  private static void attach(FeedSubscriber one, FrameLog where, long after) {
    assertThat(one.attach(where, new Lsn(after), 0)).isTrue();
  }

  private FeedSubscriber subscriber(Framing framing, FakeOutlet outlet, long linger) {
    FeedSubscriber.Home home =
        new FeedSubscriber.Home() {
          @Override
          public @Nullable Rows rows(FeedSubscriber one) {
            return null;
          }

          @Override
          public FeedCounts counts() {
            return counts;
          }

          @Override
          public void place(FeedSubscriber one, Lsn after, long more) {
            placed.add(new Placed(one, after, more));
          }

          @Override
          public void mustRefetch(FeedSubscriber one, String reason) {
            throw new AssertionError("all can be decided");
          }

          @Override
          public void left(FeedSubscriber one) {
            left.incrementAndGet();
          }
        };
    FeedSubscriber made = new FeedSubscriber(VIEW, framing, outlet, linger, home, writer);
    outlet.serves(made);
    return made;
  }
}
