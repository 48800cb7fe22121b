package org.pgdeltastream.slot;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.LongStream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.pgdeltastream.support.Brokers;
import org.pgdeltastream.support.FaultProxy;
import org.pgdeltastream.support.Seeds;
import org.pgdeltastream.support.TestDatabase;

/**
 * The same as {@link FeedFaultsIT} with a feed that several servers serve from Kafka: subscribers
 * go from one to the other, and faults strike servers, brokers, PostgreSQL and the network.
 */
class SharedFaultsIT {
  private static final boolean MANY = Boolean.getBoolean("pgdelta.test.programs");
  private static final int FAULTS = Integer.getInteger("pgdelta.test.faults", 6);
  private static final int SEEDS = Integer.getInteger("pgdelta.test.seeds", 1);
  private static final long SEED = Seeds.first();

  @TempDir private Path directory;

  static LongStream seeds() {
    return LongStream.range(SEED, SEED + SEEDS);
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void losesDoublesAndReordersNothingWhateverBreaks(long seed) throws Exception {
    ExecutorService threads = Executors.newCachedThreadPool();
    try (TestDatabase database = TestDatabase.embedded();
        FaultProxy proxy = FaultProxy.to(database.port());
        Brokers brokers = new Brokers(MANY ? 3 : 1, directory);
        SharedFaults run = new SharedFaults(seed, database, proxy, brokers, threads, directory)) {
      run.start(MANY ? 30 : 8);
      run.strike(2 * FAULTS);
      System.out.println(run.verify());
    } finally {
      threads.shutdown();
      assertThat(threads.awaitTermination(20, java.util.concurrent.TimeUnit.SECONDS))
          .as("all ended")
          .isTrue();
    }
  }
}
