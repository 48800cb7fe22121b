package org.pgdeltastream.slot.admission;

import static java.lang.System.Logger.Level.DEBUG;

import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.pgdeltastream.delivery.CloseReason;
import org.pgdeltastream.feed.FeedSubscriber;
import org.pgdeltastream.feed.ViewOptions;
import org.pgdeltastream.rights.Bearer;
import org.pgdeltastream.rights.Rights;
import org.pgdeltastream.rights.Standing;

/** Those who follow feeds with rights of their own. For any thread. */
public final class Bearers {
  private static final System.Logger LOG = System.getLogger(Bearers.class.getName());

  /** What a bearer is shown where it has asked for something. */
  public interface Sight {
    /** Throws ProblemException if it is shown nothing of it. */
    ViewOptions of(Bearer bearer);
  }

  private final Standing standing;
  private final Executor threads;
  private final Map<FeedSubscriber, Watched> all = new ConcurrentHashMap<>();
  private final AtomicBoolean looking = new AtomicBoolean();
  private final Consumer<Rights> whenOther;
  private volatile @Nullable Rights seen; // null: they are to be looked at

  /**
   * Of nobody yet.
   *
   * @param threads for what may wait for PostgreSQL
   * @param whenOther told the rights when they, or the feeds that they are of, have changed
   */
  public Bearers(Standing standing, Executor threads, Consumer<Rights> whenOther) {
    this.standing = standing;
    this.threads = threads;
    this.whenOther = whenOther;
  }

  /** The roles, as they are now. */
  public Rights rights() {
    return standing.rights().get();
  }

  /** From now on the subscriber ends with its bearer's token, or when that may see other things. */
  public void enter(FeedSubscriber subscriber, Bearer bearer, Sight sight) {
    Watched watched = new Watched(subscriber, bearer, sight);
    all.put(subscriber, watched);
    if (subscriber.isOver()) {
      all.remove(subscriber);
    }
    watched.look(rights()); // they may have changed since the call began
  }

  public void leave(FeedSubscriber subscriber) {
    all.remove(subscriber);
  }

  /**
   * Its client has shown another token. May wait for PostgreSQL.
   *
   * @param bearer empty: an operator's token, which does not end
   */
  public void renew(FeedSubscriber subscriber, Optional<Bearer> bearer) {
    Watched watched = all.get(subscriber);
    if (watched != null && bearer.isPresent()) {
      watched.renew(bearer.get());
      watched.look(rights());
    } else if (watched != null || bearer.isPresent()) {
      subscriber.end(CloseReason.RIGHTS_CHANGED, Watched.ANOTHER);
    } else {
      Watched.tell(subscriber, "{\"token\":{}}");
    }
  }

  /** There are other feeds. */
  public void look() {
    seen = null;
  }

  /** For a regular check: never waits. */
  public void check() {
    Instant now = Instant.now();
    all.values().forEach(one -> one.check(now, standing.revoked()));
    if (!rights().equals(seen) && looking.compareAndSet(false, true)) {
      try {
        threads.execute(this::lookAgain);
      } catch (RejectedExecutionException e) { // the next time
        looking.set(false);
        LOG.log(DEBUG, "No thread to look at changed rights");
      }
    }
  }

  private void lookAgain() {
    Rights now = rights();
    seen = now; // first: they, or the feeds, may change meanwhile
    boolean areAllSeen = true;
    try {
      for (Watched one : all.values()) {
        areAllSeen &= one.look(now);
      }
      whenOther.accept(now);
    } finally {
      if (!areAllSeen) {
        seen = null; // again, soon
      }
      looking.set(false);
    }
  }
}
