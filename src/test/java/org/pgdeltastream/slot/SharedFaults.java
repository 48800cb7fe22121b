package org.pgdeltastream.slot;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.concurrent.locks.LockSupport;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.support.Brokers;
import org.pgdeltastream.support.FaultProxy;
import org.pgdeltastream.support.Program;
import org.pgdeltastream.support.TestDatabase;

/** Two programs that share a feed's log, its writers and subscribers, and what strikes them. */
final class SharedFaults implements AutoCloseable {
  private static final int WRITERS = 4; // the last one writes the bursts
  private static final int WINDOW = 64 << 20;
  private static final int LONG_FREEZE_ONE_IN = 12;

  private enum Fault {
    WALSENDER_TERMINATED,
    POSTGRES_STOPPED_FAST,
    POSTGRES_STOPPED_IMMEDIATELY,
    PROGRAM_KILLED,
    PROGRAM_STOPPED,
    PROGRAM_FROZEN,
    BROKER_KILLED,
    NETWORK_RESET,
    NETWORK_FROZEN,
    CLIENTS_CUT,
    BURST
  }

  /** The quick ones more often. */
  private static final List<Fault> KINDS =
      List.of(
          Fault.WALSENDER_TERMINATED,
          Fault.WALSENDER_TERMINATED,
          Fault.WALSENDER_TERMINATED,
          Fault.POSTGRES_STOPPED_FAST,
          Fault.POSTGRES_STOPPED_FAST,
          Fault.POSTGRES_STOPPED_IMMEDIATELY,
          Fault.POSTGRES_STOPPED_IMMEDIATELY,
          Fault.PROGRAM_KILLED,
          Fault.PROGRAM_KILLED,
          Fault.PROGRAM_STOPPED,
          Fault.PROGRAM_FROZEN,
          Fault.BROKER_KILLED,
          Fault.BROKER_KILLED,
          Fault.BROKER_KILLED,
          Fault.NETWORK_RESET,
          Fault.NETWORK_RESET,
          Fault.NETWORK_FROZEN,
          Fault.CLIENTS_CUT,
          Fault.CLIENTS_CUT,
          Fault.CLIENTS_CUT,
          Fault.BURST,
          Fault.BURST);

  private final long seed;
  private final Random random;
  private final TestDatabase database;
  private final FaultProxy proxy;
  private final ExecutorService threads;
  private final Path directory;
  private final AtomicBoolean writing = new AtomicBoolean(true);
  private final FeedLedger ledger = new FeedLedger();
  private final List<FeedFollower> followers = new ArrayList<>();
  private final List<Future<?>> writers = new ArrayList<>();
  private final Map<Fault, Integer> struck = new EnumMap<>(Fault.class);
  private final FeedAwait await;
  private final FeedWriter bursts;
  private final Brokers brokers;
  private final int[] ports = {freePort(20_000), freePort(25_000)};
  private final AtomicReferenceArray<Program> programs = new AtomicReferenceArray<>(2);

  SharedFaults(
      long seed,
      TestDatabase database,
      FaultProxy proxy,
      Brokers brokers,
      ExecutorService threads,
      Path directory)
      throws Exception {
    this.seed = seed;
    this.random = new Random(seed);
    this.database = database;
    this.proxy = proxy;
    this.threads = threads;
    this.directory = directory;
    FeedWriter.prepare(database, WRITERS);
    this.brokers = brokers;
    startProgram(0);
    startProgram(1);
    await = new FeedAwait(followers, ledger, database, () -> programs.get(0));
    bursts = new FeedWriter(database, WRITERS - 1, new Random(seed), writing);
  }

  /** None of those that clients get: a client might get the program's while that is away. */
  private static int freePort(int first) throws IOException {
    for (int port = first + (int) (ProcessHandle.current().pid() % 5_000); ; port++) {
      try (ServerSocket socket = new ServerSocket(port)) {
        return socket.getLocalPort();
      } catch (java.net.BindException e) {
        assertThat(port).as("a free port below").isLessThan(32_000);
      }
    }
  }

  private void startProgram(int number) throws IOException {
    programs.set(
        number,
        Program.startAt(
            ports[number],
            database,
            proxy.port(),
            "256m",
            Files.createDirectories(directory.resolve("node" + number)),
            "-Dpgdelta.node=node" + number,
            "-Dpgdelta.feeds=f",
            "-Dpgdelta.kafka=" + brokers.addresses(),
            "-Dpgdelta.kafka-replicas=" + brokers.count(),
            "-Dpgdelta.feed-storage=kafka",
            "-Dpgdelta.feed-window-bytes=" + WINDOW,
            "-Dpgdelta.feed-window-seconds=3600",
            "-Dpgdelta.subscribers-per-address=1000"));
  }

  void start(int subscribers) {
    FeedFollower.Feed feed =
        new FeedFollower.Feed(
            () -> ports[ThreadLocalRandom.current().nextInt(2)], "f", WINDOW, ledger, () -> 0);
    for (int number = 0; number < subscribers; number++) {
      followers.add(new FeedFollower(feed, number, new Random(seed + 100 + number)));
    }
    followers.forEach(threads::execute);
    await.until(
        "the first subscribers",
        ledger::newest,
        () -> followers.stream().allMatch(one -> one.position().isAfter(Lsn.NONE)));
    for (int writer = 0; writer < WRITERS - 1; writer++) {
      Random chance = new Random(seed + writer);
      writers.add(threads.submit(new FeedWriter(database, writer, chance, writing)));
    }
  }

  void strike(int faults) throws Exception {
    for (int i = 0; i < faults; i++) {
      Fault fault = KINDS.get(random.nextInt(KINDS.size()));
      String what = "fault %d, %s, seed %d".formatted(i, fault, seed);
      strike(fault);
      struck.merge(fault, 1, Integer::sum);
      if (random.nextInt(3) > 0) { // else the next one strikes at once
        awaitTransactions(what);
      }
      if (random.nextInt(8) == 0) {
        awaitEverybody(what);
      }
      ledger.checkNoFault(what);
    }
  }

  private void awaitTransactions(String what) {
    int before = ledger.transactions();
    await.until(
        "transactions after " + what, ledger::newest, () -> ledger.transactions() > before + 10);
  }

  /** But for those that read slowly. Who began elsewhere or stopped might not come there at all. */
  private void awaitEverybody(String what) {
    Lsn newest = ledger.newest();
    Set<FeedFollower> behind = new HashSet<>(followers);
    followers.forEach(FeedFollower::settle);
    await.until(
        "all subscribers at " + newest + " after " + what,
        () -> newest,
        () -> {
          behind.removeIf(one -> one.isSlow() || !newest.isAfter(one.position()));
          return behind.isEmpty();
        });
    followers.forEach(FeedFollower::roam);
  }

  private void strike(Fault fault) throws Exception {
    switch (fault) {
      case WALSENDER_TERMINATED -> terminateWalsender();
      case POSTGRES_STOPPED_FAST -> restartPostgres("INT");
      case POSTGRES_STOPPED_IMMEDIATELY -> restartPostgres("QUIT");
      case PROGRAM_KILLED -> {
        int number = random.nextInt(2);
        programs.get(number).kill();
        startProgram(number);
      }
      case PROGRAM_STOPPED -> {
        int number = random.nextInt(2);
        String unused = programs.get(number).stop();
        startProgram(number);
      }
      case PROGRAM_FROZEN -> freezeProgram(programs.get(random.nextInt(2)));
      case BROKER_KILLED -> {
        int number = random.nextInt(brokers.count());
        brokers.kill(number);
        pause(random.nextInt(3000));
        brokers.startAgain(number);
      }
      case NETWORK_RESET -> proxy.reset();
      case NETWORK_FROZEN -> freezeNetwork();
      case CLIENTS_CUT -> followers.forEach(FeedFollower::vanish);
      case BURST -> {
        int bytes = 100_000 << random.nextInt(4);
        ledger.count(bursts.burst((5 << 20) / bytes, bytes) ? "bursts" : "broken bursts");
      }
    }
  }

  private void terminateWalsender() {
    try {
      database.execute(
          "select pg_terminate_backend(active_pid) from pg_replication_slots where active");
    } catch (SQLException e) {
      ledger.count("walsenders that were away");
    }
  }

  private void restartPostgres(String signal) throws Exception {
    database.stop(signal);
    pause(random.nextInt(500));
    database.startAgain();
  }

  /** Mostly for a short time; sometimes so long that the connection has to be given up. */
  private void freezeNetwork() {
    if (random.nextBoolean()) {
      proxy.freeze();
    } else {
      proxy.freezeOpenOnes();
    }
    pause(random.nextInt(LONG_FREEZE_ONE_IN) == 0 ? 17_000 : 100 + random.nextInt(2000));
    proxy.thaw();
  }

  /** So long that another one leads, if it did. */
  private static void freezeProgram(Program program) throws Exception {
    String pid = String.valueOf(program.pid());
    assertThat(new ProcessBuilder("kill", "-STOP", pid).start().waitFor()).isZero();
    pause(12_000);
    assertThat(new ProcessBuilder("kill", "-CONT", pid).start().waitFor()).isZero();
  }

  private static void pause(long milliseconds) {
    LockSupport.parkNanos(milliseconds * 1_000_000);
  }

  String verify() throws Exception {
    writing.set(false);
    for (Future<?> writer : writers) {
      writer.get(60, TimeUnit.SECONDS);
    }
    followers.forEach(FeedFollower::settle);
    assertThat(bursts.burst(1, 1)).as("a last transaction").isTrue();
    Map<Integer, Long> last = new HashMap<>();
    for (int writer = 0; writer < WRITERS; writer++) {
      last.put(
          writer, Long.parseLong(database.text("select n from last where writer = " + writer)));
    }
    await.until("all subscribers to catch up, seed " + seed, ledger::newest, () -> haveAll(last));
    ledger.checkNoFault("at the end, seed " + seed);
    ledger.verify(last, Long.parseLong(database.text("select count(*) from w")));
    return ("Faults with a shared feed, seed %d: %s; %d subscribers, none lost, doubled, disordered:"
            + " %s; %s")
        .formatted(seed, struck, followers.size(), ledger, await);
  }

  private boolean haveAll(Map<Integer, Long> last) {
    return ledger.has(WRITERS - 1, last.getOrDefault(WRITERS - 1, 0L))
        && followers.stream()
            .filter(one -> !one.isSlow()) // which takes 150 KB a second
            .noneMatch(one -> ledger.newest().isAfter(one.position()));
  }

  @Override
  public void close() {
    writing.set(false);
    followers.forEach(FeedFollower::end);
    for (int number = 0; number < ports.length; number++) {
      Program program = programs.get(number);
      if (program != null) {
        program.close();
      }
    }
  }
}
