package org.pgdeltastream.slot;

import static java.lang.System.Logger.Level.DEBUG;
import static java.lang.System.Logger.Level.INFO;
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
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import javax.naming.InitialContext;
import javax.naming.NamingException;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.pgdeltastream.change.Problem;
import org.pgdeltastream.change.ProblemException;
import org.pgdeltastream.change.SlotName;
import org.pgdeltastream.delivery.Subscriber;
import org.pgdeltastream.replication.wal.CatchUps;
import org.pgdeltastream.rights.Standing;
import org.pgdeltastream.slot.database.Database;
import org.pgdeltastream.slot.database.Settings;
import org.pgdeltastream.slot.feed.Feeds;
import org.pgdeltastream.slot.stream.SlotStream;
import org.pgdeltastream.slot.stream.StreamOptions;

/** Gives the container's resources to the slots and closes the slots with the application. */
@Singleton
@ConcurrencyManagement(ConcurrencyManagementType.BEAN) // a long read must not block an init
@TransactionAttribute(TransactionAttributeType.NOT_SUPPORTED) // walsenders take no JTA transaction
public class SlotManager {
  private static final System.Logger LOG = System.getLogger(SlotManager.class.getName());
  private static final int FEEDS = 64; // their readers, scans and writers

  /** The portable names, then those of servers that give resources their own. */
  private static final List<String> PREFIXES =
      List.of("java:comp/env/", "java:app/", "", "java:jboss/", "openejb:Resource/");

  @Resource private @Nullable ManagedThreadFactory threads;
  @Resource private @Nullable ManagedScheduledExecutorService scheduler;

  private @Nullable Settings settings;
  private volatile @Nullable SlotRegistry registry;
  private @Nullable Executor readers;
  private final RegularChecks checks = new RegularChecks(() -> registry);
  private volatile Standing standing = Standing.NOBODY;
  private volatile boolean closed;
  private boolean closeBegan;
  private final AtomicBoolean opening = new AtomicBoolean(); // the database

  /** Several servers cut their connections before they stop applications. */
  private final Thread hook = new Thread(this::close);

  /**
   * Called once, before anything else, by the web application's start.
   *
   * @param present of those who have no right to everything
   * @return begins the checks of streams and slots; run it outside of this call, since TomEE lets a
   *     task share the transaction context of the call that hands it over, and both fail
   */
  public Runnable start(Settings read, Standing present) {
    standing = present;
    begin(read);
    try {
      registry();
    } catch (ProblemException e) {
      LOG.log(WARNING, e.getMessage() + ". " + e.hint());
    }
    return () -> schedule(present(scheduler), present(readers));
  }

  private synchronized void begin(Settings read) {
    settings = read;
    Optional<Executor> defined = find("concurrent/readers", Executor.class);
    readers =
        defined.orElseGet(
            () ->
                new ReaderThreads(
                    present(threads),
                    read.streams() + read.streams() / 4 + FEEDS + 4 + CatchUps.MOST_THREADS));
    LOG.log(
        INFO,
        "Streams run on "
            + (defined.isPresent() ? "concurrent/readers" : "the default ManagedThreadFactory"));
    Runtime.getRuntime().addShutdownHook(hook);
  }

  /**
   * Ends streams, closes their clients and snapshots; drops nothing. Called as early as the server
   * allows it, and by the container at last: the first call does it.
   */
  @PreDestroy
  public void close() {
    closed = true; // before the lock: from now on calls are refused, and wait for nothing
    closeOnce();
  }

  private synchronized void closeOnce() {
    if (closeBegan) {
      return;
    }
    closeBegan = true;
    checks.stop();
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      LOG.log(DEBUG, "The server is stopping");
    }
    SlotRegistry open = registry;
    if (open != null) {
      open.close();
    }
    if (readers instanceof ReaderThreads own) {
      own.close();
    }
  }

  public Settings settings() {
    return present(settings);
  }

  /** Throws ProblemException if no stream can begin: too many run, or PostgreSQL is away. */
  public void checkStream() {
    registry().checkStreamLimit();
    registry().checkDatabase();
  }

  public NewSlot init(InitRequest request) {
    return registry().create(request);
  }

  /** Pages and tables under slots' snapshots; the caller may wait for PostgreSQL in its calls. */
  public SnapshotReads snapshots() {
    return registry().snapshots();
  }

  /** A stream to a client; {@link SlotStream#start} begins it. */
  public SlotStream newStream(StreamOptions options, Subscriber subscriber) {
    return registry().newStream(options, subscriber);
  }

  /** What operators see and do; the caller may wait for PostgreSQL in its calls. */
  public Operations operations() {
    return registry().operations();
  }

  public void drop(SlotName name, boolean force) {
    registry().drop(name, force);
  }

  /** The feeds; the caller may wait for PostgreSQL in their calls. */
  public Feeds feeds() {
    return registry().feeds();
  }

  /**
   * Opened as soon as the database's address is known: perhaps after the start. One request opens
   * it; the others must try again, since this may take as long as the DataSource lets it.
   */
  private SlotRegistry registry() {
    SlotRegistry present = registry;
    if (present != null && !closed) {
      return present;
    }
    if (closed || !opening.compareAndSet(false, true)) {
      throw closed ? stopping() : beingOpened();
    }
    try {
      present = registry;
      return present == null ? opened(open()) : present;
    } finally {
      opening.set(false);
    }
  }

  private SlotRegistry open() {
    Settings known = present(settings);
    Optional<DataSource> pages = find("jdbc/pgdelta", DataSource.class);
    Database database = Database.open(known, pages, find("jdbc/pgrepl", DataSource.class));
    LOG.log(
        INFO,
        "Pages are read through "
            + (pages.isPresent() ? "jdbc/pgdelta" : "connections of this application's own"));
    return new SlotRegistry(database, known, present(readers), standing);
  }

  /** The application may have been stopped since the database was opened. */
  private synchronized SlotRegistry opened(SlotRegistry made) {
    if (closed) {
      throw stopping();
    }
    registry = made;
    return made;
  }

  private static ProblemException stopping() {
    return new ProblemException(
        Problem.UPSTREAM_BUSY, "This server stops", "Try again, or ask another one");
  }

  private static ProblemException beingOpened() {
    return new ProblemException(
        Problem.UPSTREAM_BUSY, "The database is being opened", "Try again in a moment");
  }

  private synchronized void schedule(ManagedScheduledExecutorService timer, Executor others) {
    if (closed) {
      return;
    }
    checks.start(timer, others);
    SlotRegistry open = registry;
    if (open != null) {
      timer.execute(open.startCheck());
    }
  }

  /** Whether the regular checks run. Asks nobody. */
  public boolean isAlive() {
    return checks.areRunning();
  }

  /**
   * Whether calls can be served. Asks nobody: PostgreSQL counts as it was last seen.
   *
   * @param reached also refuses while PostgreSQL is away
   */
  public boolean isReady(boolean reached) {
    SlotRegistry open = registry;
    return !closed && open != null && open.operations().wasReached(reached);
  }

  /** Found by code, not injected: a missing resource is a 503, not a failed deployment. */
  @SuppressWarnings("BanJNDI") // the names are constants of ours
  private static <T> Optional<T> find(String name, Class<T> type) {
    for (String prefix : PREFIXES) {
      try {
        Object found = new InitialContext().lookup(prefix + name);
        if (type.isInstance(found)) {
          return Optional.of(type.cast(found));
        }
      } catch (NamingException e) {
        LOG.log(DEBUG, prefix + name + " is not defined");
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
