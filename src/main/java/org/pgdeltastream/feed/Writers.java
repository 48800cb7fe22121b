package org.pgdeltastream.feed;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;

/** The writers to all subscribers of this server: one thread for each processor. */
public final class Writers {
  private static final Duration PING = Duration.ofSeconds(15);

  private final Executor threads;
  private final Duration sendTimeout;
  private final Duration pong;
  private final List<Writer> all = new CopyOnWriteArrayList<>();
  private final AtomicInteger turn = new AtomicInteger();

  /**
   * None yet.
   *
   * @param sendTimeout after which a client that takes nothing is closed
   * @param pong how long a client may take to answer a ping
   */
  public Writers(Executor threads, Duration sendTimeout, Duration pong) {
    this.threads = threads;
    this.sendTimeout = sendTimeout;
    this.pong = pong;
  }

  /** Starts those that do not run yet; one caller at a time. */
  public void start() {
    while (all.size() < Runtime.getRuntime().availableProcessors()) {
      Writer writer = new Writer(sendTimeout, PING, pong);
      threads.execute(writer);
      all.add(writer);
    }
  }

  public void wake() {
    all.forEach(Writer::wake);
  }

  /** Each in turn. */
  public Writer next() {
    return all.get(Math.floorMod(turn.getAndIncrement(), all.size()));
  }

  public void stop() {
    for (Writer writer : all) { // no lambda: Payara loads no class while it undeploys
      writer.stop();
    }
  }
}
