package org.pgdeltastream.slot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.pgdeltastream.slot.stream.StreamOptions;
import org.pgdeltastream.support.FaultProxy;
import org.pgdeltastream.support.RecordingSubscriber;
import org.pgdeltastream.support.TestDatabase;

/** What tells an orchestrator that a new start helps, and what does not. */
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class RegularChecksPostgresIT {
  private static final Duration LATE = Duration.ofSeconds(7); // longer than between two checks

  private final ScheduledExecutorService timer = Executors.newScheduledThreadPool(5);
  private final ExecutorService others = Executors.newCachedThreadPool();

  @AfterEach
  void stop() {
    timer.shutdownNow();
    others.shutdownNow();
  }

  @Test
  void anOutageOfPostgresNeedsNoNewStart() throws Exception {
    try (TestDatabase database = TestDatabase.embedded();
        FaultProxy proxy = FaultProxy.to(database.port())) {
      String url = database.jdbcUrl().replace(":" + database.port(), ":" + proxy.port());
      TestRegistry registry = new TestRegistry(database, "database-url", url);
      registry.stopChecks();
      RegularChecks checks = new RegularChecks(() -> registry.slots, LATE);
      try {
        registry.slots.stream(StreamOptions.of(registry.init().name()), new RecordingSubscriber());
        checks.start(timer, others);
        proxy.freeze();
        await("two times as long as is late")
            .during(LATE.multipliedBy(2))
            .atMost(LATE.multipliedBy(3))
            .until(checks::areRunning);
      } finally {
        checks.stop();
        proxy.reset();
        proxy.thaw();
        registry.close();
      }
    }
  }

  @Test
  void checksThatAreNotMadeNeedOneAlsoWithoutADatabase() {
    RegularChecks checks = new RegularChecks(() -> null, Duration.ofSeconds(2));
    checks.start(timer, others);
    await("checks").during(Duration.ofSeconds(3)).until(checks::areRunning);
    checks.stop();
    await("none any more").atMost(Duration.ofSeconds(20)).until(() -> !checks.areRunning());
    assertThat(checks.areRunning()).isFalse();
  }
}
