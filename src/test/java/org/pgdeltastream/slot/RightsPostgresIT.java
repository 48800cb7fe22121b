package org.pgdeltastream.slot;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.pgdeltastream.change.Action;
import org.pgdeltastream.change.Problem;
import org.pgdeltastream.change.ProblemException;
import org.pgdeltastream.change.TableName;
import org.pgdeltastream.delivery.CloseReason;
import org.pgdeltastream.feed.FeedSubscriber;
import org.pgdeltastream.feed.log.FeedPosition;
import org.pgdeltastream.feed.log.Framing;
import org.pgdeltastream.filter.Condition;
import org.pgdeltastream.rights.Bearer;
import org.pgdeltastream.rights.Claims;
import org.pgdeltastream.rights.FeedRight;
import org.pgdeltastream.rights.Identity;
import org.pgdeltastream.rights.Limits;
import org.pgdeltastream.rights.Rights;
import org.pgdeltastream.rights.Role;
import org.pgdeltastream.rights.TableRight;
import org.pgdeltastream.slot.feed.Feeds;
import org.pgdeltastream.slot.feed.FollowRequest;
import org.pgdeltastream.slot.view.ViewRequest;
import org.pgdeltastream.support.Seeds;
import org.pgdeltastream.support.TestDatabase;

/** Who has rights of its own is told what they name of rows, columns and changes, and no more. */
@Timeout(value = 300, unit = TimeUnit.SECONDS)
class RightsPostgresIT {
  private static final Duration SOON = Duration.ofSeconds(60);
  private static final int ROLES = 60;
  private static final int STATEMENTS = 150;
  private static final TableName BY_KEY = new TableName("public", "bykey");
  private static final Pattern CANARY = Pattern.compile("c-[a-z]+-[a-z]+-[0-9]+");

  private static final Logger LOGS = Logger.getLogger("org.pgdeltastream");

  private final Queue<String> log = new ConcurrentLinkedQueue<>();
  private final Handler listener = new Listener();
  private TestDatabase database;
  private TestRegistry registry;
  private Feeds feeds;

  private final class Listener extends Handler {
    @Override
    public void publish(LogRecord line) {
      log.add(line.getMessage());
    }

    @Override
    public void flush() {}

    @Override
    public void close() {}
  }

  @BeforeEach
  void start() throws Exception {
    LOGS.addHandler(listener);
    database = TestDatabase.embedded();
    for (String table : RightsModel.TABLES.keySet()) {
      database.execute(RightsModel.create(table));
    }
    database.execute("create table mark (id int primary key, text text)");
    database.execute("create table cell (id int primary key, tenant int, text text)");
    database.execute("alter table cell replica identity full");
    registry = new TestRegistry(database);
    feeds = registry.slots.feeds();
    feeds.make(feeds.usual("main", List.of()));
  }

  @AfterEach
  void stop() throws Exception {
    registry.close();
    database.close();
    LOGS.removeHandler(listener);
  }

  private static Identity identity(String subject, String role, Optional<Instant> expires) {
    Map<String, Object> claims = new HashMap<>(RightsModel.CLAIMS);
    claims.put("sub", subject);
    return new Identity(
        "https://issuer",
        subject,
        Optional.empty(),
        role,
        new Claims(claims),
        Optional.empty(),
        expires);
  }

  private Bearer bearer(FeedRight right, Limits limits) {
    Role role = new Role("user", false, false, Map.of("main", right), limits);
    registry.rights.set(new Rights(Map.of("user", role), Optional.empty()));
    return new Bearer(identity("ann", "user", Optional.empty()), role);
  }

  private Bearer bearer(FeedRight right) {
    return bearer(right, Limits.NONE);
  }

  private static FeedRight own(Set<Action> actions) {
    return right(
        new TableRight(
            Optional.of(List.of("id", "owner", "text")), Optional.of("owner.eq.$sub"), actions));
  }

  private static FeedRight right(TableRight byKey) {
    return new FeedRight(Map.of(BY_KEY, byKey), Set.of(), true);
  }

  /** Role × table × columns × rows × action × identity × transport × snapshot. */
  @Test
  void isToldWhatItsRightsNameAndNoMore() throws Exception {
    Random random = new Random(Seeds.first());
    RightsModel model = new RightsModel(random);
    for (int i = 0; i < 30; i++) {
      database.execute(model.next());
    }
    model.begin();
    Map<String, FeedRight> rights = new TreeMap<>();
    Map<String, Role> roles = new HashMap<>();
    for (int i = 0; i < ROLES; i++) {
      FeedRight right = model.right(i % 2 == 0);
      rights.put("r" + i, right);
      roles.put("r" + i, new Role("r" + i, false, false, Map.of("main", right), Limits.NONE));
    }
    registry.rights.set(new Rights(roles, Optional.empty()));
    Map<RightsReader, FeedRight> readers = new HashMap<>();
    int refused = 0;
    for (Map.Entry<String, FeedRight> one : rights.entrySet()) {
      Bearer bearer =
          new Bearer(
              identity("ann", one.getKey(), Optional.empty()),
              requireNonNull(roles.get(one.getKey())));
      boolean snapshot = one.getValue().snapshot();
      if (!RightsModel.isDecidable(one.getValue())) {
        assertThatThrownBy(() -> new RightsReader(feeds, Framing.TEXTS, snapshot, bearer))
            .as("%s", one)
            .isInstanceOfSatisfying(
                ProblemException.class,
                e -> assertThat(e.problem()).isEqualTo(Problem.IDENTITY_INSUFFICIENT));
        refused++;
        continue;
      }
      for (Framing framing : Framing.values()) {
        readers.put(new RightsReader(feeds, framing, snapshot, bearer), one.getValue());
      }
    }
    assertThat(refused).as("rights that cannot be decided").isBetween(5, ROLES - 10);
    awaitAll(readers, RightsReader::hasBegun, "their begin");
    for (int i = 0; i < STATEMENTS; i++) {
      database.execute(model.next());
    }
    database.execute("select pg_logical_emit_message(true, 'other', 'c-other-message-1')");
    database.execute("select pg_logical_emit_message(true, 'notice', 'word')");
    database.execute("insert into mark values (1)");
    awaitAll(readers, one -> one.text().contains("\"mark\""), "the last change");
    for (Map.Entry<RightsReader, FeedRight> one : readers.entrySet()) {
      check(one.getKey(), one.getValue(), model);
    }
    System.out.printf("%d subscribers, %d roles refused%n", readers.size(), refused);
    assertThat(CANARY.matcher(String.join("\n", log)).results().map(MatchResult::group)).isEmpty();
  }

  private interface Has {
    boolean test(RightsReader reader);
  }

  private static void awaitAll(Map<RightsReader, FeedRight> readers, Has has, String what) {
    await(what)
        .pollDelay(Duration.ZERO)
        .atMost(SOON)
        .until(() -> readers.keySet().stream().allMatch(has::test));
  }

  private static void check(RightsReader reader, FeedRight right, RightsModel model) {
    List<String> expected = new ArrayList<>(model.changes(right));
    if (right.prefixes().contains("notice")) {
      expected.add("message notice");
    }
    List<String> rows = right.snapshot() ? model.rows(right) : List.of();
    assertThat(reader.rows()).as("rows of %s", right).isEqualTo(rows);
    assertThat(reader.changes()).as("changes of %s", right).isEqualTo(expected);
    Set<String> allowed = new TreeSet<>(canaries(expected.toString()));
    allowed.addAll(canaries(rows.toString()));
    assertThat(allowed).as("canaries of %s", right).containsAll(canaries(reader.text()));
    assertThat(reader.ending()).isEmpty();
  }

  private static List<String> canaries(String text) {
    return CANARY.matcher(text).results().map(MatchResult::group).toList();
  }

  /** Nothing of one tenant is told to another, also where rows move between them. */
  @Test
  void tellsTenantsNothingOfEachOther() throws Exception {
    tellTenants(3);
  }

  @Test
  @Tag("nightly")
  void tellsTenantsNothingOfEachOtherInAMillionChanges() throws Exception {
    tellTenants(100);
  }

  private void tellTenants(int rounds) throws Exception {
    TableRight own =
        new TableRight(Optional.empty(), Optional.of("tenant.eq.$sub"), Set.of(Action.values()));
    TableRight all = new TableRight(Optional.empty(), Optional.empty(), Set.of(Action.INSERT));
    TableName mark = new TableName("public", "mark");
    FeedRight right =
        new FeedRight(Map.of(new TableName("public", "cell"), own, mark, all), Set.of(), true);
    Role role = bearer(right).role();
    AtomicInteger begun = new AtomicInteger();
    List<List<TenantOutlet>> tenants = new ArrayList<>();
    for (int tenant = 0; tenant < TenantOutlet.TENANTS; tenant++) {
      List<TenantOutlet> outlets = new ArrayList<>();
      for (Framing framing : Framing.values()) {
        TenantOutlet outlet = new TenantOutlet();
        Bearer bearer = new Bearer(identity("" + tenant, "user", Optional.empty()), role);
        RightsReader.follow(
            feeds, framing, false, bearer, RightsReader.asked(), outlet, new Begin(begun));
        outlets.add(outlet);
      }
      tenants.add(outlets);
    }
    await("their begin").atMost(SOON).until(() -> begun.get() == 4 * TenantOutlet.TENANTS);
    long start = System.nanoTime();
    for (int round = 0; round < rounds; round++) {
      database.execute(
          "insert into cell select i, i %% 100, 'm~' || lpad((i %% 100)::text, 2, '0') || '~' from generate_series(%d, %d) i"
              .formatted(round * 5000, round * 5000 + 4999));
      database.execute(
          "update cell set tenant = (tenant + 1) %% 100, text = 'm~' || lpad(((tenant + 1) %% 100)::text, 2, '0') || '~' where id between %d and %d"
              .formatted(round * 5000, round * 5000 + 3999));
      database.execute(
          "delete from cell where id >= %d and id < %d"
              .formatted(round * 5000, round * 5000 + 1000));
    }
    database.execute("insert into mark values (1, 'the last')");
    await("the last change")
        .pollDelay(Duration.ZERO)
        .pollInterval(Duration.ofMillis(10))
        .atMost(SOON.multipliedBy(4))
        .until(() -> tenants.stream().flatMap(List::stream).allMatch(TenantOutlet::hasLast));
    double seconds = (System.nanoTime() - start) / 1e9;
    long told = 0;
    for (int tenant = 0; tenant < TenantOutlet.TENANTS; tenant++) {
      for (TenantOutlet outlet : tenants.get(tenant)) {
        assertThat(outlet.others(tenant)).as("values of others for " + tenant).isZero();
        // 50 inserts; 40 updates, each out of one and into the next; 10 deletes
        assertThat(outlet.count(tenant)).as("values for " + tenant).isEqualTo(rounds * 140L);
        told += outlet.count(tenant);
      }
    }
    System.out.printf(
        "%d changes, %d told to %d subscribers in %.1f s: %.0f a second%n",
        rounds * 10_000, told, 4 * TenantOutlet.TENANTS, seconds, told / seconds);
  }

  /** Begins without rows. */
  private record Begin(AtomicInteger count) implements FollowRequest.Client {
    @Override
    public void begins(FeedSubscriber one, FeedPosition start, FeedPosition oldest) {
      count.incrementAndGet();
    }

    @Override
    public void beginsWithRows(FeedSubscriber one, Optional<String> refetch, FeedPosition oldest) {
      throw new AssertionError("not asked for");
    }

    @Override
    public void mustRefetch(
        FeedSubscriber one, String reason, FeedPosition oldest, FeedPosition newest) {
      throw new AssertionError(reason);
    }
  }

  @Test
  void endsWithItsToken() {
    Bearer soon = bearer(own(Set.of(Action.INSERT)));
    Instant expires = Instant.now().plusSeconds(2);
    Bearer bearer = new Bearer(identity("ann", "user", Optional.of(expires)), soon.role());
    RightsReader reader = new RightsReader(feeds, Framing.TEXTS, false, bearer);
    await("the notice")
        .atMost(SOON)
        .until(() -> reader.text().contains("{\"token\":{\"expires\":\"" + expires + "\"}}"));
    await("its end")
        .pollInterval(Duration.ofMillis(20))
        .atMost(SOON)
        .until(() -> reader.ending().isPresent());
    assertThat(reader.ending()).contains(CloseReason.TOKEN_EXPIRED);
    assertThat(Duration.between(expires, Instant.now()))
        .isBetween(Duration.ZERO, Duration.ofSeconds(1));
  }

  @Test
  void goesOnWithANewTokenOfTheSameSubject() {
    Bearer first = bearer(own(Set.of(Action.INSERT)));
    RightsReader reader = new RightsReader(feeds, Framing.TEXTS, false, first);
    Instant later = Instant.now().plusSeconds(3600);
    feeds
        .bearers()
        .renew(
            reader.subscriber,
            Optional.of(new Bearer(identity("ann", "user", Optional.of(later)), first.role())));
    await("the answer").atMost(SOON).until(() -> reader.text().contains(later.toString()));
    assertThat(reader.ending()).isEmpty();
    feeds
        .bearers()
        .renew(
            reader.subscriber,
            Optional.of(new Bearer(identity("bob", "user", Optional.of(later)), first.role())));
    await("its end").atMost(SOON).until(() -> reader.ending().isPresent());
    assertThat(reader.ending()).contains(CloseReason.RIGHTS_CHANGED);
  }

  @Test
  void endsWhenItsRightsChange() throws Exception {
    Bearer first = bearer(own(Set.of(Action.INSERT)));
    RightsReader reader = new RightsReader(feeds, Framing.TEXTS, false, first);
    RightsReader other = new RightsReader(feeds, Framing.TEXTS, false, first, "actions", "insert");
    Role sameForOther =
        new Role(
            "user", false, false, Map.of("main", own(Set.of(Action.INSERT))), new Limits(9, 9, 9));
    registry.rights.set(new Rights(Map.of("user", sameForOther), Optional.empty()));
    database.execute("insert into bykey (id, owner, text) values (1, 'ann', 'one')");
    await("the row")
        .atMost(SOON)
        .until(() -> reader.text().contains("one") && other.text().contains("one"));
    bearer(own(Set.of(Action.INSERT, Action.DELETE)));
    await("its end").atMost(SOON).until(() -> reader.ending().isPresent());
    assertThat(reader.ending()).contains(CloseReason.RIGHTS_CHANGED);
    registry.rights.set(Rights.NONE);
    await("the other's end").atMost(SOON).until(() -> other.ending().isPresent());
    assertThat(other.ending()).contains(CloseReason.RIGHTS_CHANGED);
  }

  @Test
  void endsWhenItsTokenIsRevoked() {
    Bearer bearer = bearer(own(Set.of(Action.INSERT)));
    RightsReader reader = new RightsReader(feeds, Framing.TEXTS, false, bearer);
    await("its begin").atMost(SOON).until(reader::hasBegun);
    assertThat(reader.ending()).isEmpty();
    registry.revoked.add(bearer.identity());
    await("its end").atMost(SOON).until(() -> reader.ending().isPresent());
    assertThat(reader.ending()).contains(CloseReason.RIGHTS_CHANGED);
  }

  /** Also one that was revoked while it began. */
  @Test
  void endsWhereItsTokenIsKnownToBeRevoked() {
    Bearer bearer = bearer(own(Set.of(Action.INSERT)));
    registry.revoked.add(bearer.identity());
    RightsReader reader = new RightsReader(feeds, Framing.TEXTS, false, bearer);
    await("its end").atMost(SOON).until(() -> reader.ending().isPresent());
    assertThat(reader.ending()).contains(CloseReason.RIGHTS_CHANGED);
  }

  @Test
  void whoShowsNoTokenEndsWhereThatIsNotAllowedAnyMore() {
    Role role = bearer(own(Set.of(Action.INSERT))).role();
    registry.rights.set(new Rights(Map.of("user", role), Optional.of("user")));
    Identity nobody =
        new Identity(
            "",
            "",
            Optional.empty(),
            "user",
            new Claims(Map.of("sub", "ann")),
            Optional.empty(),
            Optional.empty());
    RightsReader reader = new RightsReader(feeds, Framing.TEXTS, false, new Bearer(nobody, role));
    await("its begin").atMost(SOON).until(reader::hasBegun);
    assertThat(reader.ending()).isEmpty();
    registry.rights.set(new Rights(Map.of("user", role), Optional.empty()));
    await("its end").atMost(SOON).until(() -> reader.ending().isPresent());
    assertThat(reader.ending()).contains(CloseReason.RIGHTS_CHANGED);
  }

  /** PostgreSQL does not log it. */
  @Test
  void needsColumnsThatTheFeedHas() throws Exception {
    database.execute("create publication narrow for table bykey (id, owner, text)");
    feeds.drop("main", true);
    feeds.make(feeds.usual("main", List.of("narrow")));
    TableRight right =
        new TableRight(Optional.empty(), Optional.of("region.eq.$sub"), Set.of(Action.INSERT));
    assertRefused(
        bearer(right(right)), RightsReader.asked(), Problem.FORBIDDEN, "cannot be decided");
    assertThat(String.join("\n", log)).contains("names region, which the feed does not have");
  }

  /** Also where somebody asks for rows by a column of the key. */
  @Test
  void namesNoHiddenKey() {
    TableRight right =
        new TableRight(
            Optional.of(List.of("id", "text")), Optional.empty(), Set.of(Action.values()));
    ViewRequest request =
        new ViewRequest(RightsReader.asked().changes(), Map.of(BY_KEY, Condition.parse("id=eq.5")));
    assertThatThrownBy(
            () -> new RightsReader(feeds, Framing.TEXTS, false, bearer(right(right)), request))
        .isInstanceOfSatisfying(
            ProblemException.class,
            e -> {
              assertThat(e.problem()).isEqualTo(Problem.IDENTITY_INSUFFICIENT);
              assertThat(e.getMessage() + e.hint()).doesNotContain("owner");
            });
  }

  /** A table that comes into the feed later has no filter yet. */
  @Test
  void isNotToldATableThatCameLater() throws Exception {
    database.execute("create publication fewer for table mark, bykey");
    feeds.drop("main", true);
    feeds.make(feeds.usual("main", List.of("fewer")));
    FeedRight right =
        new FeedRight(
            Map.of(
                BY_KEY,
                new TableRight(
                    Optional.empty(), Optional.of("owner.eq.$sub"), Set.of(Action.values())),
                new TableName("public", "byfull"),
                new TableRight(
                    Optional.empty(), Optional.of("owner.eq.$sub"), Set.of(Action.values()))),
            Set.of(),
            false);
    RightsReader reader = new RightsReader(feeds, Framing.TEXTS, false, bearer(right));
    database.execute("alter publication fewer add table byfull");
    database.execute("insert into byfull (id, owner, text) values (1, 'bob', 'c-late-text-1')");
    database.execute("insert into bykey (id, owner, text) values (1, 'ann', 'last')");
    await("the last").atMost(SOON).until(() -> reader.text().contains("last"));
    assertThat(reader.text()).doesNotContain("c-late-text-1");
  }

  /** An identity that becomes smaller, or shows a hidden column, closes the table. */
  @Test
  void endsWhenTheIdentityDoesNotSayEnoughAnyMore() throws Exception {
    TableRight hidden =
        new TableRight(
            Optional.of(List.of("id", "owner", "text")), Optional.empty(), Set.of(Action.values()));
    RightsReader reader = new RightsReader(feeds, Framing.TEXTS, false, bearer(right(hidden)));
    database.execute(
        "insert into bykey (id, owner, text, secret) values (1, 'bob', 'one', 'c-key-secret-1')");
    database.execute("alter table bykey alter secret set not null");
    database.execute("create unique index bykey_secret on bykey (secret)");
    database.execute("alter table bykey replica identity using index bykey_secret");
    database.execute("delete from bykey");
    await("its end").atMost(SOON).until(() -> reader.ending().isPresent());
    assertThat(reader.ending()).contains(CloseReason.IDENTITY_INSUFFICIENT);
    assertThat(reader.text()).contains("one").doesNotContain("c-key-secret-1");
  }

  @Test
  void whatIsNotNamedIsNotThere() {
    Bearer bearer = bearer(own(Set.of(Action.INSERT)));
    assertRefused(
        bearer,
        RightsReader.asked("add-tables", "public.byfull"),
        Problem.BAD_REQUEST,
        "Feed main has no table public.byfull");
    assertRefused(
        bearer,
        RightsReader.asked("add-tables", "public.nowhere"),
        Problem.BAD_REQUEST,
        "Feed main has no table public.nowhere");
    assertRefused(
        bearer,
        new ViewRequest(
            RightsReader.asked().changes(), Map.of(BY_KEY, Condition.parse("secret=like.c*"))),
        Problem.BAD_REQUEST,
        "Table public.bykey of feed main has no column secret");
    assertRefused(
        bearer, RightsReader.asked("filter-tables", "public.bykey"), Problem.FORBIDDEN, "no right");
    Role none = new Role("none", false, false, Map.of(), Limits.NONE);
    assertRefused(
        new Bearer(identity("ann", "none", Optional.empty()), none),
        RightsReader.asked(),
        Problem.FEED_NOT_FOUND,
        "main");
  }

  private void assertRefused(Bearer bearer, ViewRequest request, Problem problem, String message) {
    assertThatThrownBy(() -> new RightsReader(feeds, Framing.TEXTS, false, bearer, request))
        .isInstanceOfSatisfying(
            ProblemException.class, e -> assertThat(e.problem()).isEqualTo(problem))
        .hasMessageContaining(message);
  }

  @Test
  void aClaimThatIsNoValueOfTheColumnIsToldToNobodyButTheOperator() {
    TableRight right =
        new TableRight(Optional.empty(), Optional.of("id.eq.$sub"), Set.of(Action.INSERT));
    assertRefused(
        bearer(right(right)), RightsReader.asked(), Problem.FORBIDDEN, "cannot be decided");
    assertThat(String.join("\n", log))
        .contains("a claim or constant is no value of type integer, which column id has")
        .doesNotContain("'ann'");
  }

  @Test
  void limitsOfARoleAreAnswered() throws Exception {
    Bearer bearer = bearer(own(Set.of(Action.INSERT)), new Limits(3, 2, 2_000));
    RightsReader first = new RightsReader(feeds, Framing.TEXTS, false, bearer);
    new RightsReader(feeds, Framing.TEXTS, false, bearer);
    ViewRequest other = RightsReader.asked("actions", "insert,update");
    new RightsReader(feeds, Framing.TEXTS, false, bearer, other);
    assertRefused(
        bearer, RightsReader.asked(), Problem.SUBSCRIBERS_EXHAUSTED, "with 3 connections");
    first.subscriber.gone();
    ViewRequest third = RightsReader.asked("actions", "insert,delete");
    await("its place").atMost(SOON).until(() -> feeds.report("main").subscribers() == 2);
    assertRefused(bearer, third, Problem.SUBSCRIBERS_EXHAUSTED, "2 different selections");
    database.execute(
        "insert into bykey (id, owner, text) select i, 'ann', repeat('x', 100) from generate_series(1, 5000) i");
    RightsReader large = new RightsReader(feeds, Framing.TEXTS, true, bearer);
    await("its end").atMost(SOON).until(() -> large.ending().isPresent());
    assertThat(large.ending()).contains(CloseReason.FORBIDDEN);
    assertThat(large.text()).doesNotContain("xxx");
  }

  @Test
  void needsTheRightToRows() {
    FeedRight right = new FeedRight(own(Set.of(Action.INSERT)).tables(), Set.of(), false);
    Bearer bearer = bearer(right);
    assertThatThrownBy(() -> new RightsReader(feeds, Framing.TEXTS, true, bearer))
        .isInstanceOfSatisfying(
            ProblemException.class, e -> assertThat(e.problem()).isEqualTo(Problem.FORBIDDEN));
  }
}
