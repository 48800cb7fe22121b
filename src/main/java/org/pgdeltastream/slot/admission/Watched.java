package org.pgdeltastream.slot.admission;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.function.Predicate;
import org.pgdeltastream.change.Problem;
import org.pgdeltastream.change.ProblemException;
import org.pgdeltastream.delivery.CloseReason;
import org.pgdeltastream.feed.FeedSubscriber;
import org.pgdeltastream.feed.log.Framing;
import org.pgdeltastream.rights.Bearer;
import org.pgdeltastream.rights.Identity;
import org.pgdeltastream.rights.Rights;
import org.pgdeltastream.rights.Role;
import org.pgdeltastream.rights.Standing;

/** A subscriber, and whose it is. */
final class Watched {
  static final String ANOTHER = "the new token is another subject's";
  private static final Duration NOTICE = Duration.ofSeconds(60);
  private static final long MOST_UNKNOWN_NANOS = Duration.ofSeconds(30).toNanos();

  private final FeedSubscriber subscriber;
  private final Bearers.Sight sight;
  private volatile Bearer bearer;
  private volatile boolean isTold; // that its token ends
  private long unknownSince; // in the monitor; 0: it is known

  Watched(FeedSubscriber subscriber, Bearer bearer, Bearers.Sight sight) {
    this.subscriber = subscriber;
    this.bearer = bearer;
    this.sight = sight;
  }

  void end(CloseReason reason, String detail) {
    subscriber.end(reason, detail);
  }

  /** Ends it with its token; tells it before. */
  void check(Instant now, Predicate<Identity> revoked) {
    Identity identity = bearer.identity();
    Instant expires = identity.expires().orElse(Instant.MAX);
    if (!now.isBefore(expires)) {
      end(CloseReason.TOKEN_EXPIRED, "its token has expired");
    } else if (revoked.test(identity)) {
      end(CloseReason.RIGHTS_CHANGED, "its token was revoked");
    } else if (!isTold && expires.minus(NOTICE).isBefore(now)) {
      isTold = true;
      tell(expires);
    }
  }

  private void tell(Instant expires) {
    tell(subscriber, "{\"token\":{\"expires\":\"" + expires + "\"}}");
  }

  static void tell(FeedSubscriber subscriber, String json) {
    if (subscriber.framing() == Framing.WEBSOCKET || subscriber.framing() == Framing.TEXTS) {
      subscriber.notice(subscriber.framing().notice("token", json));
    }
  }

  /** Goes on with another token, if that shows the same. */
  synchronized void renew(Bearer renewed) {
    if (!renewed.identity().isSameSubject(bearer.identity())) {
      end(CloseReason.RIGHTS_CHANGED, ANOTHER);
    } else if (sees(renewed)) {
      bearer = renewed;
      isTold = false;
      renewed.identity().expires().ifPresent(this::tell);
    }
  }

  /**
   * Its role may be another: it ends if that shows something else.
   *
   * @return false if that is not known yet, since PostgreSQL does not answer
   */
  synchronized boolean look(Rights now) {
    Optional<Role> role = Standing.role(now, bearer);
    if (role.isEmpty()) {
      end(CloseReason.RIGHTS_CHANGED, "its role is there no more");
      return true;
    }
    Bearer present = new Bearer(bearer.identity(), role.get());
    if (sees(present)) {
      bearer = present;
    }
    return subscriber.isToEnd() || bearer.equals(present);
  }

  /** Whether it sees the same; else it is ended, at once or if it is not known for long. */
  private boolean sees(Bearer now) {
    if (now.hasSameRights(bearer)) {
      return true;
    }
    try {
      if (sight.of(now).equals(subscriber.view())) {
        unknownSince = 0;
        return true;
      }
      end(CloseReason.RIGHTS_CHANGED, "its rights have changed");
    } catch (ProblemException e) {
      boolean mayChange =
          e.problem() == Problem.UPSTREAM_UNAVAILABLE || e.problem() == Problem.UPSTREAM_BUSY;
      if (!mayChange || isUnknownForLong()) {
        end(CloseReason.RIGHTS_CHANGED, "it has no right to this any more");
      }
    } catch (RuntimeException e) { // whatever it is: it must not see what it may not
      end(CloseReason.RIGHTS_CHANGED, "its rights cannot be decided");
    }
    return false;
  }

  private boolean isUnknownForLong() {
    long now = System.nanoTime();
    unknownSince = unknownSince == 0 ? now : unknownSince;
    return now - unknownSince > MOST_UNKNOWN_NANOS;
  }
}
