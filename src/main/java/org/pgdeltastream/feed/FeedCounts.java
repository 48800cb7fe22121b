package org.pgdeltastream.feed;

import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import org.pgdeltastream.delivery.CloseCounts;
import org.pgdeltastream.delivery.StreamCounts;
import org.pgdeltastream.feed.log.Framing;

/** What one feed has done since this server reads it. For any thread. */
public final class FeedCounts {
  /** Of all that are served in the same way. */
  private static final class Way {
    final LongAdder subscribers = new LongAdder();
    final LongAdder writes = new LongAdder();
    final LongAdder bytes = new LongAdder();
  }

  private final StreamCounts read = new StreamCounts();
  private final CloseCounts closes = new CloseCounts();
  private final Map<Framing, Way> ways = new EnumMap<>(Framing.class);
  private final AtomicLong late = new AtomicLong();
  private final AtomicLong refetches = new AtomicLong();
  private final AtomicLong snapshotsGiven = new AtomicLong();
  private final AtomicLong snapshotsMade = new AtomicLong();

  public FeedCounts() {
    for (Framing one : Framing.values()) {
      ways.put(one, new Way());
    }
  }

  private Way way(Framing framing) {
    return Objects.requireNonNull(ways.get(framing));
  }

  /** What was read from PostgreSQL. */
  public StreamCounts read() {
    return read;
  }

  public void entered(FeedSubscriber one) {
    way(one.framing()).subscribers.increment();
  }

  /** It was told why it ends, or has gone. */
  public void left(FeedSubscriber one) {
    way(one.framing()).subscribers.decrement();
    FeedSubscriber.End end = one.end();
    if (end == null) {
      closes.left();
    } else {
      closes.closed(end.reason());
    }
  }

  /** A subscriber was given something new. */
  void wrote(Framing framing, long length) {
    Way way = way(framing);
    way.writes.increment();
    way.bytes.add(length);
  }

  /** A subscriber is behind the logs, and is served from the journal. */
  public void isLate() {
    late.getAndIncrement();
  }

  /** A position could not be served. */
  public void refetches() {
    refetches.getAndIncrement();
  }

  public CloseCounts closes() {
    return closes;
  }

  /** How many follow it now. */
  public long subscribers(Framing framing) {
    return way(framing).subscribers.sum();
  }

  /** How often one of them was given something new. */
  public long writes(Framing framing) {
    return way(framing).writes.sum();
  }

  /** Bytes of messages and their framing that they were given. */
  public long bytes(Framing framing) {
    return way(framing).bytes.sum();
  }

  /** How often any subscriber was given something new. */
  public long writes() {
    return ways.values().stream().mapToLong(way -> way.writes.sum()).sum();
  }

  /** Bytes of messages and their framing that all were given. */
  public long bytes() {
    return ways.values().stream().mapToLong(way -> way.bytes.sum()).sum();
  }

  /** A subscriber is to begin with rows. */
  public void snapshotGiven() {
    snapshotsGiven.getAndIncrement();
  }

  /** Rows were read from PostgreSQL, for all who asked for them. */
  public void snapshotMade() {
    snapshotsMade.getAndIncrement();
  }

  /** How often a subscriber began with rows. */
  public long snapshotsGiven() {
    return snapshotsGiven.get();
  }

  /** How often rows were read from PostgreSQL. */
  public long snapshotsMade() {
    return snapshotsMade.get();
  }

  /** How often one was served from the journal. */
  public long late() {
    return late.get();
  }

  /** How often a position could not be served. */
  public long refetched() {
    return refetches.get();
  }
}
