package org.pgdeltastream.bench;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import org.pgdeltastream.support.Program;
import org.pgdeltastream.support.TestDatabase;

/**
 * Sends the same messages to many websockets, by a feed of ours and by nchan, in turn, and prints
 * for each load how many were delivered, what processor time of the server one took, and how late
 * they came. With a feed PostgreSQL writes: a row of a transaction is a message of some 200 bytes.
 * Nchan gets them by POST. Arguments: seconds for each, loads as clients x messages a second (with
 * {@code /n} after it, n of the clients read nothing).
 */
public final class FeedBenchmark {
  private static final Duration OPENING = Duration.ofMinutes(3);

  private final TestDatabase database;
  private final Program ours;
  private final Optional<Nchan> nchan;
  private final int seconds;

  private interface Publisher {
    void publish(String time) throws Exception;
  }

  private FeedBenchmark(TestDatabase database, Program ours, Optional<Nchan> nchan, int seconds) {
    this.database = database;
    this.ours = ours;
    this.nchan = nchan;
    this.seconds = seconds;
  }

  public static void main(String[] arguments) throws Exception {
    Path directory = Files.createDirectories(Path.of("target", "bench"));
    Map<String, String> settings = Map.of("autovacuum", "off", "jit", "off");
    try (TestDatabase database = TestDatabase.system(settings)) {
      database.execute("create table m (p text)");
      database.execute("create publication p for table m");
      try (Program ours =
          Program.start(
              database,
              database.port(),
              System.getProperty("bench.heap", "512m"),
              directory,
              "-Dpgdelta.feeds=bench=p",
              "-Dpgdelta.subscribers=20000",
              "-Dpgdelta.subscribers-per-address=20000")) {
        Optional<Nchan> nchan = Nchan.start(directory);
        if (nchan.isEmpty()) {
          System.out.println("Without nchan: " + Nchan.ADVICE);
        }
        System.out.println(
            "| load | who | delivered/s | µs CPU each | p50 ms | p99 ms | MB |\n"
                + "| --- | --- | --- | --- | --- | --- | --- |");
        try {
          FeedBenchmark benchmark =
              new FeedBenchmark(database, ours, nchan, Integer.parseInt(arguments[0]));
          for (String load : arguments[1].split(",", -1)) {
            benchmark.measure(load);
          }
        } finally {
          if (nchan.isPresent()) {
            nchan.get().close();
          }
        }
      }
    }
  }

  private void measure(String load) throws Exception {
    String[] parts = load.split("[x/]", -1);
    int clients = Integer.parseInt(parts[0]);
    int rate = Integer.parseInt(parts[1]);
    int stalled = parts.length > 2 ? Integer.parseInt(parts[2]) : 0;
    int port = URI.create(ours.streamUrl("x")).getPort();
    try (Connection connection = database.connect();
        PreparedStatement insert = connection.prepareStatement("insert into m values (?)")) {
      Publisher rows =
          time -> {
            insert.setString(1, "t=" + time + "x".repeat(20));
            insert.execute();
          };
      run(load, "feed", ours.pid(), port, "/v1/feeds/bench/stream", clients, rate, stalled, rows);
    }
    if (nchan.isPresent()) {
      Nchan other = nchan.get();
      String like =
          "{\"nextlsn\":\"0/19A5BC8\",\"change\":[{\"kind\":\"insert\",\"schema\":\"public\",\"table\":\"m\","
              + "\"columnnames\":[\"p\"],\"columntypes\":[\"text\"],\"columnvalues\":[\"t=%sxxxxxxxxxxxxxxxxxxxx\"]}]}";
      run(
          load,
          "nchan",
          other.pid(),
          other.port(),
          "/follow",
          clients,
          rate,
          stalled,
          time -> other.publish(like.formatted(time)));
    }
  }

  private void run(
      String load,
      String who,
      long pid,
      int port,
      String path,
      int clients,
      int rate,
      int stalled,
      Publisher publisher)
      throws Exception {
    Latencies latencies = new Latencies();
    try (Followers followers = new Followers(port, path, latencies)) {
      followers.open(clients, clients - stalled, OPENING);
      publish(publisher, rate, 2); // warms up
      settle(followers);
      long before = followers.messages();
      double cpu = ProcessMeter.seconds(pid);
      long start = System.nanoTime();
      int published = publish(publisher, rate, seconds);
      double took = (System.nanoTime() - start) / 1e9;
      double within = followers.messages() - before;
      settle(followers);
      long delivered = followers.messages() - before;
      double used = ProcessMeter.seconds(pid) - cpu;
      System.out.printf(
          Locale.ROOT,
          "| %s | %s | %.0f (%d published/s, %.1f %% arrived) | %.2f | %.1f | %.1f | %d |%n",
          load,
          who,
          within / took,
          (long) (published / took),
          100.0 * delivered / ((double) published * (clients - stalled)),
          used * 1e6 / delivered,
          latencies.percentile(50) / 1000.0,
          latencies.percentile(99) / 1000.0,
          ProcessMeter.peakMegabytes(pid));
      followers
          .failure()
          .ifPresent(why -> System.out.println("(some connections were closed: " + why + ")"));
    }
  }

  /** At an even rate; returns how many. */
  private static int publish(Publisher publisher, int rate, int seconds) throws Exception {
    long start = System.nanoTime();
    int count = rate * seconds;
    int done = 0;
    while (done < count && System.nanoTime() - start < seconds * 1_000_000_000L) {
      long due = start + done * 1_000_000_000L / rate;
      while (System.nanoTime() < due) {
        LockSupport.parkNanos(due - System.nanoTime());
      }
      publisher.publish(
          String.format("%016d", ChronoUnit.MICROS.between(Instant.EPOCH, Instant.now())));
      done++;
    }
    return done;
  }

  /** Until nothing comes for half a second. */
  private static void settle(Followers followers) throws IOException {
    long deadline = System.nanoTime() + 30_000_000_000L;
    long last = -1;
    for (long now = followers.messages(); now != last; now = followers.messages()) {
      if (System.nanoTime() > deadline) {
        throw new IOException("messages still come");
      }
      last = now;
      LockSupport.parkNanos(500_000_000);
    }
  }
}
