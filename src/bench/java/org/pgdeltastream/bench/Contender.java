package org.pgdeltastream.bench;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * A server that sends messages to its clients.
 *
 * @param path where clients follow
 * @param isJava whether its heap can be asked for
 */
record Contender(
    String name, long pid, int port, String path, boolean isJava, Publisher publisher) {

  /** Has a text sent to all clients, as a value of a row. */
  @FunctionalInterface
  interface Publisher {
    void publish(String text) throws Exception;
  }

  /** Publishes the time of the writing, at an even rate; returns how many times. */
  int publish(int rate, int seconds) throws Exception {
    long start = System.nanoTime();
    int count = rate * seconds;
    int done = 0;
    while (done < count && System.nanoTime() - start < TimeUnit.SECONDS.toNanos(seconds)) {
      long due = start + done * 1_000_000_000L / rate;
      while (System.nanoTime() < due) {
        LockSupport.parkNanos(due - System.nanoTime());
      }
      publisher.publish("t=%016d%s".formatted(Latencies.now(), "x".repeat(20)));
      done++;
    }
    return done;
  }

  /** Publishes so many bytes, in messages of 4 KB. */
  void fill(int kilobytes) throws Exception {
    for (int i = 0; i < kilobytes; i += 4) {
      publisher.publish("x".repeat(4096));
    }
  }
}
