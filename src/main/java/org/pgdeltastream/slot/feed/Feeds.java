package org.pgdeltastream.slot.feed;

import static java.lang.System.Logger.Level.INFO;
import static java.lang.System.Logger.Level.WARNING;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.pgdeltastream.change.OutputPlugin;
import org.pgdeltastream.change.Problem;
import org.pgdeltastream.change.ProblemException;
import org.pgdeltastream.change.SlotName;
import org.pgdeltastream.delivery.CloseReason;
import org.pgdeltastream.feed.FeedSubscriber;
import org.pgdeltastream.feed.Outlet;
import org.pgdeltastream.feed.ViewOptions;
import org.pgdeltastream.replication.wal.SlotRow;
import org.pgdeltastream.slot.database.Settings;
import org.pgdeltastream.slot.upstream.StreamServices;

/**
 * The feeds that this server reads: those of its settings, those made by a call, and those whose
 * slot it finds when somebody asks for them.
 */
public final class Feeds {
  private static final System.Logger LOG = System.getLogger(Feeds.class.getName());
  private static final Duration STOP = Duration.ofSeconds(5);
  private static final long PAUSE_NANOS = Duration.ofMillis(10).toNanos();

  private final FeedSlotCalls slots;
  private final StreamServices services;
  private final Executor threads;
  private final Admission admission;
  private final KnownViews views;
  private final Writers writers;
  private final Map<String, Feed> feeds = new TreeMap<>(); // in the monitor, as is what follows
  private boolean isClosed;

  public Feeds(FeedSlotCalls slots, StreamServices services, Executor threads) {
    this.slots = slots;
    this.services = services;
    this.threads = threads;
    this.writers = new Writers(services.settings(), threads);
    this.admission = new Admission(services.settings());
    this.views = new KnownViews(services.database().publications());
  }

  private Settings settings() {
    return services.settings();
  }

  /** Reads the feeds of the settings; a failure is logged, and tried again by who asks for it. */
  public void start() {
    for (String text : settings().feeds()) {
      FeedDefinition definition = FeedDefinition.parse(text, this::usual);
      try {
        make(definition);
      } catch (ProblemException e) {
        LOG.log(WARNING, "Feed " + definition.name() + ": " + e.getMessage() + ". " + e.hint());
      }
    }
  }

  /** With the window of the settings. */
  public FeedDefinition usual(String name, List<String> publications) {
    return new FeedDefinition(
        name, publications, settings().feedWindowBytes(), settings().feedWindowSeconds());
  }

  /**
   * Makes a feed, or finds it.
   *
   * @return whether it was made
   * @throws ProblemException FEED_EXISTS if another of this name is there
   */
  public boolean make(FeedDefinition wanted) {
    Feed present = present(wanted.name());
    if (present != null) {
      if (present.definition().equals(wanted)) {
        return false;
      }
      throw new ProblemException(
          Problem.FEED_EXISTS,
          "Feed " + wanted.name() + " is there with other publications or another window",
          "DELETE it first, or ask for what GET /v1/feeds/" + wanted.name() + " shows");
    }
    Optional<SlotRow> row = slots.find(wanted.slotName());
    row.ifPresent(Feeds::check);
    if (row.isEmpty()) {
      slots.make(wanted.slotName(), wanted.publications());
    }
    open(wanted);
    return row.isEmpty();
  }

  private static void check(SlotRow row) {
    if (!row.logical()
        || !row.ofThisDatabase()
        || !row.plugin().equals(OutputPlugin.PGOUTPUT.sqlName())) {
      throw new ProblemException(
          Problem.SLOT_EXISTS,
          "Slot " + row.name() + " is there, but of another database, or not of pgoutput",
          "Drop it, or choose another name for the feed");
    }
  }

  private synchronized @Nullable Feed present(String name) {
    return feeds.get(name);
  }

  private synchronized Feed open(FeedDefinition definition) {
    if (isClosed) {
      throw new ProblemException(
          Problem.UPSTREAM_BUSY, "This server stops", "Try again, or ask another one");
    }
    Feed known = feeds.get(definition.name());
    if (known != null) {
      return known;
    }
    Feed feed =
        new Feed(definition, slots.enter(definition.slotName()), services, threads, writers::wake);
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
    feeds.put(definition.name(), feed);
    LOG.log(INFO, "Feed " + definition.name() + " is read from slot " + definition.slotName());
    return feed;
  }

  /** The feed, also one that another server made, or this one before it was started again. */
  private Feed of(String name) {
    FeedDefinition.checked(name);
    Feed present = present(name);
    if (present != null) {
      return present;
    }
    Optional<SlotRow> row = slots.find(FeedDefinition.slotName(name));
    if (row.isEmpty()) {
      throw new ProblemException(
          Problem.FEED_NOT_FOUND,
          "No feed " + name,
          "Make it: PUT /v1/feeds/" + name + ", or set pgdelta.feeds");
    }
    check(row.get());
    return open(usual(name, List.of()));
  }

  public FeedReport report(String name) {
    return of(name).report();
  }

  public List<FeedReport> all() {
    return list().stream().map(Feed::report).toList();
  }

  /** Those that are read here. */
  public synchronized List<Feed> list() {
    return new ArrayList<>(feeds.values());
  }

  /** Begins to serve a subscriber, or throws ProblemException FEED_NOT_FOUND. */
  public FeedSubscriber follow(String name, FollowRequest request, Outlet outlet) {
    Feed feed = of(name);
    admission.enter(request.address());
    try {
      return feed.follow(request, outlet, writers.next(), () -> admission.leave(request.address()));
    } catch (RuntimeException | Error e) {
      admission.leave(request.address());
      throw e;
    }
  }

  /**
   * Checks a subscriber before it is served.
   *
   * @throws ProblemException if no more may come, or there is no such feed, table or column
   */
  public void check(String name, String address, ViewOptions view) {
    Feed feed = of(name);
    admission.check(address);
    views.check(name, feed.publications(), view);
  }

  /**
   * Drops a feed and its slot.
   *
   * @param force also while it has subscribers
   */
  public void drop(String name, boolean force) {
    Feed feed = of(name);
    if (!force && feed.subscribers() > 0) {
      throw new ProblemException(
          Problem.SLOT_BUSY,
          "Feed " + name + " has " + feed.subscribers() + " subscribers",
          "Close them first, or pass force=true");
    }
    synchronized (this) {
      feeds.remove(name);
    }
    feed.stop(CloseReason.SLOT_NOT_FOUND, "feed " + name + " was dropped");
    feed.awaitEnd(STOP);
    slots.drop(feed.definition().slotName());
  }

  /** Whether this server reads the slot. */
  public synchronized boolean reads(SlotName slot) {
    return feeds.values().stream().anyMatch(feed -> feed.definition().slotName().equals(slot));
  }

  /** Closes all subscribers; waits for nobody. */
  public void stop() {
    synchronized (this) {
      isClosed = true;
    }
    list().forEach(feed -> feed.stop(CloseReason.SERVICE_RESTART, "the server stops; reconnect"));
  }

  /** Waits for the readers and the subscribers' answers, at most this long in all. */
  public void awaitEnd(Duration limit) {
    long deadline = System.nanoTime() + limit.toNanos();
    for (Feed feed : list()) {
      feed.awaitEnd(Duration.ofNanos(Math.max(0, deadline - System.nanoTime())));
    }
    while (list().stream().anyMatch(feed -> feed.subscribers() > 0)
        && System.nanoTime() - deadline < 0) {
      LockSupport.parkNanos(PAUSE_NANOS);
    }
    writers.stop();
  }
}
