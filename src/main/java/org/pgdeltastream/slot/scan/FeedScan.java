package org.pgdeltastream.slot.scan;

import static java.lang.System.Logger.Level.DEBUG;
import static java.lang.System.Logger.Level.WARNING;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.pgdeltastream.change.Catalog;
import org.pgdeltastream.change.HeapBudget;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.decoder.ServerEncoding;
import org.pgdeltastream.delivery.CloseReason;
import org.pgdeltastream.feed.FeedSubscriber;
import org.pgdeltastream.feed.ViewOptions;
import org.pgdeltastream.feed.log.FeedPosition;
import org.pgdeltastream.feed.log.FrameLog;
import org.pgdeltastream.feed.log.Framing;
import org.pgdeltastream.slot.scan.ScanPass.Reading;
import org.pgdeltastream.slot.scan.ScanPass.Waiting;

/**
 * Serves the subscribers that are behind the logs: reads the journal from the first one's position,
 * once for all that wait, up to its end. Runs while somebody waits.
 */
public final class FeedScan implements Runnable {
  private static final System.Logger LOG = System.getLogger(FeedScan.class.getName());
  private static final long LOG_BYTES = 2 * 64 * 1024; // FrameLog: what was read, and what was not
  private static final int MOST_FAILURES = 3;

  /** What it needs of its feed. */
  public interface Source {
    Past past();

    Catalog catalog();

    ServerEncoding encoding();

    FeedPosition.Stamp stamp();

    HeapBudget heap();

    long logBytes();

    Duration sendTimeout();

    void wakeWriters();

    /** A subscriber whose position is not in there. */
    void lost(FeedSubscriber subscriber);

    /** To be placed again. */
    void placeAgain(FeedSubscriber subscriber, Lsn after, long more);
  }

  private record Log(ViewOptions view, Framing framing) {}

  private final Source feed;
  private final Executor threads;
  private final List<Reading> late = new ArrayList<>(); // of passes that are over; the scan's
  private int failures; // in a row; the scan's
  private final List<Waiting> queue = new ArrayList<>(); // in the monitor
  private boolean running; // in the monitor

  public FeedScan(Source feed, Executor threads) {
    this.feed = feed;
    this.threads = threads;
  }

  /** It is served from the journal soon. */
  public void add(FeedSubscriber subscriber, Lsn after, long more) {
    synchronized (this) {
      queue.add(new Waiting(subscriber, after, more));
      if (running) {
        return;
      }
      running = true;
    }
    try {
      threads.execute(this);
    } catch (RejectedExecutionException | OutOfMemoryError e) { // or no thread
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
    long most = Math.max(1, passBytes() / LOG_BYTES);
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

  /** The other half is for those that read what earlier passes have left. */
  private long passBytes() {
    return feed.logBytes() / 2;
  }

  @Override
  public void run() {
    for (List<Waiting> all = take(); !all.isEmpty(); all = take()) {
      List<Waiting> waiting = all.stream().filter(one -> !isLost(one)).toList();
      forgetLate();
      if (!waiting.isEmpty()) {
        run(new ScanPass(feed, this::isAwaited, waiting, passBytes()));
      }
    }
  }

  private void run(ScanPass pass) {
    try {
      pass.run();
      late.addAll(pass.reading());
      failures = 0;
    } catch (Throwable e) { // an Error too: others come
      failures++;
      LOG.log(failures == 1 ? DEBUG : WARNING, "The journal of a feed cannot be read", e);
      if (failures < MOST_FAILURES) {
        pass.giveUp();
      } else {
        pass.end(CloseReason.UPSTREAM_LOST, "the journal cannot be read");
      }
    }
  }

  /** Who reads the oldest of them is placed again, as soon as it takes something. */
  private void forgetLate() {
    late.removeIf(one -> !one.subscriber().isIn(one.log()));
    Set<FrameLog> logs = new LinkedHashSet<>(late.stream().map(Reading::log).toList());
    long bytes = logs.stream().mapToLong(FrameLog::bytes).sum();
    for (FrameLog log : logs) {
      if (bytes > passBytes()) {
        bytes -= log.bytes();
        log.forget();
      }
    }
  }

  private boolean isLost(Waiting one) {
    boolean lost = !feed.past().covers(one.after());
    if (lost) {
      feed.lost(one.subscriber());
    }
    return lost || one.subscriber().isOver();
  }
}
