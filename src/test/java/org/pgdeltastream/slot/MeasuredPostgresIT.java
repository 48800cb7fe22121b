package org.pgdeltastream.slot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.pgdeltastream.support.TestDatabase;

/** What measuring costs PostgreSQL. */
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class MeasuredPostgresIT {
  private static final Duration SOON = Duration.ofSeconds(20);
  private static final int TIMES = 300;

  /** Of all sessions but this one's. */
  private static final String LAST_QUERY =
      "select count(*) || ' ' || max(query_start) from pg_stat_activity"
          + " where backend_type = 'client backend' and pid <> pg_backend_pid()";

  @Test
  void asksPostgresOnceASecondAtMost() throws Exception {
    try (TestDatabase database = TestDatabase.embedded();
        TestRegistry registry = new TestRegistry(database)) {
      registry.stopChecks();
      registry.init();
      Operations operations = registry.slots.operations();
      await()
          .atMost(SOON)
          .untilAsserted( // until the machine does it within the second
              () -> {
                String before = lastAfterALook(operations, database);
                long best = Long.MAX_VALUE;
                for (int i = 0; i < TIMES; i++) {
                  long start = System.nanoTime();
                  assertThat(operations.measured().slots()).hasSize(1);
                  best = Math.min(best, System.nanoTime() - start);
                }
                String after = database.text(LAST_QUERY);
                System.out.printf("Measuring takes %d microseconds%n", best / 1000);
                assertThat(after).isEqualTo(before);
              });
    }
  }

  /** A look that was made just now. */
  private static String lastAfterALook(Operations operations, TestDatabase database)
      throws Exception {
    String before = database.text(LAST_QUERY);
    await().atMost(SOON).until(() -> isNew(operations, database, before));
    return database.text(LAST_QUERY);
  }

  private static boolean isNew(Operations operations, TestDatabase database, String before)
      throws Exception {
    operations.measured();
    return !database.text(LAST_QUERY).equals(before);
  }

  @Test
  void saysTheLastItKnewWherePostgresIsAway() throws Exception {
    try (TestDatabase database = TestDatabase.embedded();
        TestRegistry registry = new TestRegistry(database)) {
      registry.stopChecks();
      registry.init();
      Operations operations = registry.slots.operations();
      assertThat(operations.measured().upstream())
          .hasValueSatisfying(look -> assertThat(look.stale()).isFalse());
      database.stop("INT");
      await()
          .atMost(SOON)
          .untilAsserted(
              () ->
                  assertThat(operations.measured().upstream())
                      .hasValueSatisfying(look -> assertThat(look.stale()).isTrue()));
      assertThat(operations.measured().slots()).hasSize(1);
      database.startAgain();
    }
  }
}
