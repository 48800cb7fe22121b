package org.pgdeltastream.slot;

import static org.assertj.core.api.Assertions.assertThat;

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
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.support.FaultProxy;
import org.pgdeltastream.support.TestDatabase;

/** Programs with a feed, its writers and subscribers, and what strikes them. */
final class FeedFaults implements AutoCloseable {
  static final int WRITERS = 4; // the last one writes the bursts
  private static final int FROZEN_MILLIS = 12_000; // so long that another one leads
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
          Fault.NETWORK_RESET,
          Fault.NETWORK_RESET,
          Fault.NETWORK_RESET,
          Fault.NETWORK_FROZEN,
          Fault.NETWORK_FROZEN,
          Fault.NETWORK_FROZEN,
          Fault.CLIENTS_CUT,
          Fault.CLIENTS_CUT,
          Fault.CLIENTS_CUT,
          Fault.BURST,
          Fault.BURST);

  /** Where programs share a log, these too. */
  private static final List<Fault> OF_SHARING =
      List.of(Fault.PROGRAM_FROZEN, Fault.BROKER_KILLED, Fault.BROKER_KILLED, Fault.BROKER_KILLED);

  private final long seed;
  private final Random random;
  private final TestDatabase database;
  private final FaultProxy proxy;
  private final ExecutorService threads;
  private final FeedServers servers;
  private final List<Fault> kinds = new ArrayList<>(KINDS);
  private final AtomicBoolean writing = new AtomicBoolean(true);
  private final FeedLedger ledger = new FeedLedger();
  private final List<FeedFollower> followers = new ArrayList<>();
  private final List<Future<?>> writers = new ArrayList<>();
  private final Map<Fault, Integer> struck = new EnumMap<>(Fault.class);
  private final FeedAwait await;
  private final FeedSamples samples;
  private final FeedWriter bursts;

  FeedFaults(
      long seed,
      TestDatabase database,
      FaultProxy proxy,
      FeedServers servers,
      ExecutorService threads)
      throws Exception {
    this.seed = seed;
    this.random = new Random(seed);
    this.database = database;
    this.proxy = proxy;
    this.servers = servers;
    this.threads = threads;
    kinds.addAll(servers.areSharing() ? OF_SHARING : List.of());
    await = new FeedAwait(followers, ledger, database, servers::first);
    samples = new FeedSamples(database, () -> servers.first().get("/v1/feeds/f").body(), ledger);
    bursts = new FeedWriter(database, WRITERS - 1, new Random(seed), writing);
  }

  void start(int subscribers) {
    FeedFollower.Feed feed =
        new FeedFollower.Feed(
            servers::port,
            "f",
            FeedServers.WINDOW,
            ledger,
            servers.areSharing() ? () -> 0 : samples::walEnd);
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
    if (!servers.areSharing()) { // else the slot is confirmed to the log's end
      samples.probeBy(new FeedFollower(feed, subscribers, new Random(seed)));
      writers.add(threads.submit(() -> samples.takeWhile(writing)));
    }
  }

  void strike(int faults) throws Exception {
    for (int i = 0; i < faults; i++) {
      Fault fault = kinds.get(random.nextInt(kinds.size()));
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
      case PROGRAM_KILLED -> servers.kill(random.nextInt(servers.count()));
      case PROGRAM_STOPPED -> servers.stop(random.nextInt(servers.count()));
      case PROGRAM_FROZEN -> {
        int number = random.nextInt(servers.count());
        servers.freeze(number);
        pause(FROZEN_MILLIS);
        servers.thaw(number);
      }
      case BROKER_KILLED -> {
        int number = random.nextInt(servers.brokers().count());
        servers.brokers().kill(number);
        pause(random.nextInt(3000));
        servers.brokers().startAgain(number);
      }
      case NETWORK_RESET -> proxy.reset();
      case NETWORK_FROZEN -> freezeNetwork();
      case CLIENTS_CUT -> followers.forEach(FeedFollower::vanish);
      case BURST -> {
        int bytes = 100_000 << random.nextInt(4);
        ledger.count(bursts.burst((20 << 20) / bytes, bytes) ? "bursts" : "broken bursts");
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

  private static void pause(long milliseconds) {
    LockSupport.parkNanos(milliseconds * 1_000_000);
  }

  String verify() throws Exception {
    writing.set(false);
    for (Future<?> writer : writers) {
      writer.get(60, TimeUnit.SECONDS);
    }
    followers.forEach(FeedFollower::settle);
    followers.stream().filter(FeedFollower::isSlow).forEach(FeedFollower::vanish); // and hurry
    assertThat(bursts.burst(1, 1)).as("a last transaction").isTrue();
    Map<Integer, Long> last = new HashMap<>();
    for (int writer = 0; writer < WRITERS; writer++) {
      last.put(
          writer, Long.parseLong(database.text("select n from last where writer = " + writer)));
    }
    await.until("all subscribers to catch up, seed " + seed, ledger::newest, () -> haveAll(last));
    ledger.checkNoFault("at the end, seed " + seed);
    ledger.verify(last, Long.parseLong(database.text("select count(*) from w")));
    return ("Faults with a feed and %d programs, seed %d: %s; %d subscribers, none lost, doubled,"
            + " disordered: %s; %s; %s")
        .formatted(servers.count(), seed, struck, followers.size(), ledger, samples, await);
  }

  private boolean haveAll(Map<Integer, Long> last) {
    return ledger.has(WRITERS - 1, last.getOrDefault(WRITERS - 1, 0L))
        && followers.stream().noneMatch(one -> ledger.newest().isAfter(one.position()));
  }

  @Override
  public void close() {
    writing.set(false);
    followers.forEach(FeedFollower::end);
  }
}
