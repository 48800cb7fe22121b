package org.pgdeltastream.slot.shared;

import static java.lang.System.Logger.Level.INFO;
import static java.lang.System.Logger.Level.WARNING;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.pgdeltastream.change.HeapBudget;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.delivery.CloseReason;
import org.pgdeltastream.delivery.StreamCounts;
import org.pgdeltastream.journal.MessageScan;
import org.pgdeltastream.journal.shared.LogException;
import org.pgdeltastream.journal.shared.LogScan;
import org.pgdeltastream.journal.shared.LogWriter;
import org.pgdeltastream.journal.shared.RecordHeader;
import org.pgdeltastream.journal.shared.RecordKind;
import org.pgdeltastream.journal.shared.SharedLog;
import org.pgdeltastream.slot.scan.History;
import org.pgdeltastream.slot.upstream.Ending;
import org.pgdeltastream.slot.upstream.KnownSlot;
import org.pgdeltastream.slot.upstream.Refusal;
import org.pgdeltastream.slot.upstream.StreamServices;

/**
 * What this server does for a feed whose log it shares with others: follows the log, and leads
 * where nobody else does. For any thread.
 */
public final class SharedFeed implements History {
  private static final System.Logger LOG = System.getLogger(SharedFeed.class.getName());
  private static final Lsn NOWHERE = new Lsn(-1); // behind every position
  private static final int NEAR = 16; // records, of 512 KB at most

  private final Asked asked;
  private final KnownSlot slot;
  private final SharedLog log;
  private final StreamServices services;
  private final Leadership leadership;
  private final CountDownLatch stopping = new CountDownLatch(1);
  private final AtomicBoolean gapAccepted = new AtomicBoolean();
  private volatile Optional<Ending> stop = Optional.empty();
  private volatile SharedState state = SharedState.FOLLOWING;
  private volatile String detail = "";
  private volatile Lsn oldest = NOWHERE;
  private volatile Lsn written = Lsn.NONE; // as far as it was read here
  private volatile boolean isStarted; // the leadership
  private volatile boolean isNear;
  private volatile long term;

  /** What a feed is made with, as far as its log is concerned. */
  public record Asked(List<String> publications, Duration window, long windowBytes) {
    public Asked {
      publications = List.copyOf(publications);
    }
  }

  /** Does nothing yet. */
  public SharedFeed(
      Asked asked, KnownSlot slot, SharedLog log, StreamServices services, StreamCounts counts) {
    this.asked = asked;
    this.slot = slot;
    this.log = log;
    this.services = services;
    this.leadership = new Leadership(this, slot, services, counts);
  }

  /** Makes the log of a slot that was just made: it begins where the slot does. */
  public static void make(SharedLog log, Lsn confirmed, StreamServices services)
      throws LogException, SQLException {
    int timeline = FollowSource.identify(services).timeline();
    ThreadLocalRandom random = ThreadLocalRandom.current();
    RecordHeader first =
        new RecordHeader(
            RecordKind.TERM,
            0,
            confirmed,
            confirmed,
            random.nextLong(),
            random.nextLong(),
            timeline);
    log.make();
    try (LogWriter writer = log.lead()) {
      writer.append(first, "{}".getBytes(StandardCharsets.UTF_8));
      writer.commit();
    }
  }

  /** Leads from now on where nobody else does, if this server may. */
  public void start(Executor threads) {
    if (!services.settings().ofKafka().lead()) {
      return;
    }
    try {
      threads.execute(leadership);
      isStarted = true;
    } catch (RejectedExecutionException e) {
      LOG.log(WARNING, "No thread to lead " + log.name() + "; other servers may");
    }
  }

  /** Reads the log until that cannot go on. */
  public Ending follow(FollowTarget target) {
    try {
      FollowSource source = FollowSource.of(slot, services, asked.publications());
      return new Follower(this, target, source).run();
    } catch (LogException e) {
      isNear = e.kind() == LogException.Kind.MISSING; // who leads finds out what that means
      isAway();
      return Ending.of(Leader.reason(e), String.valueOf(e.getMessage()));
    } catch (Refusal e) {
      return e.ending();
    } catch (SQLException e) {
      return Ending.of(CloseReason.UPSTREAM_LOST, "PostgreSQL does not answer");
    }
  }

  /** Ends both. */
  public void stop(Ending why) {
    stop = Optional.of(why);
    stopping.countDown();
    leadership.stop(why);
  }

  /** Once it is stopped: waits until it leads no more; at most for some seconds. */
  public void awaitEnd() {
    if (isStarted) {
      leadership.awaitEnd();
    }
  }

  Optional<Ending> stopping() {
    return stop;
  }

  /** Waits so long, or until it is stopped. */
  void sleep(Duration time) {
    try {
      if (stopping.await(time.toMillis(), TimeUnit.MILLISECONDS)) {
        return;
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      stop(Ending.of(CloseReason.SERVICE_RESTART, "the server stops"));
    }
  }

  /** What was read of the log, and how many records there are beyond; -1: not known. */
  void follows(Lsn upTo, long behind) {
    written = upTo;
    isNear = behind >= 0 && behind <= NEAR;
    if (state == SharedState.WAITING_FOR_KAFKA) {
      state = SharedState.FOLLOWING;
    }
  }

  /** The log does not answer. */
  void isAway() {
    if (state != SharedState.LEADING) {
      state = SharedState.WAITING_FOR_KAFKA;
    }
  }

  boolean isNear() {
    return isNear;
  }

  void leads(long newTerm) {
    term = newTerm;
    detail = "";
    state = SharedState.LEADING;
  }

  void leadsNoMore() {
    if (state == SharedState.LEADING) {
      state = SharedState.FOLLOWING;
    }
  }

  /** The log lacks what PostgreSQL was told to forget. */
  Refusal lost(Lsn end, Lsn confirmed) {
    state = SharedState.JOURNAL_LOST;
    detail =
        "%s ends at %s, but slot %s is confirmed to %s: what lies between is lost"
            .formatted(log.name(), end, slot.name(), confirmed);
    return new Refusal(CloseReason.POSITION_LOST, detail);
  }

  /** The log has what this PostgreSQL never had. */
  Refusal diverged(Lsn end) {
    state = SharedState.DIVERGED;
    detail =
        "%s ends at %s, which is not in this PostgreSQL's history: it was restored, or promoted too early"
            .formatted(log.name(), end);
    return new Refusal(CloseReason.DIVERGED, detail);
  }

  /**
   * An operator goes on without what the log has lost. Readers that miss it are told.
   *
   * @return false if nothing is lost as far as this server knows
   */
  public boolean acceptGap() {
    if (state != SharedState.JOURNAL_LOST && state != SharedState.DIVERGED) {
      return false;
    }
    LOG.log(INFO, "An operator accepts that " + detail);
    gapAccepted.set(true);
    leadership.lookNow();
    return true;
  }

  boolean isGapAccepted() {
    return gapAccepted.get();
  }

  boolean takeGapAccepted() {
    return gapAccepted.getAndSet(false);
  }

  /** What this server's leader does, while it leads or tries to. */
  public Optional<Leadership.Run> leading() {
    return leadership.running();
  }

  /** As operators see it. */
  public SharedReport report() {
    return new SharedReport(
        state,
        detail,
        log.name(),
        state == SharedState.LEADING ? Optional.of(Long.toHexString(term)) : Optional.empty(),
        written,
        leadership.durable(),
        isNear,
        log.warnings());
  }

  /** The log goes back to there, as far as this server has looked. */
  void goesBackTo(Lsn position) {
    oldest = position;
  }

  @Override
  public boolean covers(Lsn after) {
    return !oldest.isAfter(after);
  }

  @Override
  public MessageScan scan(Lsn after, Lsn until) throws IOException {
    try {
      return new LogScan(log, after, until, heap().share());
    } catch (LogException e) {
      if (e.kind() == LogException.Kind.REMOVED) {
        oldest = NOWHERE; // until it is looked at again
      }
      throw e;
    }
  }

  SharedLog log() {
    return log;
  }

  Asked asked() {
    return asked;
  }

  String slotName() {
    return slot.name().value();
  }

  String node() {
    return services.settings().node();
  }

  Duration hold() {
    return services.settings().hold();
  }

  HeapBudget heap() {
    return services.database().heap();
  }
}
