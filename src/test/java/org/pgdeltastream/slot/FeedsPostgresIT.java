package org.pgdeltastream.slot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.pgdeltastream.delivery.CloseReason.SERVICE_RESTART;

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
import org.pgdeltastream.change.Problem;
import org.pgdeltastream.change.ProblemException;
import org.pgdeltastream.change.option.ChangeOptions;
import org.pgdeltastream.feed.FakeOutlet;
import org.pgdeltastream.feed.FeedSubscriber;
import org.pgdeltastream.feed.ViewOptions;
import org.pgdeltastream.feed.log.FeedPosition;
import org.pgdeltastream.feed.log.Framing;
import org.pgdeltastream.slot.feed.Feed;
import org.pgdeltastream.slot.feed.FeedDefinition;
import org.pgdeltastream.slot.feed.Feeds;
import org.pgdeltastream.slot.feed.FollowRequest;
import org.pgdeltastream.support.TestDatabase;

/** How feeds begin and end, whoever asks for them meanwhile. */
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class FeedsPostgresIT {
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
      assertThatThrownBy(() -> feeds.report("main")).hasMessageContaining("No feed main");
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
    assertThat(outlets).allMatch(one -> one.ending().equals(Optional.of(SERVICE_RESTART)));
  }

  private static FakeOutlet follow(Feeds feeds) {
    FakeOutlet outlet = new FakeOutlet(Long.MAX_VALUE / 2, false);
    FollowRequest.Client client =
        new FollowRequest.Client() {
          @Override
          public void begins(FeedSubscriber one, FeedPosition start, FeedPosition oldest) {}

          @Override
          public void mustRefetch(
              FeedSubscriber one, String reason, FeedPosition oldest, FeedPosition newest) {}
        };
    ViewOptions all = new ViewOptions(ChangeOptions.usual());
    FollowRequest request =
        new FollowRequest(
            all, Framing.TEXTS, FollowRequest.After.NOW, Duration.ZERO, "127.0.0.1", client);
    outlet.serves(feeds.follow("main", request, outlet));
    return outlet;
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
    return new FeedDefinition(name, publications, window, Duration.ofMinutes(10));
  }

  private static List<String> names(Feeds feeds) {
    return feeds.list().stream().map(Feed::definition).map(FeedDefinition::name).toList();
  }
}
