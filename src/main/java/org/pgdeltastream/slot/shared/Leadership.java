package org.pgdeltastream.slot.shared;

import static java.lang.System.Logger.Level.DEBUG;
import static java.lang.System.Logger.Level.ERROR;
import static java.lang.System.Logger.Level.INFO;
import static java.lang.System.Logger.Level.WARNING;

import java.sql.SQLException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.delivery.CloseReason;
import org.pgdeltastream.delivery.StreamCounts;
import org.pgdeltastream.journal.shared.LogException;
import org.pgdeltastream.replication.SlotHolder;
import org.pgdeltastream.replication.connection.OpenSockets;
import org.pgdeltastream.slot.upstream.Ending;
import org.pgdeltastream.slot.upstream.KnownSlot;
import org.pgdeltastream.slot.upstream.StreamLife;
import org.pgdeltastream.slot.upstream.StreamServices;
import org.pgdeltastream.slot.upstream.Upstream;

/**
 * Leads a shared feed where nobody else does. Who streams the slot leads: there is no other
 * election. One that gives PostgreSQL no sign of life loses the slot to the next.
 */
public final class Leadership implements Runnable {
  private static final System.Logger LOG = System.getLogger(Leadership.class.getName());
  private static final Duration LOOK = Duration.ofMillis(400);
  private static final int JITTER_MILLIS = 200;
  private static final Duration REST = Duration.ofSeconds(2); // after a lead: others may be better
  private static final Duration LOST = Duration.ofSeconds(30);
  private static final Duration END = Duration.ofSeconds(5);
  private static final Duration SILENT = Duration.ofSeconds(10);

  private final SharedFeed feed;
  private final KnownSlot slot;
  private final StreamServices services;
  private final StreamCounts counts;
  private final CountDownLatch over = new CountDownLatch(1);
  private final Semaphore wake = new Semaphore(0);
  private volatile @Nullable Run running;
  private volatile @Nullable Leader leader; // the last one

  /** The reader of the slot while it runs, for those who check it. */
  public record Run(StreamLife life, Upstream upstream, BooleanSupplier isOnStandby) {}

  private enum Chance {
    FREE,
    /** Its reader gives no sign of life. */
    SILENT,
    NONE
  }

  Leadership(SharedFeed feed, KnownSlot slot, StreamServices services, StreamCounts counts) {
    this.feed = feed;
    this.slot = slot;
    this.services = services;
    this.counts = counts;
  }

  @Override
  public void run() {
    try {
      while (feed.stopping().isEmpty()) {
        Duration pause = LOOK;
        Chance chance = feed.condition().mayLead() ? chance() : Chance.NONE;
        if (chance != Chance.NONE) {
          pause = pauseAfter(leadOnce(chance == Chance.SILENT));
        }
        rest(pause);
      }
    } finally {
      over.countDown();
    }
  }

  /** Waits for the end of {@link #run}; at most for some seconds. */
  void awaitEnd() {
    try {
      if (!over.await(END.toMillis(), TimeUnit.MILLISECONDS)) {
        LOG.log(WARNING, "The leader of " + feed.log().name() + " takes long to end");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private Chance chance() {
    try {
      Optional<SlotHolder> holder = services.database().slots().holder(slot.name());
      if (holder.isEmpty() || isOurs(holder.get())) {
        return Chance.FREE;
      }
      boolean isSilent = holder.get().silence().compareTo(SILENT) > 0;
      return isSilent ? Chance.SILENT : Chance.NONE;
    } catch (SQLException | RuntimeException e) {
      LOG.log(DEBUG, "Who reads slot " + slot.name() + " is not known", e);
      return Chance.NONE;
    }
  }

  /** Of this server's last lead: it ends soon. */
  private boolean isOurs(SlotHolder holder) {
    return holder.applicationName().equals("pgdeltastream/" + services.settings().node());
  }

  private Ending leadOnce(boolean takesOver) {
    OpenSockets sockets = new OpenSockets();
    StreamLife life = new StreamLife();
    Leader next = new Leader(feed, life, takesOver);
    leader = next;
    Upstream upstream = new Upstream(slot, next, life, services.within(sockets), sockets, counts);
    running = new Run(life, upstream, next::isOnStandby);
    feed.stopping().ifPresent(life::end);
    Ending why = Ending.of(CloseReason.INTERNAL, "internal error");
    try {
      makeWhereAccepted();
      why = upstream.run();
    } catch (LogException e) {
      why = Ending.of(Leader.reason(e), String.valueOf(e.getMessage()));
    } catch (Throwable e) { // an Error too: the next one may do better
      LOG.log(ERROR, "The leader of " + feed.log().name() + " failed", e);
    } finally {
      next.close(); // behind PostgreSQL's connection: the slot is free first
      feed.condition().leadsNoMore();
      running = null;
      life.end(why);
      life.ended();
    }
    LOG.log(INFO, "This server does not lead " + feed.log().name() + ": " + why.detail());
    return why;
  }

  private void makeWhereAccepted() throws LogException {
    if (feed.condition().isGapAccepted()) {
      feed.log().make();
    }
  }

  private static Duration pauseAfter(Ending why) {
    CloseReason reason = why.reason().orElse(CloseReason.INTERNAL);
    boolean isForOperators = reason == CloseReason.POSITION_LOST || reason == CloseReason.DIVERGED;
    return isForOperators ? LOST : REST;
  }

  private void rest(Duration pause) {
    try {
      long millis = pause.toMillis() + ThreadLocalRandom.current().nextInt(JITTER_MILLIS);
      if (wake.tryAcquire(millis, TimeUnit.MILLISECONDS)) {
        wake.drainPermits();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      feed.stop(Ending.of(CloseReason.SERVICE_RESTART, "the server stops"));
    }
  }

  void lookNow() {
    wake.release();
  }

  void stop(Ending why) {
    wake.release();
    Run present = running;
    if (present != null) {
      present.life().end(why);
      present.upstream().stop();
    }
  }

  Optional<Run> running() {
    return Optional.ofNullable(running);
  }

  /** Up to where PostgreSQL may forget, as this server's last lead says. */
  Lsn durable() {
    Leader last = leader;
    return last == null ? Lsn.NONE : last.flushPosition();
  }
}
