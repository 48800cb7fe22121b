package org.pgdeltastream.slot;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.pgdeltastream.support.Brokers;
import org.pgdeltastream.support.FaultProxy;
import org.pgdeltastream.support.Seeds;
import org.pgdeltastream.support.TestDatabase;

/**
 * Writers write, faults strike the program, PostgreSQL, the network and the clients, and the
 * subscribers of a feed receive what was committed: every row, once, in order. Number of faults:
 * {@code -Dpgdelta.test.faults}; seeds: {@code -Dpgdelta.test.seeds} of them from {@code
 * -Dpgdelta.test.seed} on.
 */
class FeedFaultsIT {
  private static final boolean MANY = Boolean.getBoolean("pgdelta.test.programs");
  private static final int FAULTS = Integer.getInteger("pgdelta.test.faults", 8);
  private static final int FAULTS_OF_SHARING = 12;
  private static final int SEEDS = Integer.getInteger("pgdelta.test.seeds", 1);
  private static final long SEED = Seeds.first();

  @TempDir private Path directory;

  static LongStream seeds() {
    return LongStream.range(SEED, SEED + SEEDS);
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void losesDoublesAndReordersNothingWhateverBreaks(long seed) throws Exception {
    run(seed, MANY ? 50 : 12, MANY ? 2 * FAULTS : FAULTS, Optional.empty());
  }

  /** Subscribers go from one program to the other; brokers are killed, and programs stand still. */
  @ParameterizedTest
  @MethodSource("seeds")
  void nothingIsLostWhereTwoProgramsShareALog(long seed) throws Exception {
    Path kafka = Files.createDirectories(directory.resolve("kafka" + seed));
    try (Brokers brokers = new Brokers(MANY ? 3 : 1, kafka)) {
      run(seed, MANY ? 30 : 8, MANY ? 2 * FAULTS : FAULTS_OF_SHARING, Optional.of(brokers));
    }
  }

  private void run(long seed, int subscribers, int faults, Optional<Brokers> brokers)
      throws Exception {
    ExecutorService threads = Executors.newCachedThreadPool();
    try (TestDatabase database = TestDatabase.embedded();
        FaultProxy proxy = FaultProxy.to(database.port())) {
      FeedWriter.prepare(database, FeedFaults.WRITERS);
      try (FeedServers servers = new FeedServers(database, proxy.port(), directory, brokers);
          FeedFaults run = new FeedFaults(seed, database, proxy, servers, threads)) {
        run.start(subscribers);
        run.strike(faults);
        System.out.println(run.verify());
      }
    } finally {
      threads.shutdown();
      assertThat(threads.awaitTermination(20, TimeUnit.SECONDS)).as("all ended").isTrue();
    }
  }
}
