package org.pgdeltastream.slot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.LongStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.change.OutputPlugin;
import org.pgdeltastream.change.SlotName;
import org.pgdeltastream.support.FaultProxy;
import org.pgdeltastream.support.Seeds;
import org.pgdeltastream.support.TestDatabase;
import org.pgdeltastream.support.VerifyingClient;

/**
 * Writers write, faults strike, and a client that believes nothing receives what was committed:
 * every row, once, in order. Number of faults: {@code -Dpgdelta.test.faults}; seeds: {@code
 * -Dpgdelta.test.seeds} of them from {@code -Dpgdelta.test.seed} on.
 */
abstract class FaultStory {
  private static final int FAULTS = Integer.getInteger("pgdelta.test.faults", 20);
  private static final int SEEDS = Integer.getInteger("pgdelta.test.seeds", 1);
  private static final long SEED = Seeds.first();
  private static final int WRITERS = 4;
  private static final int LONG_FREEZE_ONE_IN = 12;

  private enum Fault {
    WALSENDER_TERMINATED,
    WALSENDER_KILLED,
    WALSENDER_FROZEN,
    POSTGRES_STOPPED_FAST,
    POSTGRES_STOPPED_IMMEDIATELY,
    POSTMASTER_KILLED,
    NETWORK_RESET,
    NETWORK_FROZEN,
    CLIENT_VANISHED,
    CLIENT_SLOW,
    TAKEN_OVER,
    SERVER_KILLED,
    SERVER_REPLACED
  }

  private static final List<Fault> KINDS = List.of(Fault.values());

  private final OutputPlugin plugin;
  private final ExecutorService threads = Executors.newCachedThreadPool();

  FaultStory(OutputPlugin plugin) {
    this.plugin = plugin;
  }

  abstract TestDatabase startDatabase() throws IOException;

  /** A server that finds PostgreSQL at this port. */
  abstract ServerUnderFire startServer(TestDatabase database, int port, int node)
      throws IOException;

  int faults() {
    return FAULTS;
  }

  static LongStream seeds() {
    return LongStream.range(SEED, SEED + SEEDS);
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void losesDoublesAndReordersNothingWhateverBreaks(long seed) throws Exception {
    try (TestDatabase database = startDatabase();
        FaultProxy proxy = FaultProxy.to(database.port())) {
      database.execute("create table w (writer int, n bigint, t text, primary key (writer, n))");
      Run run = new Run(seed, database, proxy);
      try {
        System.out.println(run.strikeAndVerify());
      } finally {
        run.end();
      }
    } finally {
      threads.shutdown();
      assertThat(threads.awaitTermination(20, TimeUnit.SECONDS)).as("writers ended").isTrue();
    }
  }

  private final class Run {
    private final long seed;
    private final Random random;
    private final TestDatabase database;
    private final FaultProxy proxy;
    private final AtomicBoolean writing = new AtomicBoolean(true);
    private final VerifyingClient client = new VerifyingClient();
    private final Map<Fault, Integer> struck = new EnumMap<>(Fault.class);
    private final List<Long> recoveryMillis = new ArrayList<>();
    private final SlotName slot;
    private int nodes;
    private ServerUnderFire server;
    private Future<ServerUnderFire> standby;
    private VerifyingClient.Receiver receiver;
    private ServerUnderFire.Link link;
    private int connections;

    Run(long seed, TestDatabase database, FaultProxy proxy) throws Exception {
      this.seed = seed;
      this.random = new Random(seed);
      this.database = database;
      this.proxy = proxy;
      server = startServer(database, proxy.port(), nodes++);
      slot = server.init(plugin);
      receiver = client.connect();
      link = server.connect(receiver, slot, Optional.empty(), false);
      standby = startStandby();
    }

    /** Another server is always at hand: to start one takes longer than a fault. */
    private Future<ServerUnderFire> startStandby() {
      int node = nodes++;
      return threads.submit(() -> startServer(database, proxy.port(), node));
    }

    String strikeAndVerify() throws Exception {
      List<Future<?>> writers = new ArrayList<>();
      for (int writer = 1; writer <= WRITERS; writer++) {
        writers.add(threads.submit(new Writer(writer, new Random(seed + writer))));
      }
      for (int i = 0; i < faults(); i++) {
        Fault fault = KINDS.get(random.nextInt(KINDS.size()));
        strike(fault);
        struck.merge(fault, 1, Integer::sum);
        awaitTransactions("fault %d, %s".formatted(i, fault));
      }
      writing.set(false);
      for (Future<?> writer : writers) {
        writer.get(60, TimeUnit.SECONDS);
      }
      long rows = verifyEverythingCame();
      long[] recovery = recoveryMillis.stream().mapToLong(Long::longValue).sorted().toArray();
      return ("Faults with %s, seed %d: %d %s; %d rows in %d transactions over %d connections:"
              + " none lost, doubled, disordered; first change after PostgreSQL was back, %d times,"
              + " ms: p50 %d, p99 %d, max %d")
          .formatted(
              plugin.sqlName(),
              seed,
              faults(),
              struck,
              rows,
              client.transactions(),
              connections,
              recovery.length,
              percentile(recovery, 50),
              percentile(recovery, 99),
              percentile(recovery, 100));
    }

    private static long percentile(long[] sorted, int percent) {
      return sorted.length == 0 ? 0 : sorted[Math.max(0, sorted.length * percent / 100 - 1)];
    }

    private void awaitTransactions(String what) {
      long transactions = client.transactions();
      await("transactions after %s, seed %d".formatted(what, seed))
          .atMost(Duration.ofSeconds(90))
          .pollInterval(Duration.ofMillis(20))
          .until(() -> progressed(transactions));
      assertThat(client.fault()).as("%s, seed %d", what, seed).isEmpty();
    }

    /** Acknowledges like a client that is behind, and comes back when it was closed. */
    private boolean progressed(long transactions) {
      if (receiver.hasEnded()) {
        tryConnect(false);
      } else if (random.nextBoolean()) {
        link.acknowledge(client.position());
      }
      return client.transactions() > transactions + 5 || !client.fault().isEmpty();
    }

    private void strike(Fault fault) throws Exception {
      switch (fault) {
        case WALSENDER_TERMINATED -> {
          walsender("pg_terminate_backend(active_pid)");
          awaitRecovery();
        }
        case WALSENDER_KILLED -> {
          signal("KILL", walsender("true"));
          awaitPostgres();
        }
        case WALSENDER_FROZEN -> {
          Optional<Long> walsender = walsender("true");
          signal("STOP", walsender);
          pause(freezeMillis());
          signal("CONT", walsender);
        }
        case POSTGRES_STOPPED_FAST -> restart("INT");
        case POSTGRES_STOPPED_IMMEDIATELY -> restart("QUIT");
        case POSTMASTER_KILLED -> restart("KILL");
        case NETWORK_RESET -> {
          proxy.reset();
          awaitRecovery();
        }
        case NETWORK_FROZEN -> {
          if (random.nextBoolean()) {
            proxy.freeze();
          } else {
            proxy.freezeOpenOnes();
          }
          pause(freezeMillis());
          proxy.thaw();
        }
        case CLIENT_VANISHED -> connect(false);
        case CLIENT_SLOW -> client.pause(random.nextInt(800));
        case TAKEN_OVER -> connect(true);
        case SERVER_KILLED -> {
          server.kill();
          server = standby.get(120, TimeUnit.SECONDS);
          standby = startStandby();
          connect(false);
        }
        case SERVER_REPLACED -> {
          ServerUnderFire former = server;
          server = standby.get(120, TimeUnit.SECONDS);
          standby = startStandby();
          connect(true);
          awaitTransactions("a takeover by another server");
          former.stop();
        }
      }
    }

    /** Mostly short; sometimes so long that the connection has to be given up. */
    private long freezeMillis() {
      return random.nextInt(LONG_FREEZE_ONE_IN) == 0 ? 17_000 : 100 + random.nextInt(900);
    }

    private void restart(String signal) throws Exception {
      database.stop(signal);
      pause(random.nextInt(500));
      database.startAgain();
      awaitPostgres();
    }

    private void awaitPostgres() {
      await("PostgreSQL to be back")
          .atMost(Duration.ofSeconds(60))
          .pollInterval(Duration.ofMillis(5))
          .ignoreExceptions()
          .until(() -> database.text("select pg_is_in_recovery()").equals("f"));
      awaitRecovery();
    }

    private void awaitRecovery() {
      long back = System.nanoTime();
      long transactions = client.transactions();
      await("the first change after PostgreSQL was back, seed " + seed)
          .atMost(Duration.ofSeconds(60))
          .pollInterval(Duration.ofMillis(5))
          .until(
              () -> {
                if (receiver.hasEnded()) {
                  tryConnect(false);
                }
                return client.transactions() > transactions || !client.fault().isEmpty();
              });
      recoveryMillis.add((System.nanoTime() - back) / 1_000_000);
    }

    /** The walsender's number, where one streams and PostgreSQL is there. */
    private Optional<Long> walsender(String expression) {
      try {
        String sql = "select %s, active_pid from pg_replication_slots where active";
        return Optional.of(database.query(sql.formatted(expression), row -> row.getLong(2)));
      } catch (SQLException e) {
        return Optional.empty();
      }
    }

    private static void signal(String name, Optional<Long> process) throws Exception {
      if (process.isPresent()) {
        new ProcessBuilder("kill", "-" + name, "" + process.get())
            .redirectError(ProcessBuilder.Redirect.DISCARD) // it may have ended meanwhile
            .start()
            .waitFor();
      }
    }

    private static void pause(long milliseconds) {
      LockSupport.parkNanos(milliseconds * 1_000_000);
    }

    private void connect(boolean takeover) {
      receiver.vanish();
      link.vanish();
      tryConnect(takeover);
    }

    /** What is refused now is tried again when the receiver is found ended. */
    private void tryConnect(boolean takeover) {
      receiver = client.connect();
      connections++;
      Optional<Lsn> from = Optional.of(client.position()).filter(at -> !at.equals(Lsn.NONE));
      try {
        link = server.connect(receiver, slot, from, takeover);
      } catch (Exception e) {
        receiver.lost();
      }
    }

    private long verifyEverythingCame() throws Exception {
      long rows = 0;
      for (int writer = 1; writer <= WRITERS; writer++) {
        int one = writer;
        long committed =
            Long.parseLong(
                database.text("select coalesce(max(n), 0) from w where writer = " + writer));
        await("writer %d's %d rows, seed %d".formatted(writer, committed, seed))
            .atMost(Duration.ofSeconds(90))
            .until(() -> progressed(Long.MAX_VALUE - 10) || client.last(one) == committed);
        assertThat(client.fault()).as("seed %d", seed).isEmpty();
        assertThat(client.last(writer)).isEqualTo(committed);
        rows += committed;
      }
      assertThat(database.text("select count(*) from w")).isEqualTo("" + rows);
      return rows;
    }

    void end() throws Exception {
      writing.set(false);
      link.vanish();
      server.stop();
      standby.get(120, TimeUnit.SECONDS).stop();
    }

    /** Writes consecutive numbers, one to five a transaction, some in large ones, some in vain. */
    private final class Writer implements Runnable {
      private final int writer;
      private final Random chance;

      Writer(int writer, Random chance) {
        this.writer = writer;
        this.chance = chance;
      }

      @Override
      public void run() {
        while (writing.get()) {
          try (Connection connection = database.connect()) {
            connection.setAutoCommit(false);
            long next = committed(connection) + 1;
            while (writing.get()) {
              next += transaction(connection, next);
              LockSupport.parkNanos(10_000_000);
            }
          } catch (SQLException e) {
            LockSupport.parkNanos(20_000_000); // PostgreSQL is away
          }
        }
      }

      private long committed(Connection connection) throws SQLException {
        String sql = "select coalesce(max(n), 0) from w where writer = ?";
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
          statement.setInt(1, writer);
          try (ResultSet rows = statement.executeQuery()) {
            rows.next();
            return rows.getLong(1);
          }
        }
      }

      /** How many numbers it committed. */
      private int transaction(Connection connection, long first) throws SQLException {
        int count = chance.nextInt(300) == 0 ? 3_000 : 1 + chance.nextInt(5);
        String sql = "insert into w select ?, i, 'row ☃ ' || i from generate_series(?, ?) i";
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
          statement.setInt(1, writer);
          statement.setLong(2, first);
          statement.setLong(3, first + count - 1);
          statement.executeUpdate();
        }
        if (chance.nextInt(10) == 0) {
          connection.rollback();
          return 0;
        }
        connection.commit();
        return count;
      }
    }
  }
}
