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
  private static final Duration LATE = Duration.ofSeconds(30);

  private final Supplier<@Nullable SlotRegistry> registry;
  private final long lateNanos;
  private final List<Future<?>> checks = new ArrayList<>(); // in the monitor
  private final AtomicLong checkedAt = new AtomicLong(System.nanoTime()); // clients

  RegularChecks(Supplier<@Nullable SlotRegistry> registry) {
    this(registry, LATE);
  }

  /** Only for tests: late after another time. */
  RegularChecks(Supplier<@Nullable SlotRegistry> registry, Duration late) {
    this.registry = registry;
    this.lateNanos = late.toNanos();
  }

  /**
   * Begins them.
   *
   * @param others threads for what may block
   */
  synchronized void start(ScheduledExecutorService timer, Executor others) {
    repeat(timer, REPORT_MILLIS, () -> checkClients(others));
    repeat(timer, WATCH_MILLIS, () -> run(slots -> slots.reporter().checkPostgres()));
    repeat(timer, WATCH_MILLIS, () -> run(slots -> slots.heartbeats().check()));
    repeat(timer, CHECK_MILLIS, () -> run(SlotRegistry::checkSlots));
    repeat(timer, CHECK_MILLIS, () -> run(slots -> slots.guard().check()));
    AtomicLong examined = new AtomicLong(System.nanoTime());
    repeat(timer, CHECK_MILLIS, () -> run(slots -> examine(slots, others, examined)));
  }

  /** The only one that never waits for PostgreSQL. */
  private void checkClients(Executor others) {
    run(slots -> slots.reporter().checkStreams(others));
    run(slots -> slots.feeds().bearers().check());
    checkedAt.set(System.nanoTime());
  }

  /** Not a task of its own: many executors keep one that was cancelled until it were due. */
  private static void examine(SlotRegistry slots, Executor others, AtomicLong examined) {
    long now = System.nanoTime();
    if (now - examined.get() > HOUR_NANOS) {
      examined.set(now);
      others.execute(slots.operations().doctor()::log);
    }
  }

  private void repeat(ScheduledExecutorService timer, int millis, Runnable check) {
    Future<?> scheduled =
        timer.scheduleWithFixedDelay(check, millis, millis, TimeUnit.MILLISECONDS);
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

  /** Whether clients are checked: else nothing but a new start helps. */
  boolean areRunning() {
    return System.nanoTime() - checkedAt.get() < lateNanos;
  }

  /** Without a lambda: while Payara undeploys, its class loader loads nothing any more. */
  synchronized void stop() {
    for (Future<?> check : checks) {
      check.cancel(false);
    }
  }
}
