package org.pgdeltastream.slot.feed;

import static java.lang.System.Logger.Level.WARNING;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.locks.LockSupport;
import org.pgdeltastream.change.Catalog;
import org.pgdeltastream.change.HeapBudget;
import org.pgdeltastream.change.HeapShare;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.decoder.PgOutputDecoder;
import org.pgdeltastream.decoder.ServerEncoding;
import org.pgdeltastream.delivery.CloseReason;
import org.pgdeltastream.feed.FeedSubscriber;
import org.pgdeltastream.feed.Router;
import org.pgdeltastream.feed.ViewOptions;
import org.pgdeltastream.feed.log.FeedPosition;
import org.pgdeltastream.feed.log.FrameLog;
import org.pgdeltastream.feed.log.Framing;
import org.pgdeltastream.journal.Journal;
import org.pgdeltastream.journal.JournalScan;

/**
 * Serves the subscribers that are behind the logs: reads the journal from the first one's position,
 * once for all that wait, up to its end. Runs while somebody waits.
 */
final class FeedScan implements Runnable {
  private static final System.Logger LOG = System.getLogger(FeedScan.class.getName());
  private static final long LOG_BYTES = 2 * 64 * 1024; // FrameLog: what was read, and what was not
  private static final long STEP_BYTES = 256 * 1024;
  private static final long PAUSE_NANOS = Duration.ofMillis(1).toNanos();
  private static final long SLOW_NANOS = Duration.ofMillis(100).toNanos();

  /** What it needs of its feed. */
  interface Source {
    Journal journal();

    Catalog catalog();

    ServerEncoding encoding();

    FeedPosition.Stamp stamp();

    HeapBudget heap();

    long logBytes();

    Duration sendTimeout();

    void wakeWriters();

    /** A subscriber whose position is not in the journal. */
    void lost(FeedSubscriber subscriber);

    /** To be placed again. */
    void placeAgain(FeedSubscriber subscriber, Lsn after, long more);
  }

  private record Waiting(FeedSubscriber subscriber, Lsn after, long more) {}

  private record Log(ViewOptions view, Framing framing) {}

  private record Reading(FeedSubscriber subscriber, FrameLog log) {}

  private final Source feed;
  private final Executor threads;
  private final List<Waiting> queue = new ArrayList<>(); // in the monitor
  private boolean running; // in the monitor

  FeedScan(Source feed, Executor threads) {
    this.feed = feed;
    this.threads = threads;
  }

  /** It is served from the journal soon. */
  void add(FeedSubscriber subscriber, Lsn after, long more) {
    synchronized (this) {
      queue.add(new Waiting(subscriber, after, more));
      if (running) {
        return;
      }
      running = true;
    }
    try {
      threads.execute(this);
    } catch (RejectedExecutionException e) {
      refused().forEach(one -> one.end(CloseReason.LIMIT, "no thread for who is behind"));
    }
  }

  private synchronized List<FeedSubscriber> refused() {
    List<FeedSubscriber> all = queue.stream().map(Waiting::subscriber).toList();
    queue.clear();
    running = false;
    return all;
  }

  /** Those that wait, the first position first, as many as have room; none ends the scan. */
  private synchronized List<Waiting> take() {
    long most = Math.max(1, feed.logBytes() / LOG_BYTES);
    queue.sort(Comparator.comparing(Waiting::after));
    Set<Log> logs = new HashSet<>();
    List<Waiting> taken = new ArrayList<>();
    queue.removeIf(
        one -> {
          Log log = new Log(one.subscriber().view(), one.subscriber().framing());
          boolean hasRoom = logs.size() < most || logs.contains(log);
          if (hasRoom) {
            logs.add(log);
            taken.add(one);
          }
          return hasRoom;
        });
    running = !taken.isEmpty();
    return taken;
  }

  private synchronized boolean isAwaited() {
    return !queue.isEmpty();
  }

  @Override
  public void run() {
    for (List<Waiting> all = take(); !all.isEmpty(); all = take()) {
      try {
        List<Waiting> waiting = all.stream().filter(one -> !isLost(one)).toList();
        if (!waiting.isEmpty()) {
          new Pass(waiting).run();
        }
      } catch (Throwable e) { // an Error too: others come
        LOG.log(WARNING, "The journal of a feed cannot be read", e);
        all.forEach(one -> one.subscriber().end(CloseReason.UPSTREAM_LOST, "the journal was lost"));
      }
    }
  }

  private boolean isLost(Waiting one) {
    boolean lost = !feed.journal().covers(one.after());
    if (lost) {
      feed.lost(one.subscriber());
    }
    return lost || one.subscriber().isOver();
  }

  /** Once through the journal. */
  private final class Pass {
    private final List<Waiting> waiting;
    private final List<Reading> reading = new ArrayList<>();
    private final Router router;

    Pass(List<Waiting> waiting) {
      this.waiting = new ArrayList<>(waiting);
      this.router = new Router(feed.catalog(), feed.logBytes(), waiting.get(0).after(), this::hand);
      router.stamp(feed.stamp());
      waiting.forEach(one -> router.log(one.subscriber().view(), one.subscriber().framing()));
    }

    void run() throws IOException {
      long bytes = 0;
      Lsn end = feed.journal().end(); // before: so far at least it is read
      try (HeapShare heap = feed.heap().share();
          JournalScan scan = feed.journal().scan(router.head())) {
        PgOutputDecoder decoder = new PgOutputDecoder(router, feed.encoding(), heap);
        while (scan.next()) {
          router.position(scan.walPosition());
          decoder.decode(scan.bytes(), scan.start(), scan.end());
          bytes += scan.end() - scan.start();
          if (bytes > STEP_BYTES) {
            bytes = 0;
            hand();
            if (waiting.isEmpty() && reading.isEmpty()) {
              return;
            }
          }
        }
      }
      router.movedTo(end);
      router.publish();
      attach();
      router.seal();
      feed.wakeWriters();
      placeAgain();
    }

    /** What they have a part of is not in the journal, or not yet: PostgreSQL is to send it. */
    private void placeAgain() {
      if (!waiting.isEmpty()) {
        LockSupport.parkNanos(SLOW_NANOS);
      }
      waiting.forEach(one -> feed.placeAgain(one.subscriber(), one.after(), one.more()));
    }

    private void attach() {
      Lsn head = router.head();
      waiting.removeIf(
          one -> {
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
      boolean others = isAwaited() || !waiting.isEmpty();
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
}
