package org.pgdeltastream.slot;

import static java.lang.System.Logger.Level.ERROR;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** What is done again and again as long as the application runs. */
final class RegularChecks {
  private static final System.Logger LOG = System.getLogger(RegularChecks.class.getName());
  private static final int REPORT_MILLIS = 250;
  private static final int WATCH_MILLIS = 1000;
  private static final int CHECK_MILLIS = 5000;
  private static final long HOUR_NANOS = Duration.ofHours(1).toNanos();
  private static final long LATE_NANOS = Duration.ofSeconds(30).toNanos();

  private final Supplier<@Nullable SlotRegistry> registry;
  private final List<Future<?>> checks = new ArrayList<>(); // in the monitor, as are the times
  private final List<AtomicLong> ended = new ArrayList<>(); // when each did so last

  RegularChecks(Supplier<@Nullable SlotRegistry> registry) {
    this.registry = registry;
  }

  /**
   * Begins them.
   *
   * @param others threads for what may block
   */
  synchronized void start(ScheduledExecutorService timer, Executor others) {
    every(timer, REPORT_MILLIS, slots -> slots.reporter().checkStreams(others));
    every(timer, WATCH_MILLIS, slots -> slots.reporter().checkPostgres());
    every(timer, CHECK_MILLIS, SlotRegistry::checkSlots);
    every(timer, CHECK_MILLIS, slots -> slots.guard().check());
    AtomicLong examined = new AtomicLong(System.nanoTime());
    every(timer, CHECK_MILLIS, slots -> examine(slots, others, examined));
  }

  /** Not a task of its own: many executors keep one that was cancelled until it were due. */
  private static void examine(SlotRegistry slots, Executor others, AtomicLong examined) {
    long now = System.nanoTime();
    if (now - examined.get() > HOUR_NANOS) {
      examined.set(now);
      others.execute(slots.operations().doctor()::log);
    }
  }

  private void every(ScheduledExecutorService timer, int millis, Consumer<SlotRegistry> check) {
    AtomicLong last = new AtomicLong(System.nanoTime());
    ended.add(last);
    Future<?> scheduled =
        timer.scheduleWithFixedDelay(
            () -> {
              run(check);
              last.set(System.nanoTime());
            },
            millis,
            millis,
            TimeUnit.MILLISECONDS);
    if (!scheduled.isCancelled()) { // also so that stop needs no class that was not loaded before
      checks.add(scheduled);
    }
  }

  private void run(Consumer<SlotRegistry> check) {
    SlotRegistry open = registry.get();
    if (open == null) {
      return;
    }
    try {
      check.accept(open);
    } catch (Throwable e) { // a scheduled task that throws would never run again
      LOG.log(ERROR, "A regular check of the slots failed", e);
    }
  }

  /** Whether each ran lately: else nothing but a new start helps. */
  synchronized boolean areRunning() {
    long now = System.nanoTime();
    return ended.stream().allMatch(last -> now - last.get() < LATE_NANOS);
  }

  /** Without a lambda: while Payara undeploys, its class loader loads nothing any more. */
  synchronized void stop() {
    for (Future<?> check : checks) {
      check.cancel(false);
    }
  }
}
