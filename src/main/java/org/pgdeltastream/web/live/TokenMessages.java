package org.pgdeltastream.web.live;

import java.time.Duration;
import java.util.Optional;
import java.util.function.Function;
import org.pgdeltastream.change.ProblemException;
import org.pgdeltastream.delivery.CloseReason;
import org.pgdeltastream.feed.FeedSubscriber;
import org.pgdeltastream.rights.Bearer;
import org.pgdeltastream.slot.feed.Feeds;
import org.pgdeltastream.web.http.BodyReader;
import org.pgdeltastream.web.http.JsonTree;

/**
 * What a client of a feed says on its websocket: {@code {"token":"…"}}, before its token ends. All
 * else means nothing: a subscriber's position is its own. For one thread at a time.
 */
final class TokenMessages {
  /** A token of eight KB, and what stands around it. */
  static final int MOST_BYTES = 8_448;

  private static final long PAUSE_NANOS = Duration.ofSeconds(1).toNanos();

  private final Feeds feeds;
  private final Function<String, Optional<Bearer>> verifier;
  private long readAt = System.nanoTime() - PAUSE_NANOS;

  TokenMessages(Feeds feeds, Function<String, Optional<Bearer>> verifier) {
    this.feeds = feeds;
    this.verifier = verifier;
  }

  void read(String message, FeedSubscriber from) {
    Optional<String> token = token(message);
    if (token.isEmpty()) {
      return;
    }
    long now = System.nanoTime();
    if (now - readAt < PAUSE_NANOS) { // each costs a signature
      from.end(CloseReason.LIMIT, "more than one token in a second");
      return;
    }
    readAt = now;
    try {
      feeds.bearers().renew(from, verifier.apply(token.get()));
    } catch (ProblemException e) {
      from.end(CloseReason.TOKEN_EXPIRED, "the new token is refused: " + e.getMessage());
    }
  }

  private static Optional<String> token(String message) {
    if (!message.contains("token")) {
      return Optional.empty();
    }
    try {
      return BodyReader.parse(message) instanceof JsonTree.Fields fields
              && fields.members().get("token") instanceof JsonTree.Text text
          ? Optional.of(text.value())
          : Optional.empty();
    } catch (ProblemException e) { // no JSON, or nested too deep
      return Optional.empty();
    }
  }
}
