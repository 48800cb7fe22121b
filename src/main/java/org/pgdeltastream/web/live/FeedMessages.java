package org.pgdeltastream.web.live;

import jakarta.json.Json;
import jakarta.json.JsonObjectBuilder;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import org.pgdeltastream.change.Problem;
import org.pgdeltastream.change.ProblemException;
import org.pgdeltastream.delivery.CloseReason;
import org.pgdeltastream.feed.FeedSubscriber;
import org.pgdeltastream.feed.log.FeedPosition;
import org.pgdeltastream.web.http.ErrorBody;
import org.pgdeltastream.web.http.Errors;
import org.pgdeltastream.web.socket.CloseCodes;

/** What a feed says beside changes, as JSON. */
final class FeedMessages {
  private static final int LEAST_RETRY_MILLIS = 2000;
  private static final int MOST_RETRY_MILLIS = 5000;

  private FeedMessages() {}

  /** Begins to serve a websocket's client. */
  static void hello(FeedSubscriber one, String feed, FeedPosition start, FeedPosition oldest) {
    one.say(one.framing().notice("hello", hello(feed, start, oldest)));
  }

  /** Ends a websocket whose client asks for what is not there. */
  static void refetch(FeedSubscriber one, String reason, FeedPosition oldest, FeedPosition newest) {
    one.say(one.framing().notice("must-refetch", mustRefetch(reason, oldest, newest)));
    one.end(CloseReason.POSITION_LOST, notThere(reason));
  }

  /** Begins to serve a websocket's client with rows. */
  static void withRows(
      FeedSubscriber one, String feed, Optional<String> refetch, FeedPosition oldest) {
    one.say(one.framing().notice("hello", helloWithRows(feed, oldest)));
    refetch.ifPresent(
        reason -> one.say(one.framing().notice("must-refetch", mustRefetch(reason, oldest))));
  }

  static String notThere(String reason) {
    return "position not in the feed: " + reason;
  }

  static String hello(String feed, FeedPosition start, FeedPosition oldest) {
    JsonObjectBuilder hello = Json.createObjectBuilder().add("feed", feed);
    start.stamp().ifPresent(stamp -> hello.add("token", stamp.toString()));
    hello.add("start", start.lsn().toString()).add("oldest", oldest.lsn().toString());
    return Json.createObjectBuilder().add("hello", hello).build().toString();
  }

  /** Without a start: there is no position to go on from before the rows have ended. */
  static String helloWithRows(String feed, FeedPosition oldest) {
    JsonObjectBuilder hello = Json.createObjectBuilder().add("feed", feed);
    oldest.stamp().ifPresent(stamp -> hello.add("token", stamp.toString()));
    hello.add("oldest", oldest.lsn().toString());
    return Json.createObjectBuilder().add("hello", hello).build().toString();
  }

  /** Where rows follow. */
  static String mustRefetch(String reason, FeedPosition oldest) {
    return Json.createObjectBuilder()
        .add(
            "must-refetch",
            Json.createObjectBuilder().add("reason", reason).add("oldest", oldest.toString()))
        .build()
        .toString();
  }

  static String mustRefetch(String reason, FeedPosition oldest, FeedPosition newest) {
    return Json.createObjectBuilder()
        .add(
            "must-refetch",
            Json.createObjectBuilder()
                .add("reason", reason)
                .add("oldest", oldest.toString())
                .add("position", newest.toString()))
        .build()
        .toString();
  }

  /** The answer to a pull whose position cannot be served: an error, and where to go on. */
  static byte[] refetchError(String reason, FeedPosition oldest, FeedPosition newest) {
    return Json.createObjectBuilder()
        .add("error", "The position is not in the feed: " + reason)
        .add("code", "must_refetch")
        .add("retry", false)
        .add("hint", "Read the rows again, then go on from position")
        .add("reason", reason)
        .add("oldest", oldest.toString())
        .add("position", newest.toString())
        .build()
        .toString()
        .getBytes(StandardCharsets.UTF_8);
  }

  /** The answer to a pull that ends before its first message. */
  static ErrorBody pullError(CloseReason reason, String detail) {
    if (reason == CloseReason.SLOT_NOT_FOUND) {
      return Errors.of(new ProblemException(Problem.FEED_NOT_FOUND, detail, "Make it again"));
    }
    if (reason == CloseReason.IDENTITY_INSUFFICIENT) {
      return Errors.of(
          new ProblemException(
              Problem.IDENTITY_INSUFFICIENT, "The log does not say what the filter needs", detail));
    }
    if (reason == CloseReason.FORBIDDEN) {
      return Errors.of(
          new ProblemException(
              Problem.FORBIDDEN, detail, "Ask for less, or ask the operator for that right"));
    }
    if (reason == CloseReason.BLOCKED_BY_UNACKNOWLEDGED_COMMIT) {
      return Errors.of(
          new ProblemException(
              Problem.BLOCKED_BY_UNACKNOWLEDGED_COMMIT, detail, "See to that standby"));
    }
    if (reason == CloseReason.TOKEN_EXPIRED) {
      return Errors.of(
          new ProblemException(Problem.UNAUTHORIZED, "The token has expired", "Send a new one"));
    }
    boolean again = CloseCodes.code(reason) < 4500;
    return Errors.of(
        new ProblemException(
            again ? Problem.UPSTREAM_UNAVAILABLE : Problem.UPSTREAM_CONFIG,
            CloseCodes.text(reason, detail),
            again ? "Try again" : "See GET /v1/feeds"));
  }

  /** Why an event stream ends: what a close frame says on a websocket. */
  static String bye(CloseReason reason, String detail) {
    return Json.createObjectBuilder()
        .add("code", CloseCodes.code(reason))
        .add("reason", CloseCodes.name(reason))
        .add("detail", detail)
        .build()
        .toString();
  }

  /** Random, so that not all come back in one second after a restart. */
  static int retryMillis() {
    return ThreadLocalRandom.current().nextInt(LEAST_RETRY_MILLIS, MOST_RETRY_MILLIS);
  }
}
