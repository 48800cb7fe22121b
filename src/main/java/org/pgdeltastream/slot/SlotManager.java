package org.pgdeltastream.slot;

import static java.lang.System.Logger.Level.ERROR;
import static java.lang.System.Logger.Level.WARNING;

import jakarta.annotation.PreDestroy;
import jakarta.annotation.Resource;
import jakarta.ejb.ConcurrencyManagement;
import jakarta.ejb.ConcurrencyManagementType;
import jakarta.ejb.Singleton;
import jakarta.ejb.TransactionAttribute;
import jakarta.ejb.TransactionAttributeType;
import jakarta.enterprise.concurrent.ManagedScheduledExecutorService;
import jakarta.enterprise.concurrent.ManagedThreadFactory;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import javax.naming.InitialContext;
import javax.naming.NamingException;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.pgdeltastream.change.PageRequest;
import org.pgdeltastream.change.ProblemException;
import org.pgdeltastream.change.SlotName;
import org.pgdeltastream.change.TableRequest;
import org.pgdeltastream.change.TableSummary;
import org.pgdeltastream.delivery.Subscriber;

/** Gives the container's resources to the slots and closes the slots with the application. */
@Singleton
@ConcurrencyManagement(ConcurrencyManagementType.BEAN) // a long read must not block an init
@TransactionAttribute(TransactionAttributeType.NOT_SUPPORTED) // walsenders take no JTA transaction
public class SlotManager {
  private static final System.Logger LOG = System.getLogger(SlotManager.class.getName());
  private static final int REPORT_MILLIS = 250;
  private static final int LOOK_SECONDS = 5;

  @Resource private @Nullable ManagedThreadFactory threads;
  @Resource private @Nullable ManagedScheduledExecutorService scheduler;

  private @Nullable Settings settings;
  private @Nullable SlotRegistry registry;
  private @Nullable Executor readers;
  private @Nullable Future<?> reporter;
  private @Nullable Future<?> watcher;
  private @Nullable Future<?> looker;

  /** Called once, before anything else, by the web application's start. */
  public synchronized void start(Settings read) {
    settings = read;
    readers =
        find("concurrent/readers", Executor.class)
            .orElseGet(
                () -> new Readers(present(threads), read.streams() + read.streams() / 4 + 4));
    try {
      registry();
    } catch (ProblemException e) {
      LOG.log(WARNING, e.getMessage() + ". " + e.hint());
    }
  }

  /** Ends streams, tells their clients, closes snapshots; drops nothing. */
  @PreDestroy
  void close() {
    cancel(reporter);
    cancel(watcher);
    cancel(looker);
    SlotRegistry open = registry;
    if (open != null) {
      open.close();
    }
    if (readers instanceof Readers own) {
      own.close();
    }
  }

  public Settings settings() {
    return present(settings);
  }

  /** Throws ProblemException where PostgreSQL cannot be reached. */
  public void checkDatabase() {
    registry().checkDatabase();
  }

  public NewSlot init(InitRequest request) {
    return registry().create(request);
  }

  /** Reads a page under the slot's snapshot, or the newest open one's. */
  public SnapshotPage readPage(Optional<SlotName> slot, PageRequest page) {
    return registry().readPage(slot, page);
  }

  /**
   * Reads a whole table, or a part of it, under the slot's snapshot, or the newest open one's.
   *
   * @throws IOException if the receiver or its stream threw it; PostgreSQL's query has ended then
   */
  public void readTable(
      Optional<SlotName> slot, TableRequest request, TableFormat format, TableReceiver receiver)
      throws IOException {
    registry().readTable(slot, request, format, receiver);
  }

  /** The tables that can be read under the slot's snapshot, or the newest open one's. */
  public List<TableSummary> tables(Optional<SlotName> slot) {
    return registry().tables(slot);
  }

  /** Ends a slot's snapshot; the slot itself stays. */
  public void closeSnapshot(SlotName slot) {
    registry().closeSnapshot(slot);
  }

  /** Streams to a client until one of both ends it. */
  public SlotStream stream(StreamOptions options, Subscriber subscriber) {
    return registry().stream(options, subscriber);
  }

  public List<SlotStatus> slots() {
    return registry().statuses();
  }

  public SlotStatus slot(SlotName name) {
    return registry().status(name);
  }

  public void drop(SlotName name, boolean force) {
    registry().drop(name, force);
  }

  /** Made as soon as it is known where the database is: perhaps after the start. */
  private synchronized SlotRegistry registry() {
    SlotRegistry present = registry;
    if (present == null) {
      Settings known = present(settings);
      Database database =
          Database.open(
              known, find("jdbc/pgdelta", DataSource.class), find("jdbc/pgrepl", DataSource.class));
      present = new SlotRegistry(database, known, present(readers));
      registry = present;
      schedule(present, present(scheduler), present(readers));
    }
    return present;
  }

  private void schedule(
      SlotRegistry slots, ManagedScheduledExecutorService timer, Executor closers) {
    reporter =
        timer.scheduleWithFixedDelay(
            guarded(() -> slots.reporter().lookAfterStreams(closers)),
            REPORT_MILLIS,
            REPORT_MILLIS,
            TimeUnit.MILLISECONDS);
    watcher =
        timer.scheduleWithFixedDelay(
            guarded(slots.reporter()::lookAfterPostgres), 1, 1, TimeUnit.SECONDS);
    looker =
        timer.scheduleWithFixedDelay(
            guarded(slots.reporter()::lookAfterSlots),
            LOOK_SECONDS,
            LOOK_SECONDS,
            TimeUnit.SECONDS);
  }

  /** A scheduled task that throws would never run again. */
  private static Runnable guarded(Runnable task) {
    return () -> {
      try {
        task.run();
      } catch (RuntimeException e) {
        LOG.log(ERROR, "A look at the slots failed", e);
      }
    };
  }

  private static void cancel(@Nullable Future<?> task) {
    if (task != null) {
      task.cancel(false);
    }
  }

  /** Looked up by code, not injected: a missing resource is a 503, not a failed deployment. */
  @SuppressWarnings("BanJNDI") // the names are constants of ours
  private static <T> Optional<T> find(String name, Class<T> type) {
    for (String prefix : List.of("java:comp/env/", "java:app/", "", "openejb:Resource/")) {
      try {
        Object found = new InitialContext().lookup(prefix + name);
        if (type.isInstance(found)) {
          return Optional.of(type.cast(found));
        }
      } catch (NamingException e) {
        LOG.log(System.Logger.Level.DEBUG, prefix + name + " is not defined");
      }
    }
    return Optional.empty();
  }

  private static <T> T present(@Nullable T value) {
    if (value == null) {
      throw new IllegalStateException("The application was not started");
    }
    return value;
  }
}
