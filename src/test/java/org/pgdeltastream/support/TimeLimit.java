package org.pgdeltastream.support;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.PreInterruptCallback;
import org.junit.jupiter.api.extension.PreInterruptContext;

/**
 * No test class runs for ever: one that is over its limit leaves a thread dump, its test is
 * interrupted, those that would follow fail at once. If an interrupt does not help, the JVM ends. A
 * single test has JUnit's own limit, junit.jupiter.execution.timeout.default, and a dump too.
 *
 * <p>JUnit registers this for every class. The limit is 12 minutes for {@code *IT} and 2 for
 * others; {@code -Dpgdelta.test.class-limit} is another one, in seconds.
 */
public final class TimeLimit
    implements BeforeAllCallback, BeforeEachCallback, AfterAllCallback, PreInterruptCallback {
  private static final String LIMIT = "pgdelta.test.class-limit";
  private static final long INTEGRATION = Duration.ofMinutes(12).toSeconds();
  private static final long UNIT = Duration.ofMinutes(2).toSeconds();
  private static final long GRACE = 45; // seconds, to stop what was started
  private static final int ENDED_BY_LIMIT = 124;

  private static @Nullable Watch watch;

  static {
    Awaitility.setDefaultTimeout(Duration.ofSeconds(30)); // ten are too few on a busy machine
    Awaitility.doNotCatchUncaughtExceptionsByDefault(); // TomEE's threads end with some
  }

  @Override
  public void beforeAll(ExtensionContext context) {
    if (context.getEnclosingTestClasses().isEmpty()) {
      watch = new Watch(context.getRequiredTestClass().getName(), Thread.currentThread());
    }
    beforeEach(context);
  }

  @Override
  public void beforeEach(ExtensionContext context) {
    if (watch != null) {
      watch.check(context.getDisplayName());
    }
  }

  @Override
  public void afterAll(ExtensionContext context) {
    Watch ended = watch;
    if (ended != null && context.getEnclosingTestClasses().isEmpty()) {
      watch = null;
      ended.end();
    }
  }

  /** JUnit's limit of a single test or of what is done before and after it. */
  @Override
  public void beforeThreadInterrupt(PreInterruptContext interrupt, ExtensionContext context) {
    String tests = context.getTestClass().map(Class::getName).orElse("test");
    ThreadDump.write(tests, tests + ", " + context.getDisplayName() + ": over its time limit");
  }

  private static final class Watch {
    private final String tests;
    private final Thread runner;
    private final long limit;
    private final ScheduledThreadPoolExecutor timer;
    private volatile String at = "its start";
    private volatile Optional<String> verdict = Optional.empty();

    Watch(String tests, Thread runner) {
      this.tests = tests;
      this.runner = runner;
      limit = Long.getLong(LIMIT, tests.endsWith("IT") ? INTEGRATION : UNIT);
      timer = new ScheduledThreadPoolExecutor(1, TimeLimit::daemon);
      var unused = timer.schedule(this::expire, limit, TimeUnit.SECONDS);
    }

    private void expire() {
      String said = tests + " is over its limit of " + limit + " s, at " + at;
      verdict = Optional.of(said);
      Path dump = ThreadDump.write(tests, said);
      verdict = Optional.of(said + "; thread dump: " + dump);
      runner.interrupt();
      var unused = timer.schedule(this::giveUp, GRACE, TimeUnit.SECONDS);
    }

    private void giveUp() {
      System.err.println(tests + " goes on after an interrupt: the JVM ends");
      Thread end = daemon(() -> System.exit(ENDED_BY_LIMIT)); // its hooks stop the servers
      end.start();
      try {
        end.join(TimeUnit.SECONDS.toMillis(GRACE));
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
      Runtime.getRuntime().halt(ENDED_BY_LIMIT);
    }

    void check(String next) {
      failIfOver();
      at = next;
    }

    void end() {
      timer.shutdownNow();
      failIfOver();
    }

    private void failIfOver() {
      verdict.ifPresent(
          said -> {
            throw new AssertionError(said);
          });
    }
  }

  private static Thread daemon(Runnable task) {
    Thread thread = new Thread(task, "time limit");
    thread.setDaemon(true);
    return thread;
  }
}
