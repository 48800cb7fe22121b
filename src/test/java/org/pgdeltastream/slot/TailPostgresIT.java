package org.pgdeltastream.slot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.pgdeltastream.change.ProblemException;
import org.pgdeltastream.change.option.ChangeOptions;
import org.pgdeltastream.delivery.CloseReason;
import org.pgdeltastream.slot.stream.StreamOptions;
import org.pgdeltastream.support.NeedsWal2Json;
import org.pgdeltastream.support.RecordingSubscriber;
import org.pgdeltastream.support.TestDatabase;

/** A look at the newest changes: nothing has to be acknowledged, and nothing is left. */
@Timeout(value = 180, unit = TimeUnit.SECONDS)
class TailPostgresIT {
  private static final Duration SOON = Duration.ofSeconds(30);
  private static final String SLOTS = "select count(*) from pg_replication_slots";

  @Test
  void showsWhatComesAndMovesOnByItself() throws Exception {
    try (TestDatabase database = TestDatabase.embedded();
        TestRegistry registry = new TestRegistry(database)) {
      database.execute("create table t (id int primary key); create publication p for table t");
      RecordingSubscriber client = tail(registry, "p");
      awaitSlot(database);
      database.execute("insert into t values (1)");
      assertThat(client.nextWithChange()).contains("[1]");
      database.execute("checkpoint");
      database.execute("insert into t values (2)");
      assertThat(client.nextWithChange()).contains("[2]");
      String sent = database.text("select pg_current_wal_flush_lsn()");
      await("the slot to move on")
          .atMost(SOON)
          .until(
              () ->
                  database
                      .text(
                          "select confirmed_flush_lsn >= '"
                              + sent
                              + "'::pg_lsn - 1000 from pg_replication_slots")
                      .equals("t"));
      assertThat(registry.slots.reports().all()).as("it is nobody's to drop").isEmpty();
    }
  }

  @Test
  void leavesNothingWhateverEndsIt() throws Exception {
    try (TestDatabase database = TestDatabase.embedded()) {
      database.execute("create table t (id int primary key); create publication p for table t");
      try (TestRegistry registry = new TestRegistry(database, "tail-seconds", "2")) {
        RecordingSubscriber late = tail(registry, "p");
        assertThat(late.closed())
            .isEqualTo(
                new RecordingSubscriber.Closed(
                    CloseReason.OPERATOR, "a tail ends after 2 s; connect again"));
        awaitNoSlot(database);

        RecordingSubscriber cut = tail(registry, "p");
        awaitSlot(database);
        database.execute("select pg_terminate_backend(active_pid) from pg_replication_slots");
        assertThat(cut.closed().reason())
            .as("another slot would begin later")
            .isIn(CloseReason.UPSTREAM_RESTARTING, CloseReason.UPSTREAM_LOST);
        awaitNoSlot(database);

        tail(registry, "p");
        awaitSlot(database);
      }
      awaitNoSlot(database);
    }
  }

  /** Each takes a slot and a walsender of PostgreSQL. */
  @Test
  void allowsFour() throws Exception {
    try (TestDatabase database = TestDatabase.embedded();
        TestRegistry registry = new TestRegistry(database)) {
      database.execute("create publication p for all tables");
      for (String number : List.of("1", "2", "3", "4")) {
        registry.slots.stream(
            StreamOptions.tail(number, List.of("p"), ChangeOptions.usual()),
            new RecordingSubscriber());
      }
      assertThatThrownBy(() -> tail(registry, "p"))
          .isInstanceOf(ProblemException.class)
          .hasMessageContaining("4 tails already");
      assertThat(registry.slots.operations().measured().streams()).as("no metrics").isEmpty();
    }
  }

  /** What others write is none of its matter, and does not stay for it. */
  @Test
  void keepsNoWalOfWhatItDoesNotShow() throws Exception {
    try (TestDatabase database = TestDatabase.embedded();
        TestRegistry registry = new TestRegistry(database)) {
      database.execute("create table t (id int primary key); create publication p for table t");
      database.execute("create table others (t text)");
      RecordingSubscriber client = tail(registry, "p");
      awaitSlot(database);
      for (int i = 0; i < 20; i++) {
        database.execute(
            "insert into others select repeat('x', 1000) from generate_series(1, 5000)");
      }
      await("the slot to follow")
          .atMost(SOON)
          .until(
              () ->
                  database
                      .text(
                          "select pg_current_wal_lsn() - confirmed_flush_lsn < 1000000"
                              + " from pg_replication_slots")
                      .equals("t"));
      assertThat(client.isClosed()).isFalse();
    }
  }

  @Test
  void saysWhichPublicationIsMissing() throws Exception {
    try (TestDatabase database = TestDatabase.embedded();
        TestRegistry registry = new TestRegistry(database)) {
      assertThat(tail(registry, "nobodys").closed().detail())
          .isEqualTo("there is no publication nobodys");
    }
  }

  /** PostgreSQL makes no slot before writing transactions have ended. */
  @Test
  void doesNotWaitForTransactionsForEver() throws Exception {
    try (TestDatabase database = TestDatabase.embedded();
        TestRegistry registry = new TestRegistry(database);
        Connection other = database.connect();
        Statement statement = other.createStatement()) {
      database.execute("create table t (id int primary key); create publication p for table t");
      other.setAutoCommit(false);
      statement.execute("insert into t values (1)");
      assertThat(tail(registry, "p").closed().reason()).isEqualTo(CloseReason.UPSTREAM_LOST);
      await("its walsender to end")
          .atMost(SOON)
          .until(() -> database.text("select count(*) from pg_stat_replication").equals("0"));
      awaitNoSlot(database);
      other.rollback();
    }
  }

  /** Where there are neither publications nor slots of ours. */
  @Test
  @NeedsWal2Json
  void readsWal2JsonWhereThereAreNoPublications() throws Exception {
    try (TestDatabase database = TestDatabase.system();
        TestRegistry registry = new TestRegistry(database)) {
      database.execute("create table t (id int primary key)");
      RecordingSubscriber client = tail(registry);
      awaitSlot(database);
      database.execute("insert into t values (1)");
      assertThat(client.nextWithChange()).contains("[1]");
      assertThat(database.text("select count(*) from pg_publication")).isEqualTo("0");
    }
  }

  private static RecordingSubscriber tail(TestRegistry registry, String... publications) {
    RecordingSubscriber client = new RecordingSubscriber();
    registry.slots.stream(
        StreamOptions.tail("1", List.of(publications), ChangeOptions.usual()), client);
    return client;
  }

  private static void awaitSlot(TestDatabase database) {
    await("the stream")
        .atMost(SOON)
        .until(
            () ->
                database
                    .text("select count(*) from pg_stat_replication where state = 'streaming'")
                    .equals("1"));
  }

  private static void awaitNoSlot(TestDatabase database) {
    await("no slot").atMost(SOON).until(() -> database.text(SLOTS).equals("0"));
  }
}
