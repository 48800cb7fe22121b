package org.pgdeltastream.slot;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** Why a stream is to end, told by anybody, the first reason counts; and when it has ended. */
final class StreamEnd {
  private record Told(Ending why, long at) {}

  private final AtomicReference<@Nullable Told> told = new AtomicReference<>();
  private final CountDownLatch ending = new CountDownLatch(1);
  private final CountDownLatch ended = new CountDownLatch(1);

  void tell(Ending why) {
    told.compareAndSet(null, new Told(why, System.nanoTime()));
    ending.countDown();
  }

  Optional<Ending> why() {
    return Optional.ofNullable(told.get()).map(Told::why);
  }

  /** It was told to end at least this long ago. */
  boolean wasToldBefore(long nanos) {
    Told known = told.get();
    return known != null && System.nanoTime() - known.at() > nanos;
  }

  void ended() {
    ended.countDown();
  }

  boolean awaitTold(Duration limit) {
    return await(ending, limit);
  }

  boolean awaitEnded(Duration limit) {
    return await(ended, limit);
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
