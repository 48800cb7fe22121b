package org.pgdeltastream.slot;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.pgdeltastream.change.HeapBudget;
import org.pgdeltastream.change.OutputPlugin;
import org.pgdeltastream.change.Problem;
import org.pgdeltastream.change.ProblemException;
import org.pgdeltastream.change.SlotName;
import org.pgdeltastream.replication.connection.ReplicationConnector;
import org.pgdeltastream.rights.Identity;
import org.pgdeltastream.rights.Rights;
import org.pgdeltastream.rights.Standing;
import org.pgdeltastream.slot.database.Database;
import org.pgdeltastream.slot.database.Settings;
import org.pgdeltastream.support.TestDatabase;

/** A server's slots without a web server. */
final class TestRegistry implements AutoCloseable {
  final SlotRegistry slots;
  final HeapBudget heap;
  final Set<Identity> revoked = ConcurrentHashMap.newKeySet();
  final AtomicReference<Rights> rights = new AtomicReference<>(Rights.NONE);
  private final Database doors;
  private final ExecutorService readers = Executors.newCachedThreadPool();
  private final ScheduledExecutorService timer = Executors.newScheduledThreadPool(3);

  /** The settings come in pairs of name, without pgdelta, and value. */
  TestRegistry(TestDatabase database, String... more) {
    Map<String, String> settings = new HashMap<>();
    settings.put("pgdelta.database-url", database.jdbcUrl());
    settings.put("pgdelta.database-user", database.user());
    settings.put("pgdelta.database-password", database.password());
    for (int i = 0; i < more.length; i += 2) {
      settings.put("pgdelta." + more[i], more[i + 1]);
    }
    Settings read = Settings.read(settings::get);
    doors =
        Database.open(
            read,
            Optional.of(database.dataSource()) // which may be another than of these settings
                .filter(source -> read.databaseUser().equals(Optional.of(database.user())))
                .filter(source -> read.databaseUrl().orElseThrow().contains("/postgres")),
            Optional.empty());
    heap = doors.heap();
    slots = new SlotRegistry(doors, read, readers, new Standing(rights::get, revoked::contains));
    Reporter reporter = slots.reporter();
    every(100, () -> reporter.checkStreams(readers));
    every(100, () -> slots.feeds().bearers().check());
    every(100, slots::checkSlots); // waits for PostgreSQL where that is frozen
    every(100, () -> slots.guard().check());
    every(1_000, reporter::checkPostgres);
    every(100, () -> slots.heartbeats().check());
  }

  private void every(int millis, Runnable look) {
    var unused = timer.scheduleWithFixedDelay(look, millis, millis, TimeUnit.MILLISECONDS);
  }

  NewSlot init() {
    return slots.create(
        new InitRequest(Optional.of(OutputPlugin.PGOUTPUT), List.of(), Optional.empty()));
  }

  ReplicationConnector connector() {
    return doors.connector();
  }

  /** Nobody looks after streams and slots from now on. */
  void stopChecks() {
    timer.shutdownNow();
  }

  @Override
  public void close() {
    timer.shutdownNow();
    slots.feeds().list().forEach(feed -> slots.feeds().drop(feed.definition().name(), true));
    slots.reports().all().forEach(slot -> dropIfThere(slot.name()));
    closeWithoutDropping();
  }

  private void dropIfThere(SlotName slot) {
    try {
      slots.drop(slot, true);
    } catch (ProblemException e) {
      if (e.problem() != Problem.SLOT_NOT_FOUND) { // a guard has dropped it in this moment
        throw e;
      }
    }
  }

  void closeWithoutDropping() {
    timer.shutdownNow();
    slots.close();
    readers.shutdown();
  }
}
