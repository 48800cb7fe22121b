package org.pgdeltastream.slot.feed;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.pgdeltastream.change.Catalog;
import org.pgdeltastream.change.ColumnDetails;
import org.pgdeltastream.change.HeapBudget;
import org.pgdeltastream.change.HeapShare;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.change.Relation;
import org.pgdeltastream.change.option.ChangeOptions;
import org.pgdeltastream.decoder.PgOutputDecoder;
import org.pgdeltastream.decoder.ServerEncoding;
import org.pgdeltastream.feed.FakeOutlet;
import org.pgdeltastream.feed.FeedCounts;
import org.pgdeltastream.feed.FeedSubscriber;
import org.pgdeltastream.feed.LogReader;
import org.pgdeltastream.feed.Router;
import org.pgdeltastream.feed.ViewOptions;
import org.pgdeltastream.feed.Writer;
import org.pgdeltastream.feed.log.FeedPosition;
import org.pgdeltastream.feed.log.FrameLog;
import org.pgdeltastream.feed.log.Framing;
import org.pgdeltastream.feed.log.Rows;
import org.pgdeltastream.journal.Journal;
import org.pgdeltastream.slot.scan.FeedScan;
import org.pgdeltastream.slot.scan.Past;
import org.pgdeltastream.slot.view.Delivered;
import org.pgdeltastream.support.Seeds;

@Timeout(value = 120, unit = TimeUnit.SECONDS)
@SuppressWarnings("NullAway") // a map that lacks a key fails the test
class FeedScanTest {
  private final FeedCounts counts = new FeedCounts();
  private static final long MUCH = Long.MAX_VALUE / 2;
  private static final long LOG_BYTES = 2_000;
  private static final List<ViewOptions> VIEWS =
      List.of(
          view(Map.of()),
          view(Map.of("format", "2")),
          view(Map.of("add-tables", "public.users", "filter-msg-prefixes", "p")),
          view(Map.of("format", "2", "add-tables", "public.orders")));

  @TempDir Path directory;
  private final PgOutputBytes changes = new PgOutputBytes(new Random(Seeds.first()));
  private final Random random = new Random(Seeds.first() + 1);
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final Writer writer =
      new Writer(Duration.ofSeconds(30), Duration.ofSeconds(30), Duration.ofSeconds(30));
  private final Router router = new Router(catalog(), () -> LOG_BYTES, changes.position());
  private final Router whole = new Router(catalog(), 1L << 40, changes.position(), this::readWhole);
  private final Map<ViewOptions, LogReader> wanted = new HashMap<>();
  private final Map<ViewOptions, List<String>> wholeLines = new HashMap<>(); // once it is over
  private final TreeMap<Lsn, Map<ViewOptions, Integer>> ends = new TreeMap<>();
  private final List<ResumingClient> clients = new CopyOnWriteArrayList<>();
  private final ConcurrentLinkedQueue<FeedSubscriber> lost = new ConcurrentLinkedQueue<>();
  private final AtomicInteger scanned = new AtomicInteger();
  private Journal journal;
  private FeedScan scan;
  private FeedDecoder decoder;
  private PgOutputDecoder wholeDecoder;

  @AfterEach
  void stops() {
    writer.stop();
    threads.shutdownNow();
    journal.close();
  }

  @Test
  void servesAllThatFallBehindWithJustWhatTheyMiss() throws Exception {
    begin();
    AtomicBoolean isOver = new AtomicBoolean();
    threads.execute(() -> clientsTake(isOver));
    for (int i = 0; i < 400; i++) {
      part(changes.next());
      if (i < 150 && i % 5 == 0) {
        join();
      }
      for (ResumingClient client : clients) {
        client.comesAgainIfCut();
      }
    }
    isOver.set(true);
    router.publish();
    writer.wake();
    for (ResumingClient client : clients) {
      await("all of " + client.view() + " in " + client.framing() + " after " + client.start())
          .atMost(Duration.ofSeconds(60))
          .pollInterval(Duration.ofMillis(50))
          .until(() -> hasAll(client));
    }
    assertThat(lost).isEmpty();
    assertThat(scanned.get()).as("fell behind").isGreaterThan(50);
  }

  @Test
  void endsWhoCannotBeServedForLackOfAThreadAndServesTheNext() throws Exception {
    begin();
    part(changes.next());
    AtomicBoolean isFull = new AtomicBoolean(true);
    FeedScan refused =
        new FeedScan(
            new Source(),
            task -> {
              if (isFull.get()) {
                throw new RejectedExecutionException("no thread");
              }
              threads.execute(task);
            });
    scan = refused;
    ResumingClient first = new ResumingClient(VIEWS.get(0), Framing.TEXTS, start(), this::connect);
    await("its end").atMost(Duration.ofSeconds(5)).until(() -> first.outlet().isEnded());
    isFull.set(false);
    ResumingClient second = new ResumingClient(VIEWS.get(0), Framing.TEXTS, start(), this::connect);
    second.outlet().takes(MUCH);
    await("the rest").atMost(Duration.ofSeconds(5)).until(() -> hasAll(second));
  }

  private Lsn start() {
    return ends.firstKey();
  }

  private void begin() throws IOException {
    journal = new Journal(directory, 1 << 30, HeapBudget.unlimited());
    journal.startAt(changes.position());
    scan = new FeedScan(new Source(), threads);
    threads.execute(writer);
    for (ViewOptions view : VIEWS) {
      whole.enter(view);
      wanted.put(view, new LogReader(whole.log(view, Framing.TEXTS), changes.position()));
    }
    connection();
    wholeDecoder = new PgOutputDecoder(whole, ServerEncoding.OF_MOST, share());
    for (PgOutputBytes.Message one : PgOutputBytes.relations()) {
      wholeDecoder.decode(one.bytes(), 0, one.bytes().length);
    }
    note(changes.position());
  }

  private static HeapShare share() {
    return HeapBudget.unlimited().share();
  }

  /** PostgreSQL describes all again. */
  private void connection() throws IOException {
    decoder =
        new FeedDecoder(
            new PgOutputDecoder(router, ServerEncoding.OF_MOST, share()),
            share(),
            journal,
            router,
            new Delivered(),
            this::isRouted);
    for (PgOutputBytes.Message one : PgOutputBytes.relations()) {
      decode(one);
    }
  }

  /** PostgreSQL may be told that it is done with: it would not send it again. */
  private void isRouted(Lsn end) {
    assertThat(end).isLessThanOrEqualTo(router.head());
  }

  private void decode(PgOutputBytes.Message one) throws IOException {
    decoder.position(one.position());
    decoder.decode(one.bytes(), 0, one.bytes().length);
    if (random.nextInt(20) == 0) {
      router.publish();
      writer.wake();
    }
  }

  private void part(PgOutputBytes.Part part) throws IOException {
    if (part.isTransaction() && random.nextInt(15) == 0) {
      for (PgOutputBytes.Message one :
          part.messages().subList(0, random.nextInt(part.messages().size()))) {
        decode(one);
      }
      router.publish();
      writer.wake();
      journal.connectionEnded();
      router.rollBack();
      connection();
    }
    for (PgOutputBytes.Message one : part.messages()) {
      decode(one);
    }
    for (PgOutputBytes.Message one : part.messages()) {
      whole.position(one.position());
      wholeDecoder.decode(one.bytes(), 0, one.bytes().length);
    }
    if (!part.isTransaction()) {
      journal.movedTo(part.end());
      router.movedTo(part.end());
      whole.movedTo(part.end());
    }
    if (random.nextInt(30) == 0) {
      router.tellProgress();
    }
    readWhole();
    note(part.end());
  }

  private void readWhole() {
    whole.publish();
    wanted.values().forEach(LogReader::read);
  }

  private void note(Lsn end) {
    Map<ViewOptions, Integer> counts = new HashMap<>();
    wanted.forEach((view, reader) -> counts.put(view, reader.count()));
    ends.put(end, counts);
  }

  private void join() {
    List<Lsn> known = List.copyOf(ends.keySet());
    Framing[] framings = Framing.values();
    clients.add(
        new ResumingClient(
            VIEWS.get(random.nextInt(VIEWS.size())),
            framings[random.nextInt(framings.length)],
            known.get(random.nextInt(known.size())),
            this::connect));
  }

  private void clientsTake(AtomicBoolean isOver) {
    Random chance = new Random(3);
    while (!threads.isShutdown()) {
      for (ResumingClient client : clients) {
        if (isOver.get()) {
          client.outlet().takes(MUCH);
        } else if (chance.nextInt(20) == 0) {
          client.outlet().takes(chance.nextInt(4) == 0 ? MUCH : chance.nextInt(100_000));
        }
      }
      LockSupport.parkNanos(100_000);
    }
  }

  private boolean hasAll(ResumingClient client) {
    client.comesAgainIfCut();
    if (!client.isStill()) {
      return false; // more comes
    }
    List<String> all = wholeLines.computeIfAbsent(client.view(), view -> wanted.get(view).lines());
    int from = ends.get(client.start()).get(client.view());
    List<String> its = client.messages();
    List<String> due = all.subList(from, all.size());
    int first = 0;
    while (first < Math.min(its.size(), due.size()) && its.get(first).equals(due.get(first))) {
      first++;
    }
    assertThat(first).as("same messages").isEqualTo(its.size());
    assertThat(client.outlet().wrong()).isEmpty();
    return its.size() == due.size();
  }

  private FakeOutlet connect(ResumingClient client) {
    FakeOutlet outlet = new FakeOutlet(random.nextInt(100_000), false);
    FeedSubscriber.Home home =
        new FeedSubscriber.Home() {
          @Override
          public @Nullable Rows rows(FeedSubscriber one) {
            return null;
          }

          @Override
          public FeedCounts counts() {
            return counts;
          }

          @Override
          public void place(FeedSubscriber one, Lsn after, long more) {
            router.between(() -> placeNow(one, after, more));
          }

          @Override
          public void mustRefetch(FeedSubscriber one, String reason) {
            throw new AssertionError("all can be decided");
          }

          @Override
          public void left(FeedSubscriber one) {
            router.between(() -> router.leave(one.view()));
          }
        };
    FeedSubscriber one =
        new FeedSubscriber(client.view(), client.framing(), outlet, 0, home, writer);
    outlet.serves(one);
    router.between(
        () -> {
          router.enter(client.view());
          placeNow(one, client.position(), 0);
        });
    return outlet;
  }

  private void placeNow(FeedSubscriber one, Lsn after, long more) {
    FrameLog log = router.log(one.view(), one.framing());
    if (!one.isOver() && !one.attach(log, after, more)) {
      scanned.incrementAndGet();
      scan.add(one, after, more);
    }
  }

  private static ViewOptions view(Map<String, String> options) {
    return new ViewOptions(ChangeOptions.parse(name -> Optional.ofNullable(options.get(name))));
  }

  private static Catalog catalog() {
    return new Catalog() {
      @Override
      public List<ColumnDetails> details(Relation relation, Lsn commit) {
        return List.of(column("integer", 1), column("text", 2));
      }

      @Override
      public int originNumber(String originName) {
        return 0;
      }
    };
  }

  private static ColumnDetails column(String type, int at) {
    return new ColumnDetails(type, type, Optional.empty(), at, false, at == 1, Optional.empty());
  }

  private final class Source implements FeedScan.Source {
    @Override
    public Past past() {
      return new Past(requireNonNull(journal));
    }

    @Override
    public Catalog catalog() {
      return FeedScanTest.catalog();
    }

    @Override
    public ServerEncoding encoding() {
      return ServerEncoding.OF_MOST;
    }

    @Override
    public FeedPosition.Stamp stamp() {
      return new FeedPosition.Stamp(0, 0, 0);
    }

    @Override
    public HeapBudget heap() {
      return HeapBudget.unlimited();
    }

    @Override
    public long logBytes() {
      return LOG_BYTES;
    }

    @Override
    public Duration sendTimeout() {
      return Duration.ofSeconds(30);
    }

    @Override
    public void wakeWriters() {
      writer.wake();
    }

    @Override
    public void lost(FeedSubscriber subscriber) {
      lost.add(subscriber);
    }

    @Override
    public void placeAgain(FeedSubscriber subscriber, Lsn after, long more) {
      router.between(() -> placeNow(subscriber, after, more));
    }
  }
}
