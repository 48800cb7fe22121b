package org.pgdeltastream.feed;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.pgdeltastream.change.Begin;
import org.pgdeltastream.change.Commit;
import org.pgdeltastream.change.LogicalMessage;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.change.TableName;
import org.pgdeltastream.change.option.ChangeOptions;
import org.pgdeltastream.encoder.RecordingOutput;
import org.pgdeltastream.feed.log.Cursor;
import org.pgdeltastream.feed.log.FrameLog;
import org.pgdeltastream.feed.log.Framing;
import org.pgdeltastream.feed.log.SampleLogs;
import org.pgdeltastream.support.Seeds;

@Timeout(value = 60, unit = TimeUnit.SECONDS)
@SuppressWarnings("NullAway") // a map that lacks a key fails the test
class RouterTest {
  private static final long MANY = 1L << 40;
  private static final List<ViewOptions> VIEWS =
      List.of(
          view(),
          view("add-tables", "public.users"),
          view("filter-tables", "public.*"),
          view("actions", "insert,truncate"),
          view("add-msg-prefixes", "audit", "actions", "delete"),
          view("include-xids", "1", "include-timestamp", "1"),
          view("include-xids", "1", "include-timestamp", "1", "filter-msg-prefixes", "audit"),
          view("add-tables", "none.none", "filter-msg-prefixes", "audit,other"),
          view("format", "2"),
          view("format", "2", "add-tables", "other.things", "include-lsn", "1"),
          view("format", "2", "include-lsn", "1", "actions", "update"),
          view("format", "2", "include-transaction", "0", "include-xids", "1"),
          columns(view(), "id"),
          columns(view("format", "2"), "name", "id"));

  private final Map<ViewOptions, ExclusiveStream> streams = new LinkedHashMap<>();
  private final Map<ViewOptions, LogReader> lines = new LinkedHashMap<>();
  private final Map<ViewOptions, LogReader> frames = new LinkedHashMap<>();
  private final long seed = Seeds.first();

  @Test
  void writesForEachViewWhatAStreamOfItsOwnWouldHave() throws IOException {
    RandomChanges changes = new RandomChanges(new Random(seed), 200);
    Router router = new Router(RandomChanges.catalog(), () -> MANY, changes.position());
    follow(router, changes.position());
    Random random = new Random(seed + 1);
    List<RandomChanges.Transaction> had = new ArrayList<>();
    for (int i = 0; i < 600; i++) {
      RandomChanges.Transaction next = changes.next();
      if (random.nextInt(10) == 0) { // PostgreSQL is lost, and sends it again
        tell(router, next.steps().subList(0, random.nextInt(next.steps().size())));
        router.rollBack();
      }
      if (random.nextInt(10) == 0 && !had.isEmpty()) { // and what was had
        tell(router, had.get(random.nextInt(had.size())).steps());
      }
      tell(router, next.steps());
      streamsTell(next);
      if (isTransaction(next)) {
        assertThat(router.head()).isEqualTo(next.end());
        had.add(next);
      }
      router.publish();
      read();
    }
    compare();
  }

  @Test
  void writesMessagesThatAreLongerThanALog() throws IOException {
    RandomChanges changes = new RandomChanges(new Random(seed), 1_500_000);
    Router[] router = new Router[1];
    router[0] =
        new Router(
            RandomChanges.catalog(),
            MANY,
            changes.position(),
            () -> {
              router[0].publish();
              read();
            });
    follow(router[0], changes.position());
    for (int i = 0; i < 25; i++) {
      RandomChanges.Transaction next = changes.next();
      tell(router[0], next.steps());
      streamsTell(next);
    }
    router[0].publish();
    read();
    compare();
  }

  // Between transactions

  @Test
  void waitsForTheEndOfATransaction() throws IOException {
    RandomChanges changes = new RandomChanges(new Random(seed), 100);
    Router router = new Router(RandomChanges.catalog(), () -> MANY, changes.position());
    List<Lsn> seen = new ArrayList<>();
    router.between(() -> seen.add(router.head()));
    assertThat(seen).containsExactly(changes.position());
    RandomChanges.Transaction next = transaction(changes);
    tell(router, next.steps().subList(0, 1));
    router.between(() -> seen.add(router.head()));
    router.movedTo(new Lsn(-1)); // not inside of one
    assertThat(seen).hasSize(1);
    tell(router, next.steps().subList(1, next.steps().size()));
    assertThat(seen).element(1).isEqualTo(next.end());
  }

  @Test
  void doesNotRepeatMessagesThatItHad() throws IOException {
    Router router = new Router(RandomChanges.catalog(), () -> MANY, new Lsn(100));
    LogReader reader = new LogReader(router.log(VIEWS.get(0), Framing.TEXTS), new Lsn(100));
    router.message(new LogicalMessage(false, new Lsn(99), "p", "old"));
    router.message(new LogicalMessage(false, new Lsn(100), "p", "old"));
    router.message(new LogicalMessage(false, new Lsn(101), "p", "one"));
    router.message(new LogicalMessage(false, new Lsn(150), "p", "two"));
    router.movedTo(new Lsn(200));
    router.message(new LogicalMessage(false, new Lsn(150), "p", "two"));
    router.publish();
    reader.read();
    assertThat(reader.lines()).hasSize(2);
    FrameLog log = router.log(VIEWS.get(0), Framing.TEXTS);
    LogReader later = new LogReader(log, new Lsn(200));
    router.message(new LogicalMessage(false, new Lsn(201), "p", "three"));
    router.publish();
    later.read();
    assertThat(later.lines()).as("after the two messages").hasSize(1);
  }

  /** PostgreSQL's LSN of a message is its end, where the next record begins. */
  @Test
  void keepsTheTransactionThatCommitsRightBehindAMessage() throws IOException {
    Router router = new Router(RandomChanges.catalog(), () -> MANY, new Lsn(100));
    LogReader reader = new LogReader(router.log(VIEWS.get(0), Framing.TEXTS), new Lsn(100));
    router.message(new LogicalMessage(false, new Lsn(150), "p", "before"));
    router.begin(new Begin(new Lsn(150), 0, 7));
    router.message(new LogicalMessage(true, new Lsn(140), "p", "inside"));
    router.commit(new Commit(new Lsn(150), new Lsn(180), 0));
    router.publish();
    reader.read();
    assertThat(reader.lines()).hasSize(2).element(1).asString().contains("inside");
    assertThat(router.head()).isEqualTo(new Lsn(180));
  }

  @Test
  void tellsProgressAsAWhole() throws IOException {
    Router router = new Router(RandomChanges.catalog(), () -> MANY, new Lsn(100));
    FrameLog log = router.log(VIEWS.get(0), Framing.WEBSOCKET);
    Cursor cursor = SampleLogs.at(log, 100, 0);
    for (int i = 0; i < 3_000; i++) {
      router.movedTo(new Lsn(101 + i));
      router.tellProgress();
      router.publish();
      byte[] frame = SampleLogs.read(log, cursor);
      assertThat(LogReader.texts(frame)).hasSize(1);
      Cursor before = SampleLogs.at(log, 100 + i, 0);
      assertThat(before.available(log.published())).isEqualTo(frame.length);
    }
  }

  @Test
  void sharesWhatItMayHoldAmongAllLogs() throws IOException {
    long most = 400_000;
    Router router = new Router(RandomChanges.catalog(), () -> most, new Lsn(100));
    List<FrameLog> logs = new ArrayList<>();
    for (int i = 0; i < 150; i++) {
      ViewOptions view = view("filter-tables", "public.table" + i);
      router.enter(view);
      logs.add(router.log(view, Framing.TEXTS));
      logs.add(router.log(view, Framing.WEBSOCKET));
      for (int k = 0; k < 20; k++) {
        Lsn lsn = new Lsn(1_000L * i + 20L * k + 101);
        router.message(new LogicalMessage(false, lsn, "p", "x".repeat(200)));
      }
      router.publish();
    }
    assertThat(logs.stream().mapToLong(FrameLog::bytes).sum())
        .isLessThanOrEqualTo(most)
        .isGreaterThan(most / 2);
    for (int i = 1; i < 150; i++) {
      router.leave(view("filter-tables", "public.table" + i));
    }
    router.tidy();
    router.message(new LogicalMessage(false, new Lsn(1_000_000), "p", "x".repeat(100_000)));
    router.publish();
    assertThat(logs.get(0).bytes()).as("alone again").isGreaterThan(100_000);
  }

  @Test
  void forgetsViewsThatNobodyFollows() {
    Router router = new Router(RandomChanges.catalog(), () -> MANY, new Lsn(100));
    VIEWS.forEach(router::enter);
    VIEWS.forEach(router::enter);
    VIEWS.subList(1, VIEWS.size()).forEach(router::leave);
    router.tidy();
    assertThat(router.views()).isEqualTo(VIEWS.size());
    VIEWS.forEach(router::leave);
    router.tidy();
    assertThat(router.views()).isEqualTo(1);
    router.leave(VIEWS.get(0));
    router.tidy();
    assertThat(router.views()).isZero();
  }

  @Test
  void startsAnewElsewhere() throws IOException {
    RandomChanges changes = new RandomChanges(new Random(seed), 100);
    Router router = new Router(RandomChanges.catalog(), () -> MANY, changes.position());
    FrameLog old = router.log(VIEWS.get(0), Framing.LINES);
    Cursor cursor = old.cursorAfter(changes.position(), 0);
    tell(router, transaction(changes).steps().subList(0, 1));
    List<FrameLog> placed = new ArrayList<>();
    router.between(() -> placed.add(router.log(VIEWS.get(0), Framing.LINES)));
    router.startAt(new Lsn(7));
    assertThat(router.head()).isEqualTo(new Lsn(7));
    assertThat(old.isPast(cursor)).isTrue();
    assertThat(placed).containsExactly(router.log(VIEWS.get(0), Framing.LINES));
    assertThat(placed.get(0)).isNotSameAs(old);
  }

  private void follow(Router router, Lsn after) {
    for (ViewOptions view : VIEWS) {
      router.enter(view);
      streams.put(view, new ExclusiveStream(view));
      lines.put(view, new LogReader(router.log(view, Framing.TEXTS), after));
      frames.put(view, new LogReader(router.log(view, Framing.WEBSOCKET), after));
    }
  }

  private static void tell(Router router, List<RandomChanges.Step> steps) throws IOException {
    for (RandomChanges.Step step : steps) {
      router.position(step.position());
      step.to(router);
    }
  }

  private void streamsTell(RandomChanges.Transaction transaction) throws IOException {
    for (ExclusiveStream stream : streams.values()) {
      stream.tell(transaction);
    }
  }

  private void read() {
    lines.values().forEach(LogReader::read);
    frames.values().forEach(LogReader::read);
  }

  private void compare() {
    for (ViewOptions view : VIEWS) {
      List<String> wanted =
          streams.get(view).messages().stream().map(RecordingOutput.Message::text).toList();
      assertThat(lines.get(view).lines().equals(wanted)).as("lines of %s", view).isTrue();
      assertThat(LogReader.texts(frames.get(view).bytes()).equals(wanted))
          .as("frames of %s", view)
          .isTrue();
    }
    assertThat(streams.values().stream().filter(stream -> stream.messages().isEmpty())).hasSize(1);
  }

  private static boolean isTransaction(RandomChanges.Transaction one) {
    return one.steps().size() > 1;
  }

  private static RandomChanges.Transaction transaction(RandomChanges changes) {
    RandomChanges.Transaction next = changes.next();
    while (!isTransaction(next)) {
      next = changes.next();
    }
    return next;
  }

  static ViewOptions view(String... namesAndValues) {
    Map<String, String> options = new LinkedHashMap<>();
    for (int i = 0; i < namesAndValues.length; i += 2) {
      options.put(namesAndValues[i], namesAndValues[i + 1]);
    }
    return new ViewOptions(ChangeOptions.parse(name -> Optional.ofNullable(options.get(name))));
  }

  static ViewOptions columns(ViewOptions view, String... names) {
    TableName users = new TableName("public", "users");
    return new ViewOptions(view.changes().withColumns(Map.of(users, List.of(names))));
  }
}
