package org.pgdeltastream.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.pgdeltastream.support.FaultProxy;
import org.pgdeltastream.support.Program;
import org.pgdeltastream.support.ServerClient;
import org.pgdeltastream.support.TestDatabase;

/** The Java client against the runnable jar: nothing lost and nothing twice, whatever breaks. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(value = 180, unit = TimeUnit.SECONDS)
class DeltaStreamIT {
  private static final Duration SOON = Duration.ofSeconds(60);
  private static final String SLOT = "delta_java";
  private static final Pattern ROW = Pattern.compile("\"columnvalues\":\\[(\\d+)");

  private Path directory;
  private TestDatabase database;
  private Program program;
  private int port;

  @BeforeAll
  void start(@TempDir Path temporary) throws Exception {
    directory = temporary;
    database = TestDatabase.embedded(Map.of("max_slot_wal_keep_size", "1GB"));
    database.execute("create table orders (id int primary key, status text)");
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = free.getLocalPort();
    }
    program = program();
  }

  @AfterAll
  void stop() throws Exception {
    program.close();
    database.close();
  }

  @BeforeEach
  void emptyTable() throws Exception {
    database.execute("truncate orders");
  }

  @AfterEach
  void dropSlot() throws Exception {
    client().drop(SLOT);
  }

  private Program program(String... more) throws Exception {
    String[] settings =
        Stream.concat(Stream.of("-Dpgdelta.feeds=main"), Stream.of(more)).toArray(String[]::new);
    return Program.startAt(port, database, database.port(), "256m", directory, settings);
  }

  private DeltaClient client() {
    return DeltaClient.at("http://localhost:" + port);
  }

  private void insert(int from, int to) throws Exception {
    for (int id = from; id <= to; id++) {
      database.execute("insert into orders values (" + id + ", 'new')");
    }
  }

  /** Follows in a thread of its own, as a program does. */
  private static final class Follower implements AutoCloseable {
    private final List<Integer> ids = Collections.synchronizedList(new ArrayList<>());
    private final DeltaStream stream;
    private final CompletableFuture<Void> end;

    Follower(DeltaStream stream) {
      this.stream = stream;
      end = CompletableFuture.runAsync(this::run);
    }

    private void run() {
      for (Message message : stream) {
        ids.addAll(idsOf(message));
      }
    }

    /** Each once, and in order. */
    void awaitIds(int from, int to) {
      List<Integer> wanted = IntStream.rangeClosed(from, to).boxed().toList();
      await("rows up to " + to)
          .atMost(SOON)
          .untilAsserted(
              () -> {
                assertThat(end).isNotCompletedExceptionally();
                assertThat(ids).hasSizeGreaterThanOrEqualTo(wanted.size());
              });
      assertThat(ids).isEqualTo(wanted);
    }

    @Override
    public void close() {
      stream.close();
      end.join();
    }
  }

  private static List<Integer> idsOf(Message message) {
    return ROW.matcher(message.text())
        .results()
        .map(found -> Integer.parseInt(found.group(1)))
        .collect(Collectors.toList());
  }

  /** The next one with a change; empty ones are taken. */
  private static Message next(DeltaStream stream) throws InterruptedException {
    Message message = stream.poll(SOON).orElseThrow();
    while (message.isEmpty()) {
      message = stream.poll(SOON).orElseThrow();
    }
    return message;
  }

  private void awaitConfirmed(String lsn) {
    database.awaitConfirmed(SLOT, lsn);
  }

  @Test
  void followsASlotThroughEveryBreak() throws Exception {
    client().init(SLOT);
    List<Integer> closes = Collections.synchronizedList(new ArrayList<>());
    try (Follower follower =
        new Follower(client().slot(SLOT).onLoss(loss -> closes.add(loss.close())).open())) {
      insert(1, 50);
      follower.awaitIds(1, 50);

      program.kill();
      insert(51, 60);
      program = program();
      follower.awaitIds(1, 60);

      program.stop();
      insert(61, 70);
      program = program();
      follower.awaitIds(1, 70);
      assertThat(closes).contains(0, 1012);

      database.stop("INT");
      database.startAgain();
      insert(71, 80);
      follower.awaitIds(1, 80);

      program.post("/v1/slots/" + SLOT + "/close", "");
      insert(81, 90);
      follower.awaitIds(1, 90);
      assertThat(closes).contains(4008);
    }
  }

  @Test
  void followsAFeedThroughRestarts() throws Exception {
    AtomicReference<String> saved = new AtomicReference<>();
    PositionStore store = store(saved);
    try (DeltaStream stream = client().feed("main").tables("public.orders").store(store).open()) {
      assertThat(stream.poll(Duration.ofMillis(10))).isEmpty();
      awaitHello(stream);
      program.kill(); // before anything came
      insert(1, 20);
      program = program();
      try (Follower follower = new Follower(stream)) {
        follower.awaitIds(1, 20);
        insert(21, 30);
        follower.awaitIds(1, 30);
      }
    }
    insert(31, 31);
    try (DeltaStream again = client().feed("main").tables("public.orders").store(store).open()) {
      assertThat(idsOf(next(again))).containsAnyOf(30, 31); // the last one may not be done
      assertThat(saved.get()).matches("[0-9a-f]+\\.\\d+\\.[0-9a-f]+\\.[0-9A-F]+/[0-9A-F]+");
    }
  }

  private static void awaitHello(DeltaStream stream) throws InterruptedException {
    long deadline = System.nanoTime() + SOON.toNanos();
    while (stream.position().isEmpty()) {
      assertThat(System.nanoTime() < deadline).as("the feed's hello comes").isTrue();
      assertThat(stream.poll(Duration.ofMillis(50)).filter(one -> !one.isEmpty())).isEmpty();
    }
  }

  private static PositionStore store(AtomicReference<String> saved) {
    return new PositionStore() {
      @Override
      public Optional<String> load() {
        return Optional.ofNullable(saved.get());
      }

      @Override
      public void save(String position) {
        saved.set(position);
      }
    };
  }

  @Test
  void saysThatTheSlotIsLost() throws Exception {
    client().init(SLOT);
    try (DeltaStream stream = client().slot(SLOT).open()) {
      insert(1, 1);
      assertThat(idsOf(next(stream))).containsExactly(1);
      client().drop(SLOT);
      DeltaException lost = catchThrowableOfType(DeltaException.class, () -> stream.poll(SOON));
      assertThat(lost.close()).isEqualTo(4500);
      assertThat(lost.code()).isEqualTo("slot_not_found");
      assertThat(lost.retry()).isFalse();
      assertThat(lost.needsSnapshot()).isTrue();
      assertThat(stream.isClosed()).isTrue();
      assertThat(stream.poll(SOON)).isEmpty();
    }
  }

  @Test
  void saysWhereAFeedGoesOnThatHasNotThePosition() throws Exception {
    insert(1, 3);
    String end = database.text("select pg_current_wal_insert_lsn()");
    await("the feed to read up to " + end)
        .atMost(SOON)
        .until(
            () ->
                JsonText.member(client().call("GET", "feeds/main"), "position")
                    .map(JsonText::string)
                    .filter(position -> Positions.isReached(end, position))
                    .isPresent());
    MustRefetchException refetch =
        catchThrowableOfType(
            MustRefetchException.class,
            () -> {
              try (DeltaStream stream =
                  client().feed("main").from("00000000.1.00000000.0/1").open()) {
                stream.poll(SOON);
              }
            });
    assertThat(refetch.reason()).isEqualTo("system");
    assertThat(refetch.code()).isEqualTo("must_refetch");
    assertThat(refetch.needsSnapshot()).isTrue();
    assertThat(refetch.oldest()).isNotEmpty();
    insert(4, 4);
    try (DeltaStream stream = client().feed("main").from(refetch.position()).open()) {
      assertThat(idsOf(next(stream))).containsExactly(4);
    }
  }

  @Test
  void takesANewTokenWhenTheServerWantsOne() throws Exception {
    AtomicReference<String> token = new AtomicReference<>("first");
    DeltaClient client = client().token(token::get);
    program.stop();
    program = program("-Dpgdelta.tokens=first");
    try {
      client.init(SLOT);
      try (Follower follower = new Follower(client.slot(SLOT).open())) {
        insert(1, 5);
        follower.awaitIds(1, 5);
        program.stop();
        token.set("second");
        program = program("-Dpgdelta.tokens=second");
        insert(6, 9);
        follower.awaitIds(1, 9);
      }
      token.set("wrong");
      DeltaException refused =
          catchThrowableOfType(DeltaException.class, () -> client.slot(SLOT).open().poll(SOON));
      assertThat(refused.status()).isEqualTo(401);
      assertThat(refused.code()).isEqualTo("unauthorized");
      token.set("second");
      client.drop(SLOT);
    } finally {
      program.close();
      program = program();
    }
  }

  @Test
  void whatIsNotDoneComesAgainAndWhatIsDoneDoesNot() throws Exception {
    client().init(SLOT);
    insert(1, 4);
    Message second;
    try (DeltaStream stream = client().slot(SLOT).acknowledgeManually().open()) {
      next(stream);
      second = next(stream);
      next(stream);
      stream.acknowledge(second);
    }
    awaitConfirmed(second.lsn().orElseThrow()); // close() sent it
    try (DeltaStream stream = client().slot(SLOT).acknowledgeManually().open()) {
      assertThat(idsOf(next(stream))).containsExactly(3);
      program.post("/v1/slots/" + SLOT + "/close", "");
      Message again = next(stream);
      while (!idsOf(again).contains(3)) { // 4 may have been here before the break
        assertThat(idsOf(again)).containsExactly(4);
        again = next(stream);
      }
    }
    try (DeltaStream stream = client().slot(SLOT).from(position(3)).open()) {
      assertThat(idsOf(next(stream))).containsExactly(4);
    }
  }

  private String position(int id) throws Exception {
    try (DeltaStream stream = client().slot(SLOT).acknowledgeManually().open()) {
      Message message = next(stream);
      while (!idsOf(message).contains(id)) {
        message = next(stream);
      }
      return message.position().orElseThrow();
    }
  }

  @Test
  void findsThePositionBesideRowsThatLookLikeOne() throws Exception {
    client().init(SLOT);
    String hostile = "\"nextlsn\":\"FFFFFFFF/FFFFFFFF\"\\\"}]";
    database.execute("insert into orders values (1, '" + hostile + "')");
    // from pgoutput nextlsn comes behind such a transaction
    database.execute(
        "insert into orders select i, '%s' from generate_series(2, 3000) i".formatted(hostile));
    try (DeltaStream stream = client().slot(SLOT).open()) {
      String first = next(stream).lsn().orElseThrow();
      Message large = next(stream);
      assertThat(large.text()).startsWith("{\"change\"").hasSizeGreaterThan(100_000);
      String last = large.lsn().orElseThrow();
      assertThat(Positions.isReached(first, last)).isTrue();
      assertThat(database.text("select '" + last + "'::pg_lsn <= pg_current_wal_lsn()"))
          .isEqualTo("t");
      insert(4000, 4000);
      next(stream);
      awaitConfirmed(last);
    }
  }

  @Test
  void takesNoMoreThanItsProgramDoes() throws Exception {
    client().init(SLOT);
    int rows = 4000;
    database.execute(
        "do $$ begin for i in 1..%d loop insert into orders values (i, repeat('x', 10000));"
                .formatted(rows)
            + " commit; end loop; end $$");
    try (DeltaStream stream = client().slot(SLOT).open()) {
      assertThat(idsOf(next(stream))).containsExactly(1);
      long[] before = {-1};
      await("the server to wait")
          .atMost(SOON)
          .pollInterval(Duration.ofSeconds(1))
          .until(
              () -> {
                long sent = sentBytes();
                boolean stands = sent == before[0];
                before[0] = sent;
                return stands;
              });
      assertThat(before[0]).isLessThan(rows * 10_000L / 2);
      for (int id = 2; id <= rows; id++) {
        assertThat(idsOf(next(stream))).containsExactly(id);
      }
    }
  }

  private long sentBytes() throws Exception {
    return ServerClient.object(program.get("/v1/status").body())
        .getJsonArray("streams")
        .getJsonObject(0)
        .getJsonNumber("sentBytes")
        .longValue();
  }

  /** More transactions than it may acknowledge one by one. */
  @Test
  void keepsUpWithManySmallTransactions() throws Exception {
    client().init(SLOT);
    List<String> losses = Collections.synchronizedList(new ArrayList<>());
    try (Follower follower =
        new Follower(client().slot(SLOT).onLoss(one -> losses.add(one.getMessage())).open())) {
      database.execute(
          "do $$ begin for i in 1..12000 loop insert into orders values (i, 'many'); commit;"
              + " end loop; end $$");
      follower.awaitIds(1, 12000);
      assertThat(losses).isEmpty();
    }
  }

  /** A message may come just when the time is up. */
  @Test
  void missesNothingWhereItIsAskedForMomentsOnly() throws Exception {
    client().init(SLOT);
    database.execute(
        "do $$ begin for i in 1..3000 loop insert into orders values (i, 'many'); commit;"
            + " end loop; end $$");
    List<Integer> ids = new ArrayList<>();
    try (DeltaStream stream = client().slot(SLOT).open()) {
      long deadline = System.nanoTime() + SOON.toNanos();
      while (ids.size() < 3000 && System.nanoTime() < deadline) {
        stream.poll(Duration.ofNanos(20_000)).ifPresent(message -> ids.addAll(idsOf(message)));
      }
    }
    assertThat(ids).isEqualTo(IntStream.rangeClosed(1, 3000).boxed().toList());
  }

  @Test
  void endsAtOnceWhereItIsClosedOrInterrupted() throws Exception {
    client().init(SLOT);
    DeltaStream closed = client().slot(SLOT).open();
    CompletableFuture<Void> waits = CompletableFuture.runAsync(() -> closed.forEach(message -> {}));
    await("its stream").atMost(SOON).until(() -> program.get("/v1/slots").body().contains("since"));
    long start = System.nanoTime();
    closed.close();
    waits.get(5, TimeUnit.SECONDS);
    assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(3));
    assertThat(catchThrowableOfType(Exception.class, () -> closed.iterator().next())).isNotNull();

    CompletableFuture<Boolean> interrupted = new CompletableFuture<>();
    Thread thread =
        new Thread(
            () -> {
              try (DeltaStream stream = client().slot(SLOT).open()) {
                stream.forEach(message -> {});
                interrupted.complete(Thread.currentThread().isInterrupted());
              }
            });
    thread.start();
    await("its stream").atMost(SOON).until(() -> program.get("/v1/slots").body().contains("since"));
    thread.interrupt();
    assertThat(interrupted.get(5, TimeUnit.SECONDS)).isTrue();
    thread.join();
  }

  @Test
  void leavesAServerThatIsSilentAndComesBack() throws Exception {
    client().init(SLOT);
    try (FaultProxy proxy = FaultProxy.to(port);
        Follower follower =
            new Follower(DeltaClient.at("http://localhost:" + proxy.port()).slot(SLOT).open())) {
      insert(1, 1);
      follower.awaitIds(1, 1);
      proxy.freezeOpenOnes();
      insert(2, 3);
      follower.awaitIds(1, 3);
      proxy.reset();
      insert(4, 5);
      follower.awaitIds(1, 5);
    }
  }

  @Test
  void refusesAMessageThatIsLargerThanItMayBe() throws Exception {
    client().init(SLOT);
    database.execute("insert into orders values (1, repeat('x', 300000))");
    try (DeltaStream stream = client().slot(SLOT).largestMessage(200_000).open()) {
      DeltaException tooLarge = catchThrowableOfType(DeltaException.class, () -> next(stream));
      assertThat(tooLarge.code()).isEqualTo("message_too_large");
    }
    try (DeltaStream stream = client().slot(SLOT).open()) {
      assertThat(next(stream).text()).hasSizeGreaterThan(300_000);
    }
  }

  @Test
  void readsATableAndThenWhatChangedSince() throws Exception {
    insert(1, 100);
    String slot = client().init(SLOT);
    assertThat(JsonText.member(slot, "consistentPoint").map(JsonText::string).orElseThrow())
        .matches("[0-9A-F]+/[0-9A-F]+");
    insert(101, 102);
    List<String> rows = new ArrayList<>();
    try (Rows read = client().rows(SLOT, "orders")) {
      read.forEach(rows::add);
    }
    assertThat(rows).hasSize(100).contains("{\"id\":7,\"status\":\"new\"}");
    try (Rows some = client().rows(SLOT, "orders", "id=lt.3")) {
      assertThat(some).hasSize(2);
    }
    try (DeltaStream stream = client().slot(SLOT).open()) {
      assertThat(idsOf(next(stream))).containsExactly(101);
    }
    DeltaException absent =
        catchThrowableOfType(DeltaException.class, () -> client().rows(SLOT, "absent"));
    assertThat(absent.code()).isEqualTo("table_not_found");
    assertThat(absent.hint().isPresent() || absent.status() == 404).isTrue();
  }

  @Test
  void looksAtWhatHappensNow() throws Exception {
    try (DeltaStream tail = client().tail().tables("public.orders").open()) {
      await("the tail's slot")
          .atMost(SOON)
          .until(
              () ->
                  database
                      .text("select count(*) from pg_replication_slots where temporary and active")
                      .equals("1"));
      insert(1, 1);
      assertThat(idsOf(next(tail))).containsExactly(1);
    }
  }
}
