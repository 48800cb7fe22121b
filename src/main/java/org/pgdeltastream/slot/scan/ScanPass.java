package org.pgdeltastream.slot.scan;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.pgdeltastream.change.HeapShare;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.decoder.PgOutputDecoder;
import org.pgdeltastream.delivery.CloseReason;
import org.pgdeltastream.feed.FeedSubscriber;
import org.pgdeltastream.feed.Router;
import org.pgdeltastream.feed.log.FrameLog;
import org.pgdeltastream.journal.MessageScan;

/** Once through what a feed can send again. */
final class ScanPass {
  private static final long STEP_BYTES = 256 * 1024;
  private static final long PAUSE_NANOS = Duration.ofMillis(1).toNanos();
  private static final long SLOW_NANOS = Duration.ofMillis(100).toNanos();

  /** It has all up to there, and so many bytes more. */
  record Waiting(FeedSubscriber subscriber, Lsn after, long more) {}

  record Reading(FeedSubscriber subscriber, FrameLog log) {}

  private final FeedScan.Source feed;
  private final BooleanSupplier isAwaited;
  private final List<Waiting> waiting;
  private final List<Reading> reading = new ArrayList<>();
  private final Router router;

  /**
   * For these, the first position first.
   *
   * @param isAwaited whether others wait for another pass
   * @param logBytes what its logs may take
   */
  ScanPass(FeedScan.Source feed, BooleanSupplier isAwaited, List<Waiting> waiting, long logBytes) {
    this.feed = feed;
    this.isAwaited = isAwaited;
    this.waiting = new ArrayList<>(waiting);
    this.router = new Router(feed.catalog(), logBytes, waiting.get(0).after(), this::hand);
  }

  void run() throws IOException {
    router.stamp(feed.stamp());
    waiting.forEach(one -> router.log(one.subscriber().view(), one.subscriber().framing()));
    Lsn end = feed.past().end(); // before: so far at least it is read
    try (HeapShare heap = feed.heap().share();
        MessageScan scan = feed.past().scan(router.head(), end)) {
      if (!isReadToTheEnd(scan, heap)) {
        return;
      }
    }
    router.movedTo(end);
    router.publish();
    attach();
    router.seal();
    feed.wakeWriters();
    placeAgain();
  }

  /** False where nobody is left that wants more. */
  private boolean isReadToTheEnd(MessageScan scan, HeapShare heap) throws IOException {
    PgOutputDecoder decoder = new PgOutputDecoder(router, feed.encoding(), heap);
    long bytes = 0;
    while (scan.next()) {
      if (scan.beginsAnew()) {
        router.rollBack();
        decoder = new PgOutputDecoder(router, feed.encoding(), heap);
      }
      router.position(scan.walPosition());
      decoder.decode(scan.bytes(), scan.start(), scan.end());
      bytes += scan.end() - scan.start();
      if (bytes > STEP_BYTES) {
        bytes = 0;
        hand();
        if (waiting.isEmpty() && reading.isEmpty()) {
          return false;
        }
      }
    }
    return true;
  }

  /** What they have a part of is not in the journal, or not yet: PostgreSQL is to send it. */
  private void placeAgain() {
    if (!waiting.isEmpty()) {
      LockSupport.parkNanos(SLOW_NANOS);
    }
    waiting.forEach(one -> feed.placeAgain(one.subscriber(), one.after(), one.more()));
  }

  /** Its logs that somebody still reads, perhaps. */
  List<Reading> reading() {
    return reading;
  }

  /** It failed: the journal may have dropped what it was reading. Others may do better. */
  void giveUp() {
    LockSupport.parkNanos(SLOW_NANOS);
    reading.forEach(one -> one.log().forget());
    waiting.forEach(one -> feed.placeAgain(one.subscriber(), one.after(), one.more()));
    feed.wakeWriters();
  }

  /** Closes all. */
  void end(CloseReason reason, String detail) {
    reading.forEach(one -> one.subscriber().end(reason, detail));
    waiting.forEach(one -> one.subscriber().end(reason, detail));
  }

  private void attach() {
    Lsn head = router.head();
    waiting.removeIf(
        one -> {
          Optional<String> lost = router.lostAfter(one.subscriber().view(), one.after());
          if (lost.isPresent()) {
            one.subscriber().home().mustRefetch(one.subscriber(), lost.get());
            return true;
          }
          if (one.after().isAfter(head)) {
            return false;
          }
          FrameLog log = router.log(one.subscriber().view(), one.subscriber().framing());
          boolean attached = one.subscriber().attach(log, one.after(), one.more());
          if (attached) {
            reading.add(new Reading(one.subscriber(), log));
          }
          return attached;
        });
  }

  /** Lets all read what there is; waits for those that take it. */
  private void hand() {
    router.publish();
    attach();
    feed.wakeWriters();
    long start = System.nanoTime();
    while (isWaitedFor(System.nanoTime() - start)) {
      LockSupport.parkNanos(PAUSE_NANOS);
    }
  }

  private boolean isWaitedFor(long nanos) {
    boolean slow = false;
    boolean others = isAwaited.getAsBoolean() || !waiting.isEmpty();
    for (var all = reading.iterator(); all.hasNext(); ) {
      Reading one = all.next();
      if (!one.subscriber().isIn(one.log())) {
        all.remove(); // it is gone, or fell behind
      } else if (one.subscriber().isReading(one.log())) {
        if (one.subscriber().isReady()) {
          return nanos < feed.sendTimeout().toNanos();
        }
        slow = true;
      } else {
        others = true;
      }
    }
    return slow && nanos < (others ? SLOW_NANOS : feed.sendTimeout().toNanos());
  }
}
