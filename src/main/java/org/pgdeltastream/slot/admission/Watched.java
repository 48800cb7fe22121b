package org.pgdeltastream.slot.admission;

import java.time.Duration;
import java.time.Instant;
import org.pgdeltastream.change.ProblemException;
import org.pgdeltastream.delivery.CloseReason;
import org.pgdeltastream.feed.FeedSubscriber;
import org.pgdeltastream.feed.ViewOptions;
import org.pgdeltastream.feed.log.Framing;
import org.pgdeltastream.rights.Bearer;

/** A subscriber, and whose it is. */
final class Watched {
  private static final Duration NOTICE = Duration.ofSeconds(60);

  private final FeedSubscriber subscriber;
  private final Bearers.Sight sight;
  private volatile Bearer bearer;
  private volatile boolean isTold; // that its token ends

  Watched(FeedSubscriber subscriber, Bearer bearer, Bearers.Sight sight) {
    this.subscriber = subscriber;
    this.bearer = bearer;
    this.sight = sight;
  }

  Bearer bearer() {
    return bearer;
  }

  void end(CloseReason reason, String detail) {
    subscriber.end(reason, detail);
  }

  /** Ends it with its token; tells it before. */
  void check(Instant now) {
    Instant expires = bearer.identity().expires().orElse(Instant.MAX);
    if (!now.isBefore(expires)) {
      end(CloseReason.TOKEN_EXPIRED, "its token has expired");
    } else if (!isTold && expires.minus(NOTICE).isBefore(now)) {
      isTold = true;
      tell(expires);
    }
  }

  private void tell(Instant expires) {
    if (subscriber.framing() == Framing.WEBSOCKET || subscriber.framing() == Framing.TEXTS) {
      String json = "{\"token\":{\"expires\":\"" + expires + "\"}}";
      subscriber.say(subscriber.framing().notice("token", json));
    }
  }

  /** Goes on with another token, if that shows the same. */
  void renew(Bearer renewed) {
    if (!renewed.identity().isSameSubject(bearer.identity())) {
      end(CloseReason.RIGHTS_CHANGED, "the new token is another subject's");
    } else if (sees(renewed)) {
      bearer = renewed;
      isTold = false;
      renewed.identity().expires().ifPresent(this::tell);
    }
  }

  /** Its role may be another. */
  void look(Bearer present) {
    if (sees(present)) {
      bearer = present;
    }
  }

  /** Whether it sees the same; else it is ended. */
  private boolean sees(Bearer now) {
    if (now.hasSameRights(bearer)) {
      return true;
    }
    try {
      ViewOptions view = sight.of(now);
      if (view.equals(subscriber.view())) {
        return true;
      }
      end(CloseReason.RIGHTS_CHANGED, "its rights have changed");
    } catch (ProblemException e) {
      end(CloseReason.RIGHTS_CHANGED, "it has no right to this any more");
    }
    return false;
  }
}
