package org.pgdeltastream.slot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.change.ProblemException;
import org.pgdeltastream.change.option.ChangeOptions;
import org.pgdeltastream.delivery.CloseReason;
import org.pgdeltastream.feed.FakeOutlet;
import org.pgdeltastream.feed.FeedSubscriber;
import org.pgdeltastream.feed.log.FeedPosition;
import org.pgdeltastream.feed.log.Framing;
import org.pgdeltastream.slot.admission.Caller;
import org.pgdeltastream.slot.feed.FeedReport;
import org.pgdeltastream.slot.feed.Feeds;
import org.pgdeltastream.slot.feed.FollowRequest;
import org.pgdeltastream.slot.shared.SharedReport;
import org.pgdeltastream.slot.shared.SharedState;
import org.pgdeltastream.slot.view.ViewRequest;
import org.pgdeltastream.support.Broker;
import org.pgdeltastream.support.TestDatabase;

/** Feeds that two servers serve from one log in Kafka. */
@Timeout(value = 180, unit = TimeUnit.SECONDS)
class SharedFeedsPostgresIT {
  private static final Duration SOON = Duration.ofSeconds(30);
  private static final Pattern ROW = Pattern.compile("\"columnvalues\":\\[(\\d+)");
  private static final Pattern NEXT = Pattern.compile("\"nextlsn\":\"([0-9A-F/]+)\"");

  @TempDir static Path directory;
  private static Broker broker;
  private TestDatabase database;
  private TestRegistry one;
  private TestRegistry two;

  @BeforeAll
  static void startsTheBroker() throws IOException {
    broker = Broker.start(directory);
  }

  @AfterAll
  static void stopsTheBroker() {
    broker.close();
  }

  @BeforeEach
  void start() throws Exception {
    database = TestDatabase.embedded();
    database.execute("create table t (id int primary key, what text)");
    one = server("one");
    two = server("two");
  }

  @AfterEach
  void stop() throws Exception {
    two.closeWithoutDropping();
    one.close();
    database.close();
  }

  private TestRegistry server(String name) {
    return new TestRegistry(
        database,
        "node",
        name,
        "kafka",
        broker.address(),
        "kafka-replicas",
        "1",
        "feed-storage",
        "kafka",
        "feed-window-bytes",
        "1048576",
        "step-down",
        "3");
  }

  /** A client that remembers where it is. */
  private static final class Client implements FollowRequest.Client {
    private final FakeOutlet outlet = new FakeOutlet(Long.MAX_VALUE / 2, false);
    private volatile String stamp = "";
    private volatile String refetch = "";

    static Client of(TestRegistry server, FollowRequest.After after) {
      Client client = new Client();
      FollowRequest request =
          new FollowRequest(
              new ViewRequest(ChangeOptions.usual()),
              Framing.TEXTS,
              after,
              false,
              Duration.ZERO,
              new Caller("127.0.0.1", ""),
              client);
      client.outlet.serves(server.slots.feeds().follow("main", request, client.outlet));
      return client;
    }

    @Override
    public void begins(FeedSubscriber subscriber, FeedPosition start, FeedPosition oldest) {
      stamp = start.stamp().orElseThrow().toString();
      subscriber.say("begun ".getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public void beginsWithRows(
        FeedSubscriber subscriber, Optional<String> why, FeedPosition oldest) {}

    @Override
    public void mustRefetch(
        FeedSubscriber subscriber, String reason, FeedPosition oldest, FeedPosition newest) {
      refetch = reason;
      subscriber.end(CloseReason.POSITION_LOST, reason);
    }

    String text() {
      return new String(outlet.bytes(), StandardCharsets.UTF_8);
    }

    List<Integer> rows() {
      return ROW.matcher(text()).results().map(one -> Integer.valueOf(one.group(1))).toList();
    }

    FollowRequest.After position() {
      String last =
          NEXT.matcher(text()).results().map(MatchResult::group).reduce((a, b) -> b).orElseThrow();
      String lsn = last.substring(last.indexOf(':') + 2, last.length() - 1);
      return FollowRequest.After.of(FeedPosition.parse(stamp + "." + lsn));
    }
  }

  private static Client begun(TestRegistry server) {
    return begun(server, FollowRequest.After.NOW);
  }

  private static Client begun(TestRegistry server, FollowRequest.After after) {
    Client client = Client.of(server, after);
    await("the client to begin").atMost(SOON).until(() -> !client.text().isEmpty());
    return client;
  }

  private static void awaitRows(Client client, int first, int last) {
    await("rows up to " + last + ", has " + client.rows())
        .atMost(SOON)
        .until(() -> client.rows().contains(last));
    assertThat(client.rows())
        .containsExactlyElementsOf(IntStream.rangeClosed(first, last).boxed().toList());
  }

  private void insert(int first, int last) throws SQLException {
    for (int id = first; id <= last; id++) {
      database.execute("insert into t values (" + id + ", 'x')");
    }
  }

  private void makeFeed() {
    Feeds feeds = one.slots.feeds();
    assertThat(feeds.make(feeds.usual("main", List.of()))).isTrue();
    awaitState(one, SharedState.LEADING);
  }

  private static SharedReport report(TestRegistry server) {
    FeedReport report = server.slots.feeds().report("main");
    return report.shared().orElseThrow();
  }

  private static void awaitState(TestRegistry server, SharedState state) {
    await(state.toString()).atMost(SOON).until(() -> report(server).state() == state);
  }

  @Test
  void eachServerServesAllAndTheOtherLeadsWhereOneEnds() throws Exception {
    makeFeed();
    Client first = begun(one);
    Client second = begun(two);
    awaitState(two, SharedState.FOLLOWING);
    insert(1, 10);
    awaitRows(first, 1, 10);
    awaitRows(second, 1, 10);
    FollowRequest.After position = first.position();
    one.closeWithoutDropping();
    assertThat(first.outlet.ending()).contains(CloseReason.SERVICE_RESTART);
    insert(11, 15);
    awaitRows(second, 1, 15);
    awaitState(two, SharedState.LEADING);
    awaitRows(begun(two, position), 11, 15);
    one = server("one");
    awaitRows(begun(one, position), 11, 15);
    assertThat(report(one).state()).isEqualTo(SharedState.FOLLOWING);
    assertThat(database.text("select count(*) from pg_replication_slots")).isEqualTo("1");
  }

  @Test
  void takesTransactionsThatAreLargerThanARecord() throws Exception {
    makeFeed();
    Client second = begun(two);
    database.execute(
        "insert into t select i, repeat(md5(i::text), 100) from generate_series(1, 2000) i");
    database.execute("insert into t values (2001, repeat('x', 3000000))");
    database.execute("insert into t values (2002, 'x')");
    awaitRows(second, 1, 2002);
    assertThat(second.text()).contains("x".repeat(3_000_000));
  }

  @Test
  void whatIsBehindTheWindowIsReadFromTheLog() throws Exception {
    makeFeed();
    Client client = begun(two);
    insert(1, 1);
    awaitRows(client, 1, 1);
    FollowRequest.After position = client.position();
    database.execute("alter table t alter what set storage external");
    for (int id = 2; id <= 60; id++) {
      database.execute("insert into t values (" + id + ", repeat('x', 100000))");
    }
    awaitRows(client, 1, 60);
    Lsn behind = position.position().orElseThrow().lsn();
    await("the window to move on")
        .atMost(SOON)
        .until(() -> two.slots.feeds().report("main").oldest().isAfter(behind));
    Client late = begun(two, position);
    awaitRows(late, 2, 60);
    insert(61, 61);
    awaitRows(late, 2, 61);
  }

  @Test
  void saysThatTheLogHasLostChanges() throws Exception {
    makeFeed();
    Client first = begun(two);
    insert(1, 1);
    awaitRows(first, 1, 1);
    FollowRequest.After position = first.position();
    insert(2, 3);
    awaitRows(first, 1, 3);
    String written = database.text("select pg_current_wal_lsn()");
    String isTold = "select confirmed_flush_lsn >= '" + written + "' from pg_replication_slots";
    await("PostgreSQL to be told").atMost(SOON).until(() -> database.text(isTold).equals("t"));
    one.closeWithoutDropping();
    two.closeWithoutDropping();
    KafkaTopics.makeAnew(broker, "pgdelta.main");
    insert(4, 5);
    one = server("one");
    two = server("two");
    awaitState(one, SharedState.JOURNAL_LOST);
    assertThat(report(one).detail()).contains("pgdelta.main ends at 0/0, but its slot");
    one.slots.feeds().acceptGap("main");
    awaitState(one, SharedState.LEADING);
    Client late = Client.of(two, position);
    await("the refusal").atMost(SOON).until(() -> late.refetch.equals("window"));
    assertThatThrownBy(() -> one.slots.feeds().acceptGap("main"))
        .isInstanceOf(ProblemException.class)
        .hasMessageContaining("has lost nothing");
    insert(6, 7);
    awaitRows(begun(two, FollowRequest.After.OLDEST), 4, 7);
  }

  @Test
  void goesOnWithAnotherTopicWhereAnOperatorAcceptsThat() throws Exception {
    makeFeed();
    Client client = begun(two);
    KafkaTopics.remove(broker, "pgdelta.main");
    insert(1, 2);
    awaitState(one, SharedState.JOURNAL_LOST);
    assertThat(report(one).detail()).contains("pgdelta.main ends at 0/0");
    await("the client to be told").atMost(SOON).until(() -> client.outlet.ending().isPresent());
    one.slots.feeds().acceptGap("main");
    awaitState(one, SharedState.LEADING);
    insert(3, 3);
    Client late = begun(two);
    insert(4, 4);
    await("what comes then").atMost(SOON).until(() -> late.rows().contains(4));
    assertThat(report(two).state()).isEqualTo(SharedState.FOLLOWING);
  }
}
