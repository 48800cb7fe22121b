package org.pgdeltastream.bench;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.pgdeltastream.support.TestDatabase;

/**
 * Sends the same messages to many clients, by a feed of ours and by nchan, in turn, and prints for
 * each load how many were delivered, what processor time of the server one took, how late they
 * came, and what memory the server had. With a feed PostgreSQL writes: a row of a transaction is a
 * message of some 200 bytes. Nchan gets them by POST. Arguments: seconds for each, and {@link
 * Load}s.
 */
public final class FeedBenchmark {
  static final Duration OPENING = Duration.ofMinutes(3);

  private static final int WARM_UP = 2; // seconds
  private static final int FULL = 256; // KB: more than our server's kernel takes for a client
  private static final String HEADING =
      """
      | load | who | delivered/s | µs CPU each | p50 ms | p99 ms | heap MB | RSS MB |
      | --- | --- | --- | --- | --- | --- | --- | --- |""";
  private static final String LIKE_OURS =
      "{\"nextlsn\":\"0/19A5BC8\",\"change\":[{\"kind\":\"insert\",\"schema\":\"public\",\"table\":\"m\","
          + "\"columnnames\":[\"p\"],\"columntypes\":[\"text\"],\"columnvalues\":[\"%s\"]}]}";

  private final TestDatabase database;
  private final FeedServer ours;
  private final Optional<Nchan> nchan;
  private final int seconds;
  private String heading = "";

  private FeedBenchmark(
      TestDatabase database, FeedServer ours, Optional<Nchan> nchan, int seconds) {
    this.database = database;
    this.ours = ours;
    this.nchan = nchan;
    this.seconds = seconds;
  }

  public static void main(String[] arguments) throws Exception {
    int seconds = Integer.parseInt(arguments[0]);
    List<Load> loads = Stream.of(arguments[1].split(",", -1)).map(Load::parse).toList();
    Path directory = Files.createDirectories(Path.of("target", "bench"));
    Map<String, String> settings = Map.of("autovacuum", "off", "jit", "off");
    try (TestDatabase database = TestDatabase.system(settings)) {
      database.execute("create table m (p text)");
      database.execute("create publication p for table m");
      boolean wanted = Boolean.parseBoolean(System.getProperty("bench.nchan", "true"));
      Optional<Nchan> nchan = wanted ? Nchan.start(directory) : Optional.empty();
      if (wanted && nchan.isEmpty()) {
        System.out.println("Without nchan: " + Nchan.ADVICE);
      }
      try (FeedServer ours = FeedServer.start(database, directory)) {
        FeedBenchmark benchmark = new FeedBenchmark(database, ours, nchan, seconds);
        for (Load load : loads) {
          benchmark.measure(load);
        }
      } finally {
        if (nchan.isPresent()) {
          nchan.get().close();
        }
      }
    }
  }

  private void measure(Load load) throws Exception {
    head(
        switch (load.kind()) {
          case WEBSOCKETS, EVENTS -> HEADING;
          case IDLE, STALLED -> FeedMemory.HEADING;
          case HERD -> HerdBenchmark.HEADING;
        });
    if (load.kind() == Load.Kind.HERD) {
      System.out.println(HerdBenchmark.measure(load, database, ours, seconds));
      return;
    }
    try (Connection connection = database.connect();
        PreparedStatement insert = connection.prepareStatement("insert into m values (?)")) {
      measure(
          load,
          new Contender(
              "feed",
              ours.pid(),
              ours.port(),
              ours.path(),
              true,
              text -> {
                insert.setString(1, text);
                insert.execute();
              }));
    }
    if (nchan.isPresent()) {
      Nchan other = nchan.get();
      measure(
          load,
          new Contender(
              "nchan",
              other.pid(),
              other.port(),
              "/follow",
              false,
              text -> other.publish(LIKE_OURS.formatted(text))));
    }
  }

  /** Where a table with other columns begins. */
  private void head(String wanted) {
    if (!heading.equals(wanted)) {
      System.out.println((heading.isEmpty() ? "" : "\n") + wanted);
      heading = wanted;
    }
  }

  private void measure(Load load, Contender who) throws Exception {
    switch (load.kind()) {
      case IDLE -> System.out.println(FeedMemory.idle(load, who));
      case STALLED -> System.out.println(FeedMemory.stalled(load, who));
      case EVENTS -> follow(Followers.Transport.EVENTS, load, who);
      case WEBSOCKETS -> follow(Followers.Transport.WEBSOCKET, load, who);
      case HERD -> throw new IllegalStateException("only ours comes back");
    }
  }

  private void follow(Followers.Transport transport, Load load, Contender who) throws Exception {
    Latencies latencies = new Latencies();
    ProcessMeter.forgetPeak(who.pid());
    try (Followers followers = new Followers(transport, who, load.stalled(), latencies)) {
      followers.open(load.clients(), OPENING);
      System.out.println(deliver(load, load.withoutStalled(), 0, who, followers, latencies));
      if (load.stalled() > 0) {
        double before = latencies.percentile(99);
        followers.stall();
        who.fill(FULL);
        followers.settle();
        String line = deliver(load, load.text(), load.stalled(), who, followers, latencies);
        System.out.println(line);
        System.out.printf(
            Locale.ROOT,
            "| %s | %s | | | | **%.2f x** | | |%n",
            "p99 with to without stalled",
            who.name(),
            latencies.percentile(99) / before);
      }
      followers
          .failure()
          .ifPresent(why -> System.out.println("(some connections were closed: " + why + ")"));
    }
  }

  private String deliver(
      Load load, String name, int stalled, Contender who, Followers followers, Latencies latencies)
      throws Exception {
    who.publish(load.rate(), WARM_UP);
    followers.settle();
    latencies.clear();
    long before = followers.messages();
    double cpu = ProcessMeter.seconds(who.pid());
    long start = System.nanoTime();
    int published = who.publish(load.rate(), seconds);
    double took = (System.nanoTime() - start) / 1e9;
    double within = followers.messages() - before;
    followers.settle();
    long delivered = followers.messages() - before;
    double used = ProcessMeter.seconds(who.pid()) - cpu;
    return String.format(
        Locale.ROOT,
        "| %s | %s | %.0f (%d published/s, %.1f %% arrived) | %.2f | %.1f | %.1f | %s | %d |",
        name,
        who.name(),
        within / took,
        (long) (published / took),
        100.0 * delivered / ((double) published * (load.clients() - stalled)),
        used * 1e6 / delivered,
        latencies.percentile(50) / 1000.0,
        latencies.percentile(99) / 1000.0,
        who.isJava() ? "" + MemoryMeter.heap(who.pid()) / 1024 : "–",
        ProcessMeter.peakMegabytes(who.pid()));
  }
}
