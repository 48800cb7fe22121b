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
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.pgdeltastream.change.ChangeOptions;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.change.OutputPlugin;
import org.pgdeltastream.change.SlotName;
import org.pgdeltastream.support.TestDatabase;
import org.pgdeltastream.support.VerifyingClient;

/**
 * Writers write, faults strike, and a client that believes nothing receives what was committed:
 * every row, once, in order. Number of faults: {@code -Dpgdelta.test.faults}; seed: {@code
 * -Dpgdelta.test.seed}.
 */
abstract class FaultStory {
  private static final int FAULTS = Integer.getInteger("pgdelta.test.faults", 30);
  private static final long SEED = Long.getLong("pgdelta.test.seed", 20_261_125L);
  private static final int WRITERS = 4;

  private enum Fault {
    WALSENDER_TERMINATED,
    WALSENDER_KILLED,
    CONNECTION_CUT,
    CLIENT_VANISHED,
    TAKEN_OVER,
    CLIENT_SLOW,
    SERVER_REPLACED
  }

  private final OutputPlugin plugin;
  private final Random random = new Random(SEED);
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final ScheduledExecutorService timer = Executors.newScheduledThreadPool(2);
  private final AtomicBoolean writing = new AtomicBoolean(true);
  private final VerifyingClient client = new VerifyingClient();
  private TestDatabase database;
  private SlotRegistry registry;
  private SlotName slot;
  private SlotStream stream;
  private VerifyingClient.Door door;

  FaultStory(OutputPlugin plugin) {
    this.plugin = plugin;
  }

  abstract TestDatabase startDatabase() throws IOException;

  @BeforeEach
  void start() throws Exception {
    database = startDatabase();
    database.execute("create table w (writer int, n bigint, t text, primary key (writer, n))");
    registry = registry(0);
    slot =
        registry.create(new InitRequest(Optional.of(plugin), List.of(), Optional.empty())).name();
    door = client.connect();
    stream = registry.stream(StreamOptions.of(slot), door);
  }

  @AfterEach
  void stop() throws Exception {
    writing.set(false);
    registry.close();
    timer.shutdownNow();
    threads.shutdown();
    assertThat(threads.awaitTermination(20, TimeUnit.SECONDS)).as("readers ended").isTrue();
    database.close();
  }

  @Test
  void losesDoublesAndReordersNothingWhateverBreaks() throws Exception {
    List<Future<?>> writers = new ArrayList<>();
    for (int writer = 1; writer <= WRITERS; writer++) {
      writers.add(threads.submit(new Writer(writer, new Random(SEED + writer))));
    }
    Map<Fault, Integer> struck = strike();
    writing.set(false);
    for (Future<?> writer : writers) {
      writer.get(60, TimeUnit.SECONDS);
    }
    long rows = verifyEverythingCame();
    System.out.printf(
        "Faults with %s, seed %d: %s; %d rows in %d transactions: none lost, doubled, disordered%n",
        plugin.sqlName(), SEED, struck, rows, client.transactions());
  }

  private Map<Fault, Integer> strike() throws Exception {
    Map<Fault, Integer> struck = new EnumMap<>(Fault.class);
    for (int i = 0; i < FAULTS; i++) {
      long transactions = client.transactions();
      Fault fault = Fault.values()[random.nextInt(Fault.values().length)];
      strike(fault, i);
      struck.merge(fault, 1, Integer::sum);
      await("transactions after fault %d, %s, seed %d".formatted(i, fault, SEED))
          .atMost(Duration.ofSeconds(60))
          .pollInterval(Duration.ofMillis(20))
          .until(() -> progressed(transactions));
      assertThat(client.fault()).as("fault %d, %s, seed %d", i, fault, SEED).isEmpty();
    }
    return struck;
  }

  /** Acknowledges like a client that is behind, and comes back when it was closed. */
  private boolean progressed(long transactions) {
    if (door.reason() != null) {
      connect(false);
    }
    if (random.nextBoolean()) {
      stream.acknowledge(client.position(), false);
    }
    return client.transactions() > transactions + 5 || !client.fault().isEmpty();
  }

  private void strike(Fault fault, int number) throws Exception {
    switch (fault) {
      case WALSENDER_TERMINATED -> onWalsender("pg_terminate_backend(active_pid)");
      case WALSENDER_KILLED ->
          onWalsender("active_pid")
              .flatMap(ProcessHandle::of)
              .ifPresent(ProcessHandle::destroyForcibly);
      case CONNECTION_CUT -> stream.cutUpstream();
      case CLIENT_VANISHED -> {
        door.vanish();
        stream.clientGone();
        connect(false);
      }
      case TAKEN_OVER -> connect(true);
      case CLIENT_SLOW -> client.pause(random.nextInt(800));
      case SERVER_REPLACED -> {
        SlotRegistry former = registry;
        registry = registry(number + 1);
        connect(true);
        former.close();
      }
    }
  }

  /** The walsender's number, where one streams and PostgreSQL is there. */
  private Optional<Long> onWalsender(String expression) {
    try {
      return Optional.of(
          database.query(
              "select %s, active_pid from pg_replication_slots where active".formatted(expression),
              row -> row.getLong(2)));
    } catch (SQLException e) {
      return Optional.empty();
    }
  }

  private void connect(boolean takeover) {
    door.vanish();
    door = client.connect();
    Optional<Lsn> from = Optional.of(client.position()).filter(at -> !at.equals(Lsn.NONE));
    stream =
        registry.stream(
            new StreamOptions(
                slot, List.of(), ChangeOptions.usual(), from, false, false, takeover, 0),
            door);
  }

  private long verifyEverythingCame() throws Exception {
    long rows = 0;
    for (int writer = 1; writer <= WRITERS; writer++) {
      int one = writer;
      long committed =
          Long.parseLong(
              database.text("select coalesce(max(n), 0) from w where writer = " + writer));
      await("writer %d's %d rows, seed %d".formatted(writer, committed, SEED))
          .atMost(Duration.ofSeconds(60))
          .until(() -> progressed(Long.MAX_VALUE - 10) || client.last(one) == committed);
      assertThat(client.fault()).as("seed %d", SEED).isEmpty();
      assertThat(client.last(writer)).isEqualTo(committed);
      rows += committed;
    }
    assertThat(database.text("select count(*) from w")).isEqualTo("" + rows);
    return rows;
  }

  private SlotRegistry registry(int node) {
    Settings settings =
        Settings.read(
            Map.of(
                    "pgdelta.database-url", database.jdbcUrl(),
                    "pgdelta.database-user", database.user(),
                    "pgdelta.database-password", database.password(),
                    "pgdelta.node", "node" + node)
                ::get);
    SlotRegistry made =
        new SlotRegistry(
            Database.open(settings, Optional.of(database.dataSource()), Optional.empty()),
            settings,
            threads);
    var unusedReports =
        timer.scheduleWithFixedDelay(
            () -> made.reporter().lookAfterStreams(threads), 100, 100, TimeUnit.MILLISECONDS);
    return made;
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
            java.util.concurrent.locks.LockSupport.parkNanos(1_000_000);
          }
        } catch (SQLException e) {
          java.util.concurrent.locks.LockSupport.parkNanos(20_000_000); // PostgreSQL is away
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
      int count = chance.nextInt(100) == 0 ? 3_000 : 1 + chance.nextInt(5);
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
