package org.pgdeltastream.feed.log;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.pgdeltastream.feed.log.SampleLogs.at;
import static org.pgdeltastream.feed.log.SampleLogs.lsn;
import static org.pgdeltastream.feed.log.SampleLogs.message;
import static org.pgdeltastream.feed.log.SampleLogs.random;
import static org.pgdeltastream.feed.log.SampleLogs.read;

import java.lang.ref.WeakReference;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.pgdeltastream.support.Seeds;

@Timeout(value = 60, unit = TimeUnit.SECONDS)
class FrameLogTest {
  private static final int MOST = 100_000;

  private final FrameLog log = new FrameLog(MOST, true, lsn(10));

  // Reading

  @Test
  void showsWhatIsPublishedOverManyChunks() {
    Cursor cursor = at(log, 10, 0);
    byte[] bytes = random(1, 70_000);
    log.append(bytes, 0, 69_000);
    assertThat(read(log, cursor)).isEmpty();
    log.publish();
    log.append(bytes, 69_000, 1_000);
    assertThat(read(log, cursor)).isEqualTo(Arrays.copyOf(bytes, 69_000));
    log.publish();
    assertThat(read(log, cursor)).isEqualTo(Arrays.copyOfRange(bytes, 69_000, 70_000));
    assertThat(read(log, cursor)).isEmpty();
  }

  @Test
  void placesCursorsBehindPositions() {
    message(log, 100, 20);
    log.mark(lsn(25)); // nothing came between
    message(log, 50, 30);
    log.publish();
    assertThat(at(log, 10, 0).position()).isZero();
    assertThat(at(log, 19, 0).position()).isZero(); // between two marks
    assertThat(at(log, 20, 0).position()).isEqualTo(100);
    assertThat(at(log, 22, 0).position()).isEqualTo(100);
    assertThat(at(log, 29, 7).position()).isEqualTo(107);
    assertThat(at(log, 30, 0).position()).isEqualTo(150);
    assertThat(at(log, 99, 0).position()).isEqualTo(150);
    assertThat(log.cursorAfter(lsn(9), 0)).isNull();
    assertThat(log.cursorAfter(lsn(9), 1)).isNull();
    assertThat(log.cursorAfter(lsn(30), 1)).isNull();
  }

  @Test
  void tellsTheLastMarkOfACursor() {
    message(log, 100, 20);
    log.mark(lsn(25));
    message(log, 50, 30);
    log.publish();
    assertThat(log.markBefore(at(log, 10, 99))).isEqualTo(new Mark(lsn(10), 0));
    assertThat(log.markBefore(at(log, 20, 0))).isEqualTo(new Mark(lsn(25), 100));
    assertThat(log.markBefore(at(log, 20, 49))).isEqualTo(new Mark(lsn(25), 100));
    assertThat(log.published().mark()).isEqualTo(new Mark(lsn(30), 150));
    log.mark(lsn(40)); // of progress
    log.publish();
    assertThat(log.published().mark()).isEqualTo(new Mark(lsn(40), 150));
  }

  @Test
  void saysWhetherAMessageIsOpen() {
    assertThat(log.published().endsWithMessage()).isTrue();
    log.append(new byte[10], 0, 10);
    log.publish();
    assertThat(log.published().endsWithMessage()).isFalse();
    log.endMessage();
    log.publish();
    assertThat(log.published().endsWithMessage()).isTrue();
  }

  // Trimming

  @Test
  void dropsTheOldest() {
    Cursor slow = at(log, 10, 0);
    for (int i = 2; i < 30; i++) {
      message(log, 10_000, 10L * i);
      log.publish();
    }
    assertThat(log.isPast(slow)).isTrue();
    assertThat(log.cursorAfter(lsn(10), 0)).isNull();
    Cursor later = at(log, 250, 0);
    assertThat(log.isPast(later)).isFalse();
    assertThat(read(log, later)).hasSize(40_000);
  }

  @Test
  void knowsTheLastPositionBeforeALargeTransaction() {
    message(log, 100, 20);
    byte[] bytes = random(2, 300_000);
    for (int i = 0; i < 30; i++) {
      log.append(bytes, 10_000 * i, 10_000);
      log.publish();
    }
    assertThat(log.published().mark()).isEqualTo(new Mark(lsn(20), 100));
    assertThat(log.cursorAfter(lsn(20), 0)).isNull();
    assertThat(log.cursorAfter(lsn(20), 100_000)).isNull();
    Cursor inside = at(log, 20, 250_001);
    assertThat(log.markBefore(inside)).isEqualTo(new Mark(lsn(20), 100));
    assertThat(read(log, inside)).isEqualTo(Arrays.copyOfRange(bytes, 250_001, 300_000));
  }

  @Test
  void doesNotHoldALargeMessageWhole() {
    Cursor slow = at(log, 10, 0);
    byte[] bytes = random(3, 10_000);
    for (int i = 0; i < 100; i++) {
      log.append(bytes, 0, bytes.length);
    }
    assertThat(log.isPast(slow)).isTrue(); // before it is published
    log.endMessage();
    log.mark(lsn(20));
    log.publish();
    assertThat(at(log, 20, 0).position()).isEqualTo(1_000_000);
  }

  @Test
  void keepsWhatIsNewForReadersOfWhatWasBefore() {
    FrameLog past = new FrameLog(MOST, false, lsn(10));
    Cursor cursor = at(past, 10, 0);
    byte[] bytes = random(4, 500_000);
    past.append(bytes, 0, bytes.length);
    assertThat(past.isFull()).isTrue();
    past.publish();
    assertThat(past.isFull()).isFalse();
    assertThat(past.isPast(cursor)).isFalse();
    assertThat(read(past, cursor)).isEqualTo(bytes);
    past.append(bytes, 0, 200_000);
    past.publish();
    past.seal(lsn(20)); // drops nothing of that
    assertThat(past.isPast(cursor)).isFalse();
    assertThat(read(past, cursor)).hasSize(200_000);
    assertThat(past.cursorAfter(lsn(10), 0)).isNull();
  }

  @Test
  void keepsAWordOnProgressTogether() {
    log.append(new byte[1000], 0, 1000);
    log.beginProgress(50);
    log.append(random(5, 50), 0, 50);
    log.publish();
    Cursor cursor = at(log, 10, 1000);
    assertThat(cursor.available(log.published())).isEqualTo(50);
    log.beginProgress(50);
    log.append(new byte[50], 0, 50);
    log.publish();
    assertThat(cursor.available(log.published())).isEqualTo(100);
  }

  // The end, and what is undone

  @Test
  void rollsBackToTheLastMessage() {
    message(log, 100, 20);
    log.publish();
    Cursor whole = at(log, 20, 0);
    Cursor cut = at(log, 20, 0);
    byte[] undone = random(6, 5_000);
    log.append(undone, 0, undone.length);
    log.publish();
    assertThat(read(log, cut)).isEqualTo(undone);
    log.rollBack();
    assertThat(cut.isCut()).isTrue();
    assertThat(whole.isCut()).isFalse();
    assertThat(log.published().endsWithMessage()).isTrue();
    byte[] again = random(7, 5_000);
    log.append(again, 0, again.length);
    log.publish();
    assertThat(read(log, whole)).isEqualTo(again);
    assertThat(cut.isCut()).isTrue();
  }

  /** Of a client whose connection holds it for long, for instance. */
  @Test
  void doesNotHoldAllThatFollowsAForgottenCursor() {
    FrameLog small = new FrameLog(10_000, true, lsn(10));
    message(small, 100, 20);
    small.publish();
    Cursor forgotten = at(small, 20, 0);
    List<WeakReference<Chunk>> later = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      message(small, 1_000, 30 + i);
      small.publish();
      later.add(new WeakReference<>(at(small, 30 + i, 0).chunk));
    }
    await("what follows to be freed")
        .atMost(Duration.ofSeconds(10))
        .until(
            () -> {
              System.gc();
              return later.stream().filter(one -> one.get() != null).count() < 20;
            });
    assertThat(small.isPast(forgotten)).isTrue();
    assertThat(forgotten.available(small.published())).isLessThanOrEqualTo(2_000);
  }

  /** Else the memory of a whole large transaction would be held. */
  @Test
  void rollsBackWhatIsLongerThanTheLog() throws Exception {
    FrameLog small = new FrameLog(10_000, true, lsn(10));
    message(small, 100, 20);
    small.publish();
    Cursor whole = at(small, 20, 0);
    WeakReference<Chunk> boundary = new WeakReference<>(whole.chunk);
    Cursor inside = at(small, 20, 0);
    byte[] undone = random(6, 100_000);
    for (int i = 0; i < 100; i++) {
      small.append(undone, 1_000 * i, 1_000);
      small.publish();
      inside.advance(inside.available(small.published()));
    }
    Cursor late = at(small, 20, 99_500);
    assertThat(small.isPast(whole)).isTrue();
    whole = null;
    inside = null;
    await("the first chunk to be freed")
        .atMost(Duration.ofSeconds(10))
        .until(
            () -> {
              System.gc();
              return boundary.get() == null;
            });
    small.rollBack();
    assertThat(late.isCut()).isTrue();
    assertThat(small.published().endsWithMessage()).isTrue();
    assertThat(small.published().mark().position()).isEqualTo(lsn(20));
    assertThat(small.cursorAfter(lsn(20), 500)).isNull();
    Cursor again = at(small, 20, 0);
    message(small, 200, 30);
    small.publish();
    assertThat(read(small, again)).hasSize(200);
    Cursor end = at(small, 30, 0);
    assertThat(requireNonNull(small.markBefore(end)).position()).isEqualTo(lsn(30));
  }

  /** What it has seen published is undone, and the new bytes are not all there. */
  @Test
  void readsNothingOfARollBackThatItHasNotSeen() {
    message(log, 100, 20);
    log.publish();
    Cursor whole = at(log, 20, 0);
    log.append(random(6, 5_000), 0, 5_000);
    log.publish();
    FrameLog.Published before = log.published();
    log.rollBack();
    assertThat(whole.available(before)).isZero();
    log.append(random(7, 100), 0, 100);
    assertThat(whole.available(before)).isZero();
    log.publish();
    assertThat(whole.available(log.published())).isEqualTo(100);
  }

  @Test
  void doesNotCutWhoHasReadNothingOfIt() {
    byte[] bytes = random(8, 1024); // the first chunk, just full
    log.append(bytes, 0, bytes.length);
    log.endMessage();
    log.mark(lsn(20));
    log.publish();
    Cursor cursor = at(log, 10, 0);
    for (int i = 0; i < 3; i++) {
      read(log, cursor);
      log.append(bytes, 0, 10);
      log.rollBack();
      log.rollBack();
      read(log, cursor);
      assertThat(cursor.isCut()).isFalse();
      assertThat(log.isPast(cursor)).isFalse();
    }
    message(log, 100, 30);
    log.publish();
    assertThat(read(log, cursor)).hasSize(100);
  }

  @Test
  void goesOnAfterALargeMessageIsRolledBack() {
    message(log, 100, 20);
    log.publish();
    Cursor before = at(log, 20, 0);
    for (int i = 0; i < 50; i++) {
      log.append(new byte[10_000], 0, 10_000);
      log.publish();
    }
    Cursor late = at(log, 20, 450_000);
    read(log, late);
    log.rollBack();
    assertThat(late.isCut()).isTrue();
    assertThat(log.isPast(before)).isTrue();
    Cursor again = at(log, 20, 0);
    message(log, 70, 30);
    log.publish();
    assertThat(log.isPast(again)).isFalse();
    assertThat(read(log, again)).hasSize(70);
    assertThat(at(log, 30, 0).position()).isEqualTo(170);
  }

  @Test
  void isSealedAtAPosition() {
    message(log, 100, 20);
    log.publish();
    assertThat(log.published().isSealed()).isFalse();
    log.seal(lsn(33));
    assertThat(log.published().isSealed()).isTrue();
    assertThat(log.published().mark()).isEqualTo(new Mark(lsn(33), 100));
  }

  @Test
  void isForgotten() {
    Cursor cursor = at(log, 10, 0);
    FrameLog.Published before = log.published();
    log.forget();
    assertThat(log.isPast(cursor)).isTrue();
    assertThat(log.published()).isNotSameAs(before).isEqualTo(before);
    assertThat(log.cursorAfter(lsn(10), 0)).isNull();
  }

  // By chance

  @Test
  void showsReadersWhatAModelHas() {
    long seed = Seeds.first();
    for (int run = 0; run < 60; run++) {
      new FrameLogModel(new Random(seed + run)).run(400);
    }
  }

  @Test
  void showsThreadsTheSameBytes() throws Exception {
    long seed = Seeds.first();
    FrameLog shared = new FrameLog(60_000, true, lsn(10));
    List<Cursor> cursors = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      cursors.add(at(shared, 10, 0));
    }
    ExecutorService threads = Executors.newCachedThreadPool();
    try {
      CountDownLatch begun = new CountDownLatch(cursors.size());
      List<Future<Long>> readers = new ArrayList<>();
      for (Cursor cursor : cursors) {
        readers.add(threads.submit(() -> readAll(shared, cursor, begun)));
      }
      assertThat(begun.await(30, TimeUnit.SECONDS)).as("all readers began").isTrue();
      append(shared, new Random(seed));
      shared.seal(lsn(1_000_000));
      long read = 0;
      for (Future<Long> reader : readers) {
        read += reader.get(50, TimeUnit.SECONDS);
      }
      assertThat(read).as("bytes read").isPositive();
    } finally {
      threads.shutdownNow();
    }
  }

  /** Each byte says where it stands, so that readers can check it. */
  private static void append(FrameLog shared, Random random) {
    byte[] bytes = new byte[40_000];
    long end = 0;
    for (int i = 0; i < 8_000; i++) {
      int length = random.nextInt(random.nextInt(50) == 0 ? 40_000 : 500);
      for (int at = 0; at < length; at++) {
        bytes[at] = content(end + at);
      }
      shared.append(bytes, 0, length);
      end += length;
      shared.endMessage();
      shared.mark(lsn(20 + i));
      if (random.nextInt(4) == 0) {
        shared.publish();
      }
    }
  }

  private static byte content(long position) {
    return (byte) ((position * 31) >> 3);
  }

  /** Like a writer, which is placed again where it fell out. */
  private static long readAll(FrameLog shared, Cursor first, CountDownLatch begun) {
    begun.countDown();
    Cursor cursor = first;
    long count = 0;
    while (true) {
      FrameLog.Published published = shared.published();
      if (shared.isPast(cursor)) {
        cursor = shared.cursorAfter(published.mark().position(), 0);
        while (cursor == null) {
          cursor = shared.cursorAfter(shared.published().mark().position(), 0);
        }
        continue;
      }
      int length = cursor.available(published);
      for (int i = 0; i < length; i++) {
        assertThat(cursor.bytes()[cursor.offset() + i]).isEqualTo(content(cursor.position() + i));
      }
      cursor.advance(length);
      count += length;
      if (length == 0 && published.isSealed()) {
        return count;
      }
    }
  }
}
