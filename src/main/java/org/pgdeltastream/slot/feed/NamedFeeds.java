package org.pgdeltastream.slot.feed;

import static java.lang.System.Logger.Level.DEBUG;
import static java.lang.System.Logger.Level.WARNING;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.pgdeltastream.change.ProblemException;
import org.pgdeltastream.slot.database.Settings;

/** The feeds that the settings name, which are made as soon as PostgreSQL is there. */
final class NamedFeeds {
  private static final System.Logger LOG = System.getLogger(NamedFeeds.class.getName());

  private final Map<String, FeedDefinition> all = new LinkedHashMap<>();
  private final Map<FeedDefinition, String> due = new ConcurrentHashMap<>(); // why not yet
  private final AtomicBoolean starting = new AtomicBoolean();
  private final Executor threads;

  NamedFeeds(Settings settings, Executor threads) {
    this.threads = threads;
    for (String text : settings.ofFeeds().feeds()) {
      FeedDefinition definition =
          FeedDefinition.parse(text, (name, publications) -> usual(settings, name, publications));
      all.put(definition.name(), definition);
    }
    all.values().forEach(one -> due.put(one, "")); // of two with a name the last
  }

  /** With the window of the settings. */
  static FeedDefinition usual(Settings settings, String name, List<String> publications) {
    return new FeedDefinition(
        name,
        publications,
        settings.ofFeeds().feedWindowBytes(),
        settings.ofFeeds().feedWindowSeconds(),
        settings.ofFeeds().ofKafka().feedStorage());
  }

  FeedDefinition of(String name, FeedDefinition usual) {
    return all.getOrDefault(name, usual);
  }

  /** Makes those that are not made yet, in another thread. */
  void start(Consumer<FeedDefinition> maker) {
    if (due.isEmpty() || !starting.compareAndSet(false, true)) {
      return;
    }
    try {
      threads.execute(() -> makeDue(maker));
    } catch (RejectedExecutionException e) {
      starting.set(false); // the next time
    }
  }

  private void makeDue(Consumer<FeedDefinition> maker) {
    try {
      for (FeedDefinition one : List.copyOf(due.keySet())) {
        try {
          maker.accept(one);
          due.remove(one);
        } catch (ProblemException e) {
          String why = "Feed " + one.name() + ": " + e.getMessage() + ". " + e.hint();
          LOG.log(why.equals(due.put(one, why)) ? DEBUG : WARNING, why);
        }
      }
    } finally {
      starting.set(false);
    }
  }
}
