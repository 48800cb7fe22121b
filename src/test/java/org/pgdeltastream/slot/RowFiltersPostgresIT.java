package org.pgdeltastream.slot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.sql.Connection;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.pgdeltastream.change.Problem;
import org.pgdeltastream.change.ProblemException;
import org.pgdeltastream.delivery.CloseReason;
import org.pgdeltastream.filter.Condition;
import org.pgdeltastream.slot.feed.Feeds;
import org.pgdeltastream.support.Seeds;
import org.pgdeltastream.support.TestDatabase;

/** Who follows some rows of a table has what {@code SELECT … WHERE} answers, at each moment. */
@Timeout(value = 300, unit = TimeUnit.SECONDS)
class RowFiltersPostgresIT {
  private static final Duration SOON = Duration.ofSeconds(30);

  private TestDatabase database;
  private TestRegistry registry;
  private Feeds feeds;

  @BeforeEach
  void start() throws Exception {
    database = TestDatabase.embedded();
    database.execute("create type state as enum ('open', 'paid', 'a,b')");
    for (String table : FilteredRows.TABLES) {
      database.execute(FilteredRows.create(table));
    }
    database.execute("alter table f replica identity full");
    database.execute("create unique index i_key on i (owner, id)");
    database.execute("alter table i replica identity using index i_key");
    registry = new TestRegistry(database);
    feeds = registry.slots.feeds();
    feeds.make(feeds.usual("main", List.of()));
  }

  @AfterEach
  void stop() throws Exception {
    registry.close();
    database.close();
  }

  @Test
  void hasTheSameRowsAsASelect() throws Exception {
    compare(40, 25);
  }

  @Test
  @Tag("nightly")
  void hasTheSameRowsAsASelectTenThousandTimes() throws Exception {
    compare(50, 200);
  }

  private void compare(int clients, int rounds) throws Exception {
    Random random = new Random(Seeds.first());
    List<FilteredRows> all = new ArrayList<>();
    Connection reading = database.connect();
    reading.createStatement().execute("set timezone = 'UTC'");
    for (int i = 0; i < clients; i++) {
      all.add(new FilteredRows(feeds, random));
    }
    int moved = 0;
    for (int round = 0; round < rounds; round++) {
      FilteredRows.write(database, random);
      String mark = "m" + round;
      database.execute("select pg_logical_emit_message(true, 'mark', '" + mark + "')");
      await("mark " + mark + " for all")
          .pollDelay(Duration.ZERO)
          .pollInterval(Duration.ofMillis(10))
          .atMost(SOON)
          .until(() -> all.stream().allMatch(one -> one.hasMark(mark)));
      for (FilteredRows one : all) {
        one.check(reading);
      }
    }
    reading.close();
    int refetched = 0;
    for (FilteredRows one : all) {
      moved += one.moved();
      refetched += one.refetched();
    }
    System.out.printf("%d rows moved, %d times read again%n", moved, refetched);
    assertThat(refetched).as("times that rows were read again").isLessThan(clients * rounds / 10);
    assertThat(moved).as("rows that moved").isGreaterThan(rounds);
  }

  private FilteredRows follow(String rows) {
    return new FilteredRows(feeds, Map.of("f", Condition.parse(rows)), "");
  }

  @Test
  void sharesAViewHoweverItIsWritten() throws Exception {
    follow("and(n.gt.1,owner.eq.ann)");
    follow("and(owner.eq.ann,n.gt.01)");
    await("one view").atMost(SOON).until(() -> feeds.report("main").views() == 1);
    follow("and(owner.eq.ann,n.gt.2)");
    await("two views").atMost(SOON).until(() -> feeds.report("main").views() == 2);
  }

  @Test
  void goesOnWhereItWas() throws Exception {
    FilteredRows one = follow("owner=eq.ann");
    database.execute("insert into f (id, owner) values (1, 'ann'), (2, 'bob')");
    await("the row").atMost(SOON).until(() -> one.rows("f").containsKey("1"));
    one.leave();
    database.execute("update f set owner = 'ann' where id = 2; delete from f where id = 1");
    one.comeBack();
    await("what was missed")
        .atMost(SOON)
        .until(() -> one.rows("f").keySet().equals(java.util.Set.of("2")));
    FilteredRows other = follow("owner=eq.bob");
    other.comeBackTo(one);
    await("its refusal").atMost(SOON).until(() -> other.refetches().contains("view"));
  }

  @Test
  void refusesWhatTheLogDoesNotSay() throws Exception {
    assertThatThrownBy(() -> new FilteredRows(feeds, Map.of("k", Condition.parse("n=gt.1")), ""))
        .isInstanceOfSatisfying(
            ProblemException.class,
            e -> {
              assertThat(e.problem()).isEqualTo(Problem.IDENTITY_INSUFFICIENT);
              assertThat(e.hint()).contains("ALTER TABLE \"public\".\"k\" REPLICA IDENTITY FULL");
            });
    FilteredRows inserts =
        new FilteredRows(feeds, Map.of("k", Condition.parse("n=gt.1")), "insert");
    database.execute("insert into k (id, owner, n) values (1, 'a', 2), (2, 'a', 0)");
    await("the row")
        .atMost(SOON)
        .until(() -> inserts.rows("k").keySet().equals(java.util.Set.of("1")));
  }

  @Test
  void closesWhoseTableSaysLessThanBefore() throws Exception {
    FilteredRows one = follow("n=gt.1");
    FilteredRows all = new FilteredRows(feeds, Map.of(), "");
    database.execute("insert into f (id, n) values (1, 2)");
    await("the row").atMost(SOON).until(() -> one.rows("f").containsKey("1"));
    database.execute("alter table f replica identity default");
    database.execute("update f set n = 5 where id = 1");
    await("its close")
        .atMost(SOON)
        .until(() -> one.ending().equals(Optional.of(CloseReason.IDENTITY_INSUFFICIENT)));
    assertThat(one.rows("f")).containsOnlyKeys("1");
    await("the others' row")
        .atMost(SOON)
        .until(() -> all.rows("f").values().toString().contains("n=5"));
    assertThatThrownBy(() -> follow("n=gt.1")).hasMessageContaining("replica identity");
  }

  @Test
  void tellsWhoseColumnsHaveBecomeOthers() throws Exception {
    FilteredRows one = follow("n=eq.5");
    database.execute("insert into f (id, n) values (1, 5)");
    await("the row").atMost(SOON).until(() -> one.rows("f").containsKey("1"));
    database.execute("alter table f alter n type text");
    database.execute("update f set n = '05' where id = 1");
    await("its end").atMost(SOON).until(() -> one.refetches().contains("view"));
    FilteredRows again = follow("n=eq.05");
    await("its row").atMost(SOON).until(() -> again.isLive());
    assertThat(again.rows("f")).isEmpty(); // what was before it came is not told
  }

  @Test
  void refusesWhatCannotBeDecided() throws Exception {
    database.execute("alter table f add word text collate ucs_basic");
    database.execute("create type pair as (a int, b int)");
    database.execute("alter table f add pair pair");
    for (String[] one :
        new String[][] {
          {"nothing=eq.1", "has no column nothing"},
          {"n=eq.one", "one is no value of type integer"},
          {"doc=eq.1", "cannot be decided here on column doc of type jsonb"},
          {"word=gt.a", "only with the collation C"},
          {"pair=is.null", "is cannot be decided here on column pair"},
          {"at=gt.now", "now is no constant"},
          {"price=in.(1e131071,2)", "a value of column price has more than 1024 characters"},
          {"state=eq.lost", "lost is no value of type state"}
        }) {
      assertThatThrownBy(() -> follow(one[0]))
          .as(one[0])
          .isInstanceOfSatisfying(
              ProblemException.class, e -> assertThat(e.problem()).isEqualTo(Problem.BAD_REQUEST))
          .hasMessageContaining(one[1]);
    }
  }

  /** They are in the index, and not in the log. */
  @Test
  void doesNotTakeIncludedColumnsForLogged() throws Exception {
    database.execute("create table c (id int, n int, primary key (id) include (n))");
    assertThatThrownBy(() -> new FilteredRows(feeds, Map.of("c", Condition.parse("n=eq.1")), ""))
        .hasMessageContaining("replica identity");
    new FilteredRows(feeds, Map.of("c", Condition.parse("id=eq.1")), "");
  }

  @Test
  void refusesPartitionsThatSayLess() throws Exception {
    database.execute("create table p (id int primary key, n int) partition by range (id)");
    database.execute("create table p1 partition of p for values from (0) to (10)");
    database.execute("alter table p replica identity full");
    database.execute("create publication r for table p with (publish_via_partition_root)");
    feeds.make(feeds.usual("rooted", List.of("r")));
    Map<String, Condition> rows = Map.of("p", Condition.parse("n=eq.1"));
    assertThatThrownBy(() -> new FilteredRows(feeds, "rooted", rows, ""))
        .hasMessageContaining("replica identity");
    database.execute("alter table p1 replica identity full");
    FilteredRows one = new FilteredRows(feeds, "rooted", rows, "");
    database.execute("insert into p values (1, 1), (2, 2)");
    database.execute("update p set n = 3 - n");
    await("the rows").atMost(SOON).until(() -> one.moved() == 2);
    assertThat(one.rows("p")).containsOnlyKeys("2");
  }
}
