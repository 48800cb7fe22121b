package org.pgdeltastream.slot.shared;

import static java.lang.System.Logger.Level.ERROR;
import static java.lang.System.Logger.Level.WARNING;

import java.io.IOException;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.pgdeltastream.change.HeapBudget;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.delivery.CloseReason;
import org.pgdeltastream.delivery.StreamCounts;
import org.pgdeltastream.journal.MessageScan;
import org.pgdeltastream.journal.shared.LogException;
import org.pgdeltastream.journal.shared.LogScan;
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

  private final Asked asked;
  private final KnownSlot slot;
  private final SharedLog log;
  private final StreamServices services;
  private final Leadership leadership;
  private final CountDownLatch stopping = new CountDownLatch(1);
  private final FeedCondition condition = new FeedCondition();
  private volatile Optional<Ending> stop = Optional.empty();
  private volatile Lsn oldest = NOWHERE;
  private volatile boolean isStarted; // the leadership

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

  /** Leads from now on where nobody else does, if this server may. */
  public void start(Executor threads) {
    if (!services.settings().ofFeeds().ofKafka().lead()) {
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
      condition.cannotFollow(e.kind() == LogException.Kind.MISSING);
      return Ending.of(Leader.reason(e), String.valueOf(e.getMessage()));
    } catch (Refusal e) {
      return e.ending();
    } catch (SQLException e) {
      return Ending.of(CloseReason.UPSTREAM_LOST, "PostgreSQL does not answer");
    } catch (RuntimeException | Error e) { // the feed must go on
      LOG.log(ERROR, "The reader of " + log.name() + " failed", e);
      return Ending.of(CloseReason.INTERNAL, "internal error");
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

  FeedCondition condition() {
    return condition;
  }

  /**
   * An operator goes on without what the log has lost. Readers that miss it are told.
   *
   * @return false if nothing is lost as far as this server knows
   */
  public boolean acceptGap() {
    boolean isAccepted = condition.acceptGap();
    if (isAccepted) {
      leadership.lookNow();
    }
    return isAccepted;
  }

  /** What this server's leader does, while it leads or tries to. */
  public Optional<Leadership.Run> leading() {
    return leadership.running();
  }

  /** As operators see it. */
  public SharedReport report() {
    return condition.report(log, leadership.durable());
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
      return new LogScan(log, after, until, heap().share(), this::goesBackTo);
    } catch (LogException e) {
      if (e.kind() == LogException.Kind.REMOVED) {
        oldest = new Lsn(after.value() + 1); // until it is looked at again
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
