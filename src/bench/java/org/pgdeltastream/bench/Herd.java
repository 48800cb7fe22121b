package org.pgdeltastream.bench;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Many clients of a feed that come back by themselves, on one thread: a second after a break, and
 * when {@code Retry-After} says, each time up to half as long again.
 */
final class Herd implements AutoCloseable {
  static final int PAUSE_MILLIS = 1000;

  private static final int FIRST_A_SECOND = 400; // fewer than a server of one processor admits
  private static final int EACH_ADDRESS = 4000; // an address has too few ports for all
  private static final int LONGEST_FRAME = 256 * 1024;

  private final InetSocketAddress to;
  private final String path;
  private final Selector selector = Selector.open();
  private final List<HerdClient> clients;
  private final PriorityQueue<Attempt> attempts =
      new PriorityQueue<>(Comparator.comparingLong(Attempt::dueNanos));
  private final byte[] bytes = new byte[LONGEST_FRAME];
  private final Counts counts = new Counts();
  private volatile boolean over;
  private final Thread thread;

  private record Attempt(HerdClient client, long dueNanos) {}

  /** What all clients together have met. */
  static final class Counts {
    /** Answers 503. */
    final AtomicLong refused = new AtomicLong();

    /** Rows between two that came. */
    final AtomicLong lost = new AtomicLong();

    /** Rows at or below what the client had when it came back. */
    final AtomicLong twice = new AtomicLong();

    /** Rows that came after later ones, on one connection. */
    final AtomicLong disordered = new AtomicLong();

    private volatile @Nullable String failure;

    void failed(String why) {
      if (failure == null) {
        failure = why;
      }
    }

    /** What else went wrong first. */
    Optional<String> failure() {
      return Optional.ofNullable(failure);
    }
  }

  Herd(int count, int port, String path) throws IOException {
    this.to = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
    this.path = path;
    this.clients = IntStream.range(0, count).mapToObj(this::client).toList();
    long now = System.nanoTime();
    for (int i = 0; i < count; i++) {
      attempts.add(new Attempt(clients.get(i), now + i * 1_000_000_000L / FIRST_A_SECOND));
    }
    this.thread = new Thread(this::run, "herd");
    thread.setDaemon(true);
    thread.start();
  }

  /** Not the server's address: a client that connects to a port that is free could meet itself. */
  private HerdClient client(int number) {
    String address = "127.0.0." + (2 + number / EACH_ADDRESS);
    return new HerdClient(counts, new InetSocketAddress(address, 0));
  }

  private void run() {
    try {
      while (!over) {
        long now = System.nanoTime();
        for (Attempt next = attempts.peek();
            next != null && next.dueNanos - now <= 0;
            next = attempts.peek()) {
          attempts.remove();
          connect(next.client);
        }
        selector.select(5);
        for (SelectionKey key : selector.selectedKeys()) {
          serve(key);
        }
        selector.selectedKeys().clear();
      }
    } catch (IOException e) {
      counts.failed(e.toString());
    }
  }

  private void connect(HerdClient client) throws IOException {
    try {
      client.connect(selector, to);
    } catch (IOException e) {
      comeBack(client, PAUSE_MILLIS);
    }
  }

  private void serve(SelectionKey key) throws IOException {
    HerdClient client = (HerdClient) key.attachment();
    int later;
    try {
      if (key.isConnectable()) {
        client.ask(key, path);
        return;
      }
      later = client.read(bytes);
    } catch (IOException e) {
      later = PAUSE_MILLIS; // there is no server
    }
    if (later > 0) {
      comeBack(client, later);
    }
  }

  private void comeBack(HerdClient client, int millis) throws IOException {
    client.disconnect();
    long jittered = (long) millis + ThreadLocalRandom.current().nextInt(millis / 2);
    attempts.add(new Attempt(client, System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(jittered)));
  }

  /** Whether all are connected, and served. */
  boolean isBack() {
    return clients.stream().allMatch(HerdClient::isBack);
  }

  /** Whether all have the row of this number. */
  boolean has(long number) {
    return clients.stream().allMatch(client -> client.last() >= number);
  }

  /** How many rows up to this number have not come, at the end of what came. */
  long missing(long number) {
    return clients.stream().mapToLong(client -> Math.max(0, number - client.last())).sum();
  }

  Counts counts() {
    return counts;
  }

  @Override
  public void close() throws IOException {
    over = true;
    Tools.awaitEnd(thread);
    for (HerdClient client : clients) {
      client.disconnect();
    }
    selector.close();
  }
}
