package org.pgdeltastream.feed;

import static java.lang.System.Logger.Level.DEBUG;
import static java.lang.System.Logger.Level.ERROR;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.pgdeltastream.feed.log.FrameLog;

/**
 * Writes what is new in the logs to its share of the subscribers, as much as each one's connection
 * takes at the moment, and waits for none. One thread.
 */
public final class Writer implements Runnable {
  private static final System.Logger LOG = System.getLogger(Writer.class.getName());
  private static final long CHECK_NANOS = Duration.ofSeconds(1).toNanos();
  private static final long DELAY_NANOS = Duration.ofMillis(1).toNanos();
  private static final long MUCH_NANOS = Duration.ofMillis(5).toNanos();
  private static final long MOST_REST_NANOS = Duration.ofMillis(50).toNanos();

  private final Queue<FeedSubscriber> signalled = new ConcurrentLinkedQueue<>();
  private final Map<FrameLog, Group> groups = new HashMap<>(); // logs are equal to themselves only
  private final List<FeedSubscriber> waiting = new ArrayList<>(); // for a place
  private final Turn turn = new Turn(this);
  private final Watch watch;
  private final PriorityQueue<FeedSubscriber> delayed =
      new PriorityQueue<>((one, other) -> Long.signum(one.dueAt - other.dueAt));
  private volatile boolean isAwake = true;
  private volatile boolean isStopped;
  private volatile @Nullable Thread thread;
  private long checkedAt = System.nanoTime();

  /** The subscribers of one log. */
  private static final class Group {
    final FrameLog log;
    final List<FeedSubscriber> members = new ArrayList<>();
    FrameLog.@Nullable Published seen;

    Group(FrameLog log) {
      this.log = log;
    }

    @SuppressWarnings("ReferenceEquality") // a forgotten log publishes the same once more
    boolean hasNew(FrameLog.Published published) {
      return published != seen;
    }
  }

  /**
   * Writes to nobody yet.
   *
   * @param sendTimeout after which a client that takes nothing is closed
   * @param ping after which an idle client is asked for a sign of life
   * @param pong how long it may take to answer
   */
  public Writer(Duration sendTimeout, Duration ping, Duration pong) {
    this.watch = new Watch(this, sendTimeout, ping, pong);
  }

  void queue(FeedSubscriber subscriber) {
    signalled.add(subscriber);
    wake();
  }

  /** Something may be new in a log. */
  public void wake() {
    if (!isAwake) {
      isAwake = true;
      LockSupport.unpark(thread);
    }
  }

  public void stop() {
    isStopped = true;
    isAwake = false;
    wake();
  }

  @Override
  public void run() {
    thread = Thread.currentThread();
    while (!isStopped) {
      isAwake = true;
      long begin = System.nanoTime();
      try {
        writeAll();
      } catch (Throwable e) { // the others' clients must not stand still
        LOG.log(ERROR, "Writing to a feed's subscribers failed", e);
      }
      rest(System.nanoTime() - begin);
      isAwake = false;
      if (signalled.isEmpty() && !isNew()) {
        LockSupport.parkNanos(delayed.isEmpty() ? CHECK_NANOS : DELAY_NANOS);
      }
    }
  }

  /** After much work for half as long: what is new meanwhile goes out in one write. */
  private static void rest(long worked) {
    if (worked > MUCH_NANOS) {
      LockSupport.parkNanos(Math.min(worked / 2, MOST_REST_NANOS));
    }
  }

  private boolean isNew() {
    return groups.values().stream().anyMatch(group -> group.hasNew(group.log.published()));
  }

  private void writeAll() {
    for (FeedSubscriber one = signalled.poll(); one != null; one = signalled.poll()) {
      one.dequeued();
      handle(one);
    }
    long now = System.nanoTime();
    while (!delayed.isEmpty() && delayed.element().dueAt - now <= 0) {
      FeedSubscriber one = delayed.remove();
      one.isDelayed = false;
      handle(one);
    }
    for (Group group : List.copyOf(groups.values())) {
      FrameLog.Published published = group.log.published();
      if (group.hasNew(published)) {
        group.seen = published;
        List<FeedSubscriber> members = group.members;
        for (int i = members.size() - 1; i >= 0; i--) { // who leaves is replaced by the last
          handle(members.get(i));
        }
      }
    }
    if (now - checkedAt > CHECK_NANOS) {
      checkedAt = now;
      check(now);
    }
  }

  private void handle(FeedSubscriber one) {
    if (one.isOver()) {
      remove(one);
      return;
    }
    if (one.isEnding) {
      return;
    }
    try {
      FeedSubscriber.Place place = one.place();
      if (place != null) {
        move(one, place);
        one.isAt(place);
      } else if (one.index < 0) {
        move(one, null);
      }
      turn.write(one);
    } catch (IOException | RuntimeException e) { // some servers throw unchecked ones
      failed(one, e);
    }
  }

  private List<FeedSubscriber> membersOf(@Nullable FrameLog log) {
    Group group = log == null ? null : groups.get(log);
    return group == null ? waiting : group.members;
  }

  void move(FeedSubscriber one, FeedSubscriber.@Nullable Place place) {
    takeOut(one);
    one.log = place == null ? null : place.log();
    one.cursor = place == null ? null : place.cursor();
    if (place != null) {
      one.has = place.after();
      one.more = place.more();
      groups.computeIfAbsent(place.log(), Group::new);
    }
    List<FeedSubscriber> members = membersOf(one.log);
    one.index = members.size();
    members.add(one);
  }

  private void takeOut(FeedSubscriber one) {
    if (one.index < 0) {
      return;
    }
    List<FeedSubscriber> members = membersOf(one.log);
    FeedSubscriber last = members.remove(members.size() - 1);
    if (last != one) {
      members.set(one.index, last);
      last.index = one.index;
    }
    one.index = -1;
    if (members.isEmpty() && one.log != null) {
      groups.remove(one.log);
    }
  }

  private void failed(FeedSubscriber one, Exception e) {
    LOG.log(DEBUG, "A subscriber's connection failed: " + e);
    one.outlet().cut();
    remove(one);
  }

  /** It is looked at again at that time. */
  void delay(FeedSubscriber one, long dueAt) {
    if (!one.isDelayed) {
      one.isDelayed = true;
      one.dueAt = dueAt;
      delayed.add(one);
    }
  }

  void remove(FeedSubscriber one) {
    takeOut(one);
    one.leave();
  }

  /** Every second. */
  private void check(long now) {
    List<FeedSubscriber> all = new ArrayList<>(waiting);
    groups.values().forEach(group -> all.addAll(group.members));
    for (FeedSubscriber one : all) {
      try {
        watch.check(one, now);
      } catch (IOException | RuntimeException e) {
        failed(one, e);
      }
    }
  }
}
