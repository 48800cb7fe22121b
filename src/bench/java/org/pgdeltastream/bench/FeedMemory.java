package org.pgdeltastream.bench;

import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.locks.LockSupport;

/** What a client costs that gets next to nothing, and one that reads nothing. */
final class FeedMemory {
  static final String HEADING =
      """
      | load | who | heap KB each | RSS KB each | kernel KB each (most) | heap MB | RSS MB |
      | --- | --- | --- | --- | --- | --- | --- |""";

  private static final int FEW = 20; // messages, which an idle client has had
  private static final int STEP = 128; // KB between two looks at the sockets
  private static final int LEAST = 4 * STEP; // the clients' half of the kernel takes some too
  private static final int MOST = 32 * 1024; // KB
  private static final double SAME = 1.005;

  private FeedMemory() {}

  /** A server's memory, in KB. */
  private record Memory(long heap, long process) {
    static Memory of(Contender who) throws Exception {
      long heap = who.isJava() ? MemoryMeter.heap(who.pid()) : 0;
      return new Memory(heap, ProcessMeter.kilobytes(who.pid()));
    }
  }

  static String idle(Load load, Contender who) throws Exception {
    Memory before = Memory.of(who);
    try (Followers followers = open(load, who, 0)) {
      who.publish(FEW, 1);
      followers.settle();
      return line(load, who, before, MemoryMeter.sockets(who.port()));
    }
  }

  /** Publishes until the kernel takes no more for any of them. */
  static String stalled(Load load, Contender who) throws Exception {
    Memory before = Memory.of(who);
    try (Followers followers = open(load, who, load.clients())) {
      followers.stall();
      List<Long> sockets = List.of();
      long last = -1;
      int published = 0;
      for (long now = 0; published < LEAST || now > last * SAME; now = sum(sockets)) {
        if (published > MOST) {
          throw new IOException("the kernel still takes more");
        }
        last = now;
        who.fill(STEP);
        published += STEP;
        LockSupport.parkNanos(1_000_000_000);
        sockets = MemoryMeter.sockets(who.port());
      }
      return line(load, who, before, sockets);
    }
  }

  private static Followers open(Load load, Contender who, int stalling) throws Exception {
    Followers followers = new Followers(Followers.Transport.WEBSOCKET, who, stalling, time -> {});
    try {
      followers.open(load.clients(), FeedBenchmark.OPENING);
      return followers;
    } catch (IOException e) {
      followers.close();
      throw e;
    }
  }

  private static long sum(List<Long> sockets) {
    return sockets.stream().mapToLong(Long::longValue).sum();
  }

  private static String line(Load load, Contender who, Memory before, List<Long> sockets)
      throws Exception {
    if (sockets.size() < load.clients()) {
      throw new IOException(sockets.size() + " of " + load.clients() + " clients are connected");
    }
    Memory after = Memory.of(who);
    double clients = load.clients();
    String heapEach = String.format(Locale.ROOT, "%.1f", (after.heap - before.heap) / clients);
    return String.format(
        Locale.ROOT,
        "| %s | %s | %s | %.1f | %.1f (%.1f) | %s | %d |",
        load.text(),
        who.name(),
        who.isJava() ? heapEach : "–",
        (after.process - before.process) / clients,
        sum(sockets) / 1024.0 / sockets.size(),
        sockets.stream().mapToLong(Long::longValue).max().orElse(0) / 1024.0,
        who.isJava() ? "" + after.heap / 1024 : "–",
        after.process / 1024);
  }
}
