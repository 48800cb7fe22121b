package org.pgdeltastream.slot.feed;

import static java.lang.System.Logger.Level.INFO;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.pgdeltastream.change.Problem;
import org.pgdeltastream.change.ProblemException;
import org.pgdeltastream.delivery.CloseReason;
import org.pgdeltastream.feed.FeedSubscriber;
import org.pgdeltastream.feed.Writers;
import org.pgdeltastream.slot.shared.SharedLogs;
import org.pgdeltastream.slot.upstream.StreamServices;

/** The feeds that this server reads, by name. For any thread. */
final class OpenFeeds {
  private static final System.Logger LOG = System.getLogger(OpenFeeds.class.getName());
  private static final Duration STOP = Duration.ofSeconds(5);
  static final String STOPS = "the server stops; reconnect";
  private static final long PAUSE_NANOS = Duration.ofMillis(10).toNanos();
  private static final long STEP_NANOS = Duration.ofMillis(20).toNanos();
  private static final int DRAIN_STEPS = 100; // two seconds
  private static final int LEAST_AT_ONCE = 20;

  private final SlotAccess slots;
  private final StreamServices services;
  private final Executor threads;
  private final Writers writers;
  private final SharedLogs logs;
  private final Map<String, Feed> feeds = new TreeMap<>(); // in the monitor, as is what follows
  private final Set<String> adopted = new HashSet<>(); // how they were made is not known
  private final Set<String> changing = new HashSet<>(); // being made or dropped
  private volatile int count = 1; // for the share of each
  private boolean isClosed;

  OpenFeeds(
      SlotAccess slots,
      StreamServices services,
      Executor threads,
      Writers writers,
      SharedLogs logs) {
    this.slots = slots;
    this.services = services;
    this.threads = threads;
    this.writers = writers;
    this.logs = logs;
  }

  synchronized @Nullable Feed find(String name) {
    return feeds.get(name);
  }

  /** The same for who asks from outside, while nobody makes or drops it. */
  synchronized @Nullable Feed findSettled(String name) {
    Feed found = feeds.get(name);
    if (found == null && changing.contains(name)) {
      throw isChanging(name);
    }
    return found;
  }

  synchronized List<Feed> all() {
    return new ArrayList<>(feeds.values());
  }

  /** One call at a time makes or drops a feed, and nobody else opens it meanwhile. */
  synchronized void claim(String name) {
    if (!changing.add(name)) {
      throw isChanging(name);
    }
  }

  synchronized void release(String name) {
    changing.remove(name);
  }

  private static ProblemException isChanging(String name) {
    return new ProblemException(
        Problem.UPSTREAM_BUSY,
        "Feed " + name + " is being made or dropped",
        "Try again in a moment");
  }

  /** Begins to read it; its name is claimed. */
  synchronized void open(FeedDefinition definition) {
    put(opened(definition));
  }

  private void put(Feed feed) {
    feeds.put(feed.definition().name(), feed);
    count = feeds.size();
  }

  /** What a feed's newest messages may take, and as much again while clients are behind. */
  private long logBytes() {
    return services.settings().ofFeeds().feedHeapBytes() / (2L * count);
  }

  /** The same where its slot was found; how it was made is not known. */
  synchronized Feed adopt(FeedDefinition usual) {
    if (changing.contains(usual.name())) {
      throw isChanging(usual.name());
    }
    Feed known = feeds.get(usual.name());
    if (known != null) {
      return known;
    }
    Feed feed = opened(usual);
    put(feed);
    adopted.add(usual.name());
    return feed;
  }

  private Feed opened(FeedDefinition definition) {
    if (isClosed) {
      throw new ProblemException(
          Problem.UPSTREAM_BUSY, "This server stops", "Try again, or ask another one");
    }
    Feed feed =
        new Feed(
            definition,
            slots.enter(definition.slotName()),
            services,
            threads,
            this::logBytes,
            writers::wake,
            logs);
    try {
      writers.start();
      threads.execute(feed);
    } catch (RejectedExecutionException e) {
      throw new ProblemException(
          Problem.STREAMS_EXHAUSTED,
          "This server has no thread for another feed",
          "Raise pgdelta.streams and the threads of concurrent/readers",
          e);
    }
    LOG.log(INFO, "Feed " + definition.name() + " is read from slot " + definition.slotName());
    return feed;
  }

  /**
   * Keeps a feed for somebody who wants to make it, if it is as wanted: from now on it counts as
   * made.
   *
   * @return false if it was adopted, and is not as wanted
   * @throws ProblemException FEED_EXISTS if it was made in another way
   */
  synchronized boolean keep(Feed present, FeedDefinition wanted) {
    if (present.definition().equals(wanted)) {
      adopted.remove(wanted.name());
      return true;
    }
    if (!adopted.contains(wanted.name())) {
      throw new ProblemException(
          Problem.FEED_EXISTS,
          "Feed " + wanted.name() + " is there with other publications or another window",
          "DELETE it first, or ask for what GET /v1/feeds/" + wanted.name() + " shows");
    }
    return false;
  }

  /** Ends its reader and its subscribers; the slot stays. */
  void end(Feed feed, CloseReason reason, String detail) {
    synchronized (this) {
      feeds.remove(feed.definition().name());
      count = Math.max(1, feeds.size());
      adopted.remove(feed.definition().name());
    }
    feed.stop(reason, detail);
    feed.awaitEnd(STOP);
  }

  /**
   * Opens no more, ends all readers, and closes the subscribers one after the other: they come back
   * to this server or to another, which a thousand at once would keep busy.
   */
  void stop() {
    synchronized (this) {
      isClosed = true;
    }
    all().forEach(feed -> feed.stopReading(CloseReason.SERVICE_RESTART, STOPS));
    try {
      threads.execute(this::drain);
    } catch (RejectedExecutionException e) {
      drain();
    }
  }

  private void drain() {
    List<FeedSubscriber> followers =
        all().stream().flatMap(feed -> feed.subscribers().stream()).toList();
    int atOnce = Math.max(LEAST_AT_ONCE, followers.size() / DRAIN_STEPS);
    int ended = 0;
    for (FeedSubscriber one : followers) {
      one.end(CloseReason.SERVICE_RESTART, STOPS);
      if (++ended % atOnce == 0) {
        LockSupport.parkNanos(STEP_NANOS);
      }
    }
  }

  /** Waits for the readers, and until all subscribers are closed; at most so long. */
  void awaitEnd(Duration limit) {
    long deadline = System.nanoTime() + limit.toNanos();
    for (Feed feed : all()) {
      feed.awaitEnd(Duration.ofNanos(Math.max(0, deadline - System.nanoTime())));
    }
    while (all().stream().anyMatch(feed -> !feed.subscribers().isEmpty())
        && System.nanoTime() - deadline < 0) {
      LockSupport.parkNanos(PAUSE_NANOS);
    }
  }
}
