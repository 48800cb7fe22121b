package org.pgdeltastream.slot.feed;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import org.pgdeltastream.feed.Writer;
import org.pgdeltastream.slot.database.Settings;

/** The writers to all subscribers of this server: one thread for each processor. */
final class Writers {
  private static final Duration PING = Duration.ofSeconds(15);

  private final Settings settings;
  private final Executor threads;
  private final List<Writer> all = new CopyOnWriteArrayList<>();
  private final AtomicInteger turn = new AtomicInteger();

  Writers(Settings settings, Executor threads) {
    this.settings = settings;
    this.threads = threads;
  }

  /** Starts those that do not run yet; one caller at a time. */
  void start() {
    while (all.size() < Runtime.getRuntime().availableProcessors()) {
      Writer writer = new Writer(settings.sendTimeout(), PING, settings.pongTimeout());
      threads.execute(writer);
      all.add(writer);
    }
  }

  void wake() {
    all.forEach(Writer::wake);
  }

  /** Each in turn. */
  Writer next() {
    return all.get(Math.floorMod(turn.getAndIncrement(), all.size()));
  }

  void stop() {
    all.forEach(Writer::stop);
  }
}
