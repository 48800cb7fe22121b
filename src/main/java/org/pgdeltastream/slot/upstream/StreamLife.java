package org.pgdeltastream.slot.upstream;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Where a stream is in its life, and why it is to end: any thread may end it, and the first reason
 * counts. For any thread; nothing is done inside the monitor.
 */
public final class StreamLife {
  private final CountDownLatch ending = new CountDownLatch(1);
  private final CountDownLatch over = new CountDownLatch(1);
  private volatile StreamState state = StreamState.CONNECTING;
  private volatile @Nullable Ending why;
  private volatile long endingSince;

  public StreamState state() {
    return state;
  }

  /** Something happened to the stream's connection. */
  synchronized void on(StreamState.Event event) {
    state = state.on(event);
  }

  /** Asks the stream to end. */
  public synchronized void end(Ending reason) {
    if (why == null) {
      endingSince = System.nanoTime();
      why = reason;
    }
    state = state.on(StreamState.Event.END);
    ending.countDown();
  }

  /** The slot is free for the next client. */
  public synchronized void ended() {
    state = state.on(StreamState.Event.ENDED);
    over.countDown();
  }

  /** Why it is to end; empty before {@link #end}. */
  public Optional<Ending> why() {
    return Optional.ofNullable(why);
  }

  /** It has been ending for at least this time. */
  public boolean isEndingFor(long nanos) {
    return why != null && System.nanoTime() - endingSince > nanos;
  }

  /** Waits until it is to end; false if that takes longer. */
  boolean awaitEnd(Duration limit) {
    return await(ending, limit);
  }

  /** Waits until it is over; false if that takes longer. */
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
