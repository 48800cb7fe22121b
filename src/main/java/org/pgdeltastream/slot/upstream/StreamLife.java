package org.pgdeltastream.slot.upstream;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Where a stream is in its life, and why it is to end: told by anybody, the first reason counts.
 * For any thread; nothing is done inside the monitor.
 */
public final class StreamLife {
  private final CountDownLatch told = new CountDownLatch(1);
  private final CountDownLatch over = new CountDownLatch(1);
  private volatile StreamState state = StreamState.CONNECTING;
  private volatile @Nullable Ending why;
  private volatile long reportedAt;

  public StreamState state() {
    return state;
  }

  /** Something happened to the stream's connection. */
  synchronized void on(StreamState.Event event) {
    state = state.on(event);
  }

  /** Tells the stream to end. */
  public synchronized void end(Ending reason) {
    if (why == null) {
      reportedAt = System.nanoTime();
      why = reason;
    }
    state = state.on(StreamState.Event.END);
    told.countDown();
  }

  /** The slot is free for the next client. */
  public synchronized void ended() {
    state = state.on(StreamState.Event.ENDED);
    over.countDown();
  }

  /** Why it was told to end, if it was. */
  public Optional<Ending> why() {
    return Optional.ofNullable(why);
  }

  /** It was told to end at least this long ago. */
  public boolean wasToldBefore(long nanos) {
    return why != null && System.nanoTime() - reportedAt > nanos;
  }

  /** Waits until it is told to end; false if it is not in this time. */
  boolean awaitEnd(Duration limit) {
    return await(told, limit);
  }

  /** Waits until it is over; false if it is not in this time. */
  public boolean awaitOver(Duration limit) {
    return await(over, limit);
  }

  private static boolean await(CountDownLatch latch, Duration limit) {
    try {
      return latch.await(limit.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return true;
    }
  }
}
