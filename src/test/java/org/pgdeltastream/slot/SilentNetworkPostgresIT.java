package org.pgdeltastream.slot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.pgdeltastream.change.PageRequest;
import org.pgdeltastream.change.Problem;
import org.pgdeltastream.change.ProblemException;
import org.pgdeltastream.change.SlotName;
import org.pgdeltastream.change.TableRequest;
import org.pgdeltastream.slot.lease.TableFormat;
import org.pgdeltastream.slot.stream.SlotStream;
import org.pgdeltastream.slot.stream.StreamOptions;
import org.pgdeltastream.support.FaultProxy;
import org.pgdeltastream.support.RecordingSubscriber;
import org.pgdeltastream.support.TestDatabase;

/** A network that loses every packet gives each call's thread back within half a minute. */
@Timeout(value = 180, unit = TimeUnit.SECONDS)
@Execution(ExecutionMode.CONCURRENT) // each test waits, with a server of its own
class SilentNetworkPostgresIT {
  private static final Duration ANSWERED = Duration.ofSeconds(30);
  private static final PageRequest PAGE =
      new PageRequest("t", Optional.empty(), 0, 10, List.of(), List.of());
  private static final TableRequest TABLE =
      new TableRequest("t", Optional.empty(), List.of(), TableRequest.Part.WHOLE);

  private final ExecutorService clients = Executors.newCachedThreadPool();
  private final Map<String, CompletableFuture<Problem>> calls = new LinkedHashMap<>();
  private TestDatabase database;
  private FaultProxy proxy;
  private TestRegistry registry;
  private SlotName slot;

  /** In a database of another name, so that pages are read through the proxy too. */
  @BeforeEach
  void start() throws Exception {
    database = TestDatabase.embedded();
    database.execute("create database behind");
    inDatabase(
        "create table t as select i as id, repeat('x', 1000) as v from generate_series(1, 50000) i");
    proxy = FaultProxy.to(database.port());
    registry =
        new TestRegistry(
            database,
            "database-url",
            "jdbc:postgresql://localhost:" + proxy.port() + "/behind",
            "hold",
            "10");
    slot = registry.init().name();
  }

  @AfterEach
  void stop() throws Exception {
    clients.shutdownNow();
    proxy.reset();
    proxy.thaw();
    registry.close();
    proxy.close();
    database.close();
  }

  @Test
  void answersCallsThatBeginWhileNothingComes() throws Exception {
    proxy.freeze();
    call("init", registry::init);
    call("page", () -> registry.slots.snapshots().readPage(Optional.of(slot), PAGE));
    call("table", () -> readTable(new ByteArrayOutputStream()));
    call("tables", () -> registry.slots.snapshots().tables(Optional.of(slot)));
    call("slots", () -> registry.slots.reports().all());
    call("drop", () -> dropped(slot));
    call("check", () -> checked());
    SlotStream stream = registry.slots.stream(StreamOptions.of(slot), new RecordingSubscriber());

    assertAllUnavailable();
    assertThat(stream.awaitEnd(ANSWERED)).as("the reader's thread is free").isTrue();
    proxy.reset();
    proxy.thaw();
    assertThat(registry.slots.reports().all()).as("the slot, and none made in vain").hasSize(1);
  }

  @Test
  void answersReadsThatWaitForPostgresWhenNothingComesAnyMore() throws Exception {
    try (Connection other = connect();
        Statement statement = other.createStatement()) {
      statement.execute("begin; lock table t");
      call("page", () -> registry.slots.snapshots().readPage(Optional.of(slot), PAGE));
      call("table", () -> readTable(new ByteArrayOutputStream()));
      await("both to wait for the lock")
          .until(
              () ->
                  database
                      .text("select count(*) from pg_stat_activity where wait_event_type = 'Lock'")
                      .equals("2"));

      proxy.freezeOpenOnes();

      assertAllUnavailable();
    }
  }

  @Test
  void answersAnInitThatWaitsForATransactionWhenTheNetworkGoes() throws Exception {
    try (Connection other = connect();
        Statement statement = other.createStatement()) {
      statement.execute("begin; insert into t values (0, 'y')");
      call("init", registry::init);
      await("the walsender to wait for the transaction")
          .until(
              () ->
                  database
                      .text(
                          "select count(*) from pg_stat_activity where backend_type = 'walsender'"
                              + " and wait_event_type = 'Lock'")
                      .equals("1"));

      proxy.freeze();

      assertAllUnavailable();
    }
  }

  @Test
  void endsATableOfWhichNothingComesAnyMore() throws Exception {
    CountDownLatch begun = new CountDownLatch(1);
    CountDownLatch frozen = new CountDownLatch(1);
    call(
        "table",
        () ->
            readTable(
                new OutputStream() {
                  @Override
                  public void write(int one) {}

                  @Override
                  public void write(byte[] source, int start, int length) {
                    begun.countDown();
                    awaitQuietly(frozen);
                  }
                }));
    begun.await();

    proxy.freezeOpenOnes();
    frozen.countDown();

    assertAllUnavailable();
  }

  /** Its query is to be cancelled, which is not heard either. */
  @Test
  void endsATableWhoseClientLeavesWhileNothingComes() throws Exception {
    CountDownLatch begun = new CountDownLatch(1);
    CountDownLatch frozen = new CountDownLatch(1);
    CompletableFuture<Object> table =
        CompletableFuture.supplyAsync(
            () -> {
              try {
                return readTable(
                    new OutputStream() {
                      @Override
                      public void write(int one) {}

                      @Override
                      public void write(byte[] source, int start, int length) throws IOException {
                        begun.countDown();
                        awaitQuietly(frozen);
                        throw new IOException("the client has left");
                      }
                    });
              } catch (Exception e) {
                return e;
              }
            },
            clients);
    begun.await();

    proxy.freeze();
    frozen.countDown();

    await("the request's thread to be free").atMost(ANSWERED).until(table::isDone);
    assertThat(table.join()).isInstanceOf(IOException.class);
  }

  @Test
  void answersAnInitWhoseWalsenderIsNotHeardAnyMoreAndLeavesNothing() throws Exception {
    try (Connection other = connect();
        Statement statement = other.createStatement()) {
      statement.execute("begin; create table written (id int)");
      call("init", registry::init);
      String walsenders =
          "select count(*) from pg_stat_activity where backend_type = 'walsender' and backend_xmin is not null"
              + " or query like 'CREATE_REPLICATION_SLOT%'";
      await("its walsender to wait").until(() -> !database.text(walsenders).equals("0"));

      proxy.freezeOpenOnes();

      assertAnswered();
      await("nothing to be left")
          .untilAsserted(
              () -> {
                assertThat(database.text("select count(*) from pg_replication_slots"))
                    .isEqualTo("1");
                assertThat(
                        database.text(
                            "select count(*) from pg_stat_activity where backend_type = 'walsender'"))
                    .isEqualTo("0");
              });
    }
  }

  private Object readTable(OutputStream out) throws Exception {
    registry.slots.snapshots().readTable(Optional.of(slot), TABLE, TableFormat.LINES, name -> out);
    return out;
  }

  private Object dropped(SlotName name) {
    registry.slots.drop(name, true);
    return name;
  }

  private Object checked() {
    registry.slots.checkDatabase();
    return slot;
  }

  private void call(String name, Callable<?> work) {
    calls.put(
        name,
        CompletableFuture.supplyAsync(
            () -> {
              try {
                throw new AssertionError(name + " answered " + work.call());
              } catch (ProblemException e) {
                return e.problem();
              } catch (Exception e) {
                throw new AssertionError(name + " failed", e);
              }
            },
            clients));
  }

  private void assertAnswered() {
    await("every call to be answered: " + calls)
        .atMost(ANSWERED)
        .untilAsserted(
            () ->
                assertThat(calls)
                    .allSatisfy((name, call) -> assertThat(call.isDone()).as(name).isTrue()));
  }

  private void assertAllUnavailable() {
    assertAnswered();
    assertThat(calls)
        .allSatisfy(
            (name, call) ->
                assertThat(call.join()).as(name).isEqualTo(Problem.UPSTREAM_UNAVAILABLE));
  }

  private static void awaitQuietly(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private Connection connect() throws Exception {
    return DriverManager.getConnection(
        "jdbc:postgresql://localhost:" + database.port() + "/behind",
        database.user(),
        database.password());
  }

  private void inDatabase(String sql) throws Exception {
    try (Connection connection = connect();
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }
}
