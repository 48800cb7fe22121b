package org.pgdeltastream.slot.admission;

import java.util.HashMap;
import java.util.Map;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.pgdeltastream.change.Problem;
import org.pgdeltastream.change.ProblemException;
import org.pgdeltastream.feed.ViewOptions;
import org.pgdeltastream.slot.database.FeedSettings;

/**
 * How many subscribers there are, and how quickly more may come: after a restart all come at once,
 * and each handshake costs. For any thread.
 */
public final class Admission {
  private static final int EACH_SECOND = 500 * Runtime.getRuntime().availableProcessors();
  private static final long SECOND_NANOS = 1_000_000_000;

  private final FeedSettings settings;
  private final Map<String, Integer> perAddress = new HashMap<>(); // in the monitor, as is all
  private final Map<String, Map<ViewOptions, Integer>> perKey = new HashMap<>();
  private int all;
  private double tokens = EACH_SECOND;
  private long filledAt = System.nanoTime();

  public Admission(FeedSettings settings) {
    this.settings = settings;
  }

  /** Throws ProblemException SUBSCRIBERS_EXHAUSTED if no more may come now. */
  public synchronized void check(Caller caller) {
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

  private void checkRoom(Caller caller) {
    if (all >= settings.subscribers()) {
      throw full("This server has " + settings.subscribers() + " subscribers", "subscribers");
    }
    if (perAddress.getOrDefault(caller.address(), 0) >= settings.subscribersPerAddress()) {
      throw full(
          "Your address has " + settings.subscribersPerAddress() + " subscribers",
          "subscribers-per-address");
    }
    if (caller.key().isEmpty()) {
      return;
    }
    int count = views(caller).values().stream().mapToInt(Integer::intValue).sum();
    if (count >= settings.subscribersPerToken()) {
      throw full(
          "Your token has " + settings.subscribersPerToken() + " subscribers",
          "subscribers-per-token");
    }
    if (count >= caller.limits().connections()) {
      throw used("follow feeds with " + caller.limits().connections() + " connections");
    }
  }

  private Map<ViewOptions, Integer> views(Caller caller) {
    return perKey.getOrDefault(caller.key(), Map.of());
  }

  private synchronized void checkView(Caller caller, ViewOptions view) {
    Map<ViewOptions, Integer> here = views(caller);
    if (!here.containsKey(view) && here.size() >= caller.limits().views()) {
      throw used("follow " + caller.limits().views() + " different selections");
    }
  }

  private static ProblemException used(String what) {
    return new ProblemException(
        Problem.SUBSCRIBERS_EXHAUSTED,
        "Your role may " + what + " at the same time",
        "Close another connection first");
  }

  private void fill(long now) {
    tokens = Math.min(EACH_SECOND, tokens + (double) (now - filledAt) * EACH_SECOND / SECOND_NANOS);
    filledAt = now;
  }

  /** The same where a feed, or the caller, has no room for another selection. */
  public void checkView(
      Caller caller, String feed, ViewOptions view, Predicate<ViewOptions> hasRoom) {
    checkView(caller, view);
    if (!hasRoom.test(view)) {
      throw full(feed + " is followed with " + settings.feedViews() + " selections", "feed-views");
    }
  }

  private static ProblemException full(String what, String setting) {
    return new ProblemException(
        Problem.SUBSCRIBERS_EXHAUSTED, what, "Try again later, or raise pgdelta." + setting);
  }

  /** The same, for good: others may have come since the check. */
  public synchronized void enter(Caller caller, ViewOptions view) {
    checkRoom(caller);
    checkView(caller, view);
    all++;
    perAddress.merge(caller.address(), 1, Integer::sum);
    perKey.computeIfAbsent(caller.key(), any -> new HashMap<>()).merge(view, 1, Integer::sum);
  }

  public synchronized void leave(Caller caller, ViewOptions view) {
    all--;
    perAddress.computeIfPresent(caller.address(), Admission::less);
    perKey.computeIfPresent(
        caller.key(),
        (any, views) -> {
          views.computeIfPresent(view, Admission::less);
          return views.isEmpty() ? null : views;
        });
  }

  private static @Nullable Integer less(Object any, int count) {
    return count == 1 ? null : count - 1;
  }
}
