package org.pgdeltastream.slot.feed;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.pgdeltastream.change.Problem;
import org.pgdeltastream.change.ProblemException;
import org.pgdeltastream.feed.ViewOptions;
import org.pgdeltastream.slot.database.FeedSettings;

/**
 * How many subscribers there are, and how quickly more may come: after a restart all come at once,
 * and each handshake costs. For any thread.
 */
final class Admission {
  private static final int EACH_SECOND = 500 * Runtime.getRuntime().availableProcessors();
  private static final long SECOND_NANOS = 1_000_000_000;

  private final FeedSettings settings;
  private final Map<String, Integer> perAddress = new HashMap<>(); // in the monitor, as is all
  private final Map<String, Integer> perToken = new HashMap<>();
  private int all;
  private double tokens = EACH_SECOND;
  private long filledAt = System.nanoTime();

  Admission(FeedSettings settings) {
    this.settings = settings;
  }

  /** Throws ProblemException SUBSCRIBERS_EXHAUSTED if no more may come now. */
  synchronized void check(FollowRequest.Caller caller) {
    checkRoom(caller);
    fill(System.nanoTime());
    if (tokens < 1) {
      throw new ProblemException(
          Problem.SUBSCRIBERS_EXHAUSTED,
          "More than " + EACH_SECOND + " subscribers came within a second",
          "Try again in a moment");
    }
    tokens--;
  }

  private void checkRoom(FollowRequest.Caller caller) {
    if (all >= settings.subscribers()) {
      throw full("This server has " + settings.subscribers() + " subscribers", "subscribers");
    }
    if (perAddress.getOrDefault(caller.address(), 0) >= settings.subscribersPerAddress()) {
      throw full(
          "Your address has " + settings.subscribersPerAddress() + " subscribers",
          "subscribers-per-address");
    }
    if (!caller.token().isEmpty()
        && perToken.getOrDefault(caller.token(), 0) >= settings.subscribersPerToken()) {
      throw full(
          "Your token has " + settings.subscribersPerToken() + " subscribers",
          "subscribers-per-token");
    }
  }

  private void fill(long now) {
    tokens = Math.min(EACH_SECOND, tokens + (double) (now - filledAt) * EACH_SECOND / SECOND_NANOS);
    filledAt = now;
  }

  /** The same where a feed has no room for another selection. */
  void checkViews(Feed feed, ViewOptions view) {
    if (!feed.hasRoom(view)) {
      throw full(feed + " is followed with " + settings.feedViews() + " selections", "feed-views");
    }
  }

  private static ProblemException full(String what, String setting) {
    return new ProblemException(
        Problem.SUBSCRIBERS_EXHAUSTED, what, "Try again later, or raise pgdelta." + setting);
  }

  /** The same, for good: others may have come since the check. */
  synchronized void enter(FollowRequest.Caller caller) {
    checkRoom(caller);
    all++;
    perAddress.merge(caller.address(), 1, Integer::sum);
    perToken.merge(caller.token(), 1, Integer::sum);
  }

  synchronized void leave(FollowRequest.Caller caller) {
    all--;
    perAddress.computeIfPresent(caller.address(), Admission::less);
    perToken.computeIfPresent(caller.token(), Admission::less);
  }

  private static @Nullable Integer less(String any, int count) {
    return count == 1 ? null : count - 1;
  }
}
