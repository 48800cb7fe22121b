package org.pgdeltastream.slot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.lang.ref.WeakReference;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.pgdeltastream.change.LogicalMessage;
import org.pgdeltastream.change.Problem;
import org.pgdeltastream.change.ProblemException;
import org.pgdeltastream.change.option.ChangeOptions;
import org.pgdeltastream.delivery.CloseReason;
import org.pgdeltastream.feed.FakeOutlet;
import org.pgdeltastream.feed.FeedSubscriber;
import org.pgdeltastream.feed.ViewOptions;
import org.pgdeltastream.feed.log.FeedPosition;
import org.pgdeltastream.feed.log.Framing;
import org.pgdeltastream.journal.shared.KafkaSettings.Storage;
import org.pgdeltastream.slot.admission.Caller;
import org.pgdeltastream.slot.feed.Feed;
import org.pgdeltastream.slot.feed.FeedDefinition;
import org.pgdeltastream.slot.feed.Feeds;
import org.pgdeltastream.slot.feed.FollowRequest;
import org.pgdeltastream.slot.view.ViewRequest;
import org.pgdeltastream.support.FaultProxy;
import org.pgdeltastream.support.TestDatabase;

/** How feeds begin and end, whoever asks for them meanwhile. */
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class FeedsPostgresIT {
  private static final ViewRequest ALL = new ViewRequest(ChangeOptions.usual());
  private static final Caller CALLER = new Caller("127.0.0.1", "");
  private static final Duration SOON = Duration.ofSeconds(20);

  private TestDatabase database;

  @BeforeEach
  void start() throws Exception {
    database = TestDatabase.embedded();
    database.execute("create table t (id int primary key)");
  }

  @AfterEach
  void stop() throws Exception {
    database.close();
  }

  @Test
  void makesTheFeedsOfTheSettingsAsSoonAsItCan() throws Exception {
    try (TestRegistry registry = new TestRegistry(database, "feeds", "other;main=late")) {
      Feeds feeds = registry.slots.feeds();
      await("the feed that can be made").atMost(SOON).until(() -> names(feeds).contains("other"));
      assertThatThrownBy(() -> feeds.report("main")).isInstanceOf(ProblemException.class);
      database.execute("create publication late for table t");
      await("the other one").atMost(SOON).until(() -> names(feeds).contains("main"));
      assertThat(feeds.report("main").definition().publications()).containsExactly("late");
      feeds.drop("main", false);
      assertThatThrownBy(() -> feeds.report("main")).hasMessageContaining("No feed main");
    }
  }

  @Test
  void takesThePublicationsOfTheSettingsWhoeverAsksFirst() throws Exception {
    database.execute("create publication named for table t");
    makeBefore(definition("main", List.of("named"), 1 << 20));
    try (TestRegistry registry = new TestRegistry(database, "feeds", "main=named")) {
      assertThat(registry.slots.feeds().report("main").definition().publications())
          .containsExactly("named");
    }
  }

  @Test
  void readsAnewWhatWasFoundBeforeItWasMade() throws Exception {
    database.execute("create publication named for table t");
    FeedDefinition wanted = definition("main", List.of("named"), 1 << 20);
    makeBefore(wanted);
    try (TestRegistry registry = new TestRegistry(database)) {
      Feeds feeds = registry.slots.feeds();
      assertThat(feeds.report("main").definition()).isEqualTo(feeds.usual("main", List.of()));
      assertThat(feeds.make(wanted)).isFalse();
      assertThat(feeds.report("main").definition()).isEqualTo(wanted);
      assertThat(feeds.make(wanted)).isFalse();
      assertThatThrownBy(() -> feeds.make(definition("main", List.of("named"), 2 << 20)))
          .isInstanceOfSatisfying(
              ProblemException.class, e -> assertThat(e.problem()).isEqualTo(Problem.FEED_EXISTS));
      await("its reader")
          .atMost(SOON)
          .until(() -> feeds.report("main").state().equals("streaming"));
    }
  }

  @Test
  void opensNoFeedThatIsBeingDropped() throws Exception {
    ExecutorService threads = Executors.newCachedThreadPool();
    AtomicBoolean over = new AtomicBoolean();
    try (TestRegistry registry = new TestRegistry(database)) {
      Feeds feeds = registry.slots.feeds();
      Future<?> asking =
          threads.submit(
              () -> {
                while (!over.get()) {
                  asks(feeds);
                }
              });
      for (int i = 0; i < 5; i++) {
        await("another feed").atMost(SOON).until(() -> makes(feeds));
        feeds.drop("main", true);
      }
      over.set(true);
      asking.get(20, TimeUnit.SECONDS);
      assertThat(feeds.list()).isEmpty();
      assertThat(database.text("select count(*) from pg_replication_slots")).isEqualTo("0");
    } finally {
      over.set(true);
      threads.shutdown();
    }
  }

  @Test
  void measuresHeartbeatsAndShowsThemToNobody() throws Exception {
    TestRegistry registry = new TestRegistry(database, "heartbeat", "1");
    try {
      Feeds feeds = registry.slots.feeds();
      feeds.make(feeds.usual("main", List.of()));
      FakeOutlet outlet = follow(feeds);
      await("its begin").atMost(SOON).until(() -> outlet.size() > 0);
      await("heartbeats")
          .atMost(SOON)
          .until(() -> feeds.report("main").counts().read().heartbeatDelays().seconds() > 0);
      database.execute("select pg_logical_emit_message(false, 'theirs', 'seen')");
      await("another's message").atMost(SOON).until(() -> text(outlet).contains("seen"));
      assertThat(text(outlet)).doesNotContain(LogicalMessage.HEARTBEAT);
    } finally {
      registry.close();
    }
  }

  /** One that had all that was read: clients come back with their positions. */
  @Test
  void goesOnWithAStandbyThatWasPromoted() throws Exception {
    FaultProxy proxy = FaultProxy.to(database.port());
    String url = database.jdbcUrl().replace(":" + database.port(), ":" + proxy.port());
    TestRegistry registry = new TestRegistry(database, "database-url", url, "hold", "60");
    try {
      Feeds feeds = registry.slots.feeds();
      feeds.make(feeds.usual("main", List.of()));
      FakeOutlet outlet = follow(feeds);
      await("its begin").atMost(SOON).until(() -> outlet.size() > 0);
      database.execute("insert into t values (1)");
      await("the row").atMost(SOON).until(() -> text(outlet).contains("[1]"));
      FeedPosition position = position(feeds);
      proxy.redirect(1); // nobody sees it as a standby
      proxy.reset();
      database.stop("INT");
      database.becomeStandby();
      database.startAgain();
      database.execute("select pg_promote()");
      database.execute("insert into t values (2)");
      proxy.redirect(database.port());
      await("its end").atMost(SOON).until(outlet::isEnded);
      assertThat(outlet.ending()).contains(CloseReason.UPSTREAM_LOST);
      FakeOutlet again = follow(feeds, FollowRequest.After.of(position));
      await("the next row").atMost(SOON).until(() -> text(again).contains("[2]"));
      assertThat(text(again)).doesNotContain("[1]").doesNotContain("refetch");
    } finally {
      registry.closeWithoutDropping();
      proxy.close();
    }
  }

  /** It would leave out what it writes up to where the feed has read elsewhere. */
  @ParameterizedTest(name = "read before it is promoted: {0}")
  @ValueSource(booleans = {false, true})
  void doesNotGoOnWithAStandbyThatLackedWhatWasRead(boolean seen) throws Exception {
    FaultProxy proxy = FaultProxy.to(database.port());
    String url = database.jdbcUrl().replace(":" + database.port(), ":" + proxy.port());
    TestRegistry registry = new TestRegistry(database, "database-url", url, "hold", "60");
    try {
      Feeds feeds = registry.slots.feeds();
      feeds.make(feeds.usual("main", List.of()));
      database.stop("INT");
      database.keepFiles();
      database.startAgain();
      FakeOutlet outlet = follow(feeds);
      database.execute("insert into t values (1)");
      await("the row").atMost(SOON).until(() -> text(outlet).contains("[1]"));
      FeedPosition position = position(feeds);
      if (!seen) {
        proxy.redirect(1);
        proxy.reset();
      }
      database.stop("INT");
      database.restoreFiles();
      database.becomeStandby();
      database.startAgain();
      if (seen) {
        await("its end").atMost(SOON).until(outlet::isEnded);
      }
      database.execute("select pg_promote()");
      database.execute("insert into t select generate_series(2, 10000)");
      proxy.redirect(database.port());
      await("its end").atMost(SOON).until(outlet::isEnded);
      assertThat(outlet.ending()).contains(seen ? CloseReason.UPSTREAM_LOST : CloseReason.DIVERGED);
      assertThat(text(outlet).contains("[2]")).isFalse(); // not to print all of it
      await("the new history")
          .atMost(SOON)
          .until(() -> feeds.report("main").state().equals("streaming"));
      FakeOutlet again = follow(feeds, FollowRequest.After.of(position));
      await("the reason").atMost(SOON).until(() -> text(again).contains("refetch timeline"));
    } finally {
      registry.closeWithoutDropping();
      proxy.close();
    }
  }

  /** Of a client that has all. */
  private FeedPosition position(Feeds feeds) throws Exception {
    String[] identity =
        database
            .text(
                "select system_identifier || ' ' || timeline_id"
                    + " from pg_control_system(), pg_control_checkpoint()")
            .split(" ", -1);
    return FeedPosition.Stamp.of(identity[0], "postgres", Integer.parseInt(identity[1]))
        .of(new ViewOptions(ALL.changes()).hash())
        .at(feeds.report("main").position());
  }

  /** As long as another server reads the slot, clients come and go. */
  @Test
  void keepsNothingOfClientsThatCouldNotBeServed() throws Exception {
    TestRegistry registry = new TestRegistry(database);
    TestRegistry second = new TestRegistry(database, "node", "second");
    try {
      registry.slots.feeds().make(registry.slots.feeds().usual("main", List.of()));
      await("the reader")
          .atMost(SOON)
          .until(() -> registry.slots.feeds().report("main").state().equals("streaming"));
      List<WeakReference<FakeOutlet>> outlets = new ArrayList<>();
      for (int i = 0; i < 50; i++) {
        outlets.add(new WeakReference<>(follow(second.slots.feeds())));
      }
      await("nothing of them to be held")
          .atMost(SOON)
          .until(
              () -> {
                System.gc();
                return outlets.stream().allMatch(one -> one.get() == null);
              });
      assertThat(second.slots.feeds().report("main").lastFailure().orElseThrow().reason())
          .isEqualTo(CloseReason.SLOT_BUSY);
    } finally {
      second.closeWithoutDropping();
      registry.closeWithoutDropping();
    }
  }

  @Test
  void makesAFeedAgainWhoseSlotOthersHaveDropped() throws Exception {
    try (TestRegistry registry = new TestRegistry(database)) {
      Feeds feeds = registry.slots.feeds();
      assertThat(makes(feeds)).isTrue();
      dropSlot();
      assertThat(makes(feeds)).isTrue();
      dropSlot();
      feeds.drop("main", true);
      assertThat(feeds.list()).isEmpty();
    }
  }

  private void dropSlot() {
    await("the slot to be dropped")
        .atMost(SOON)
        .ignoreExceptions()
        .until(
            () -> {
              database.execute(
                  "select pg_terminate_backend(active_pid) from pg_replication_slots"
                      + " where active_pid is not null");
              database.execute("select pg_drop_replication_slot('delta_feed_main')");
              return true;
            });
  }

  @Test
  void closesAllSubscribersWhenItStops() throws Exception {
    TestRegistry registry = new TestRegistry(database);
    List<FakeOutlet> outlets = new ArrayList<>();
    try {
      Feeds feeds = registry.slots.feeds();
      feeds.make(feeds.usual("main", List.of()));
      for (int i = 0; i < 500; i++) {
        outlets.add(follow(feeds));
      }
      await("all to begin")
          .atMost(SOON)
          .until(() -> outlets.stream().allMatch(one -> one.size() > 0));
    } finally {
      registry.closeWithoutDropping();
    }
    assertThat(outlets)
        .allMatch(one -> one.ending().equals(Optional.of(CloseReason.SERVICE_RESTART)));
  }

  private static FakeOutlet follow(Feeds feeds) {
    return follow(feeds, FollowRequest.After.NOW);
  }

  private static FakeOutlet follow(Feeds feeds, FollowRequest.After after) {
    FakeOutlet outlet = new FakeOutlet(Long.MAX_VALUE / 2, false);
    FollowRequest.Client client =
        new FollowRequest.Client() {
          @Override
          public void begins(FeedSubscriber one, FeedPosition start, FeedPosition oldest) {}

          @Override
          public void beginsWithRows(
              FeedSubscriber one, Optional<String> refetch, FeedPosition oldest) {}

          @Override
          public void mustRefetch(
              FeedSubscriber one, String reason, FeedPosition oldest, FeedPosition newest) {
            one.say(("refetch " + reason).getBytes(StandardCharsets.UTF_8));
          }
        };
    FollowRequest request =
        new FollowRequest(ALL, Framing.TEXTS, after, false, Duration.ZERO, CALLER, client);
    outlet.serves(feeds.follow("main", request, outlet));
    return outlet;
  }

  private static String text(FakeOutlet outlet) {
    return new String(outlet.bytes(), StandardCharsets.UTF_8);
  }

  private static void asks(Feeds feeds) {
    try {
      feeds.report("main");
    } catch (ProblemException e) {
      assertThat(e.problem()).isIn(Problem.FEED_NOT_FOUND, Problem.UPSTREAM_BUSY);
    }
  }

  private static boolean makes(Feeds feeds) {
    return feeds.make(feeds.usual("main", List.of()));
  }

  /** By a server that has stopped. */
  private void makeBefore(FeedDefinition wanted) {
    TestRegistry before = new TestRegistry(database);
    try {
      assertThat(before.slots.feeds().make(wanted)).isTrue();
    } finally {
      before.closeWithoutDropping();
    }
  }

  private static FeedDefinition definition(String name, List<String> publications, long window) {
    return new FeedDefinition(name, publications, window, Duration.ofMinutes(10), Storage.WAL);
  }

  private static List<String> names(Feeds feeds) {
    return feeds.list().stream().map(Feed::definition).map(FeedDefinition::name).toList();
  }
}
