package org.pgdeltastream.slot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.pgdeltastream.change.Action;
import org.pgdeltastream.change.Problem;
import org.pgdeltastream.change.ProblemException;
import org.pgdeltastream.change.TableName;
import org.pgdeltastream.change.option.ChangeOptions;
import org.pgdeltastream.filter.Condition;
import org.pgdeltastream.rights.Bearer;
import org.pgdeltastream.rights.Claims;
import org.pgdeltastream.rights.FeedRight;
import org.pgdeltastream.rights.Identity;
import org.pgdeltastream.rights.Limits;
import org.pgdeltastream.rights.Role;
import org.pgdeltastream.rights.TableRight;
import org.pgdeltastream.slot.admission.Caller;
import org.pgdeltastream.slot.explain.Explanation;
import org.pgdeltastream.slot.explain.Question;
import org.pgdeltastream.slot.feed.Feeds;
import org.pgdeltastream.slot.view.ViewRequest;
import org.pgdeltastream.support.TestDatabase;

/** Why a row is shown to somebody, or is not: by the view, and by the rights. */
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class ExplainerPostgresIT {
  private static final TableName ORDERS = new TableName("public", "orders");
  private static final Caller OPERATOR = new Caller("127.0.0.1", "0");
  private static final Set<Action> ALL = Set.of(Action.values());

  private static TestDatabase database;
  private static TestRegistry registry;
  private static Feeds feeds;

  @BeforeAll
  static void start() throws Exception {
    database = TestDatabase.embedded();
    for (String table : List.of("orders", "keyed")) {
      database.execute(
          "create table " + table + " (id int primary key, owner text, n int, margin int)");
      database.execute(
          "insert into "
              + table
              + " values (1, 'ann', 3, 7), (2, 'bob', null, 8), (3, 'ann', 9, 9)");
    }
    database.execute("alter table orders replica identity full");
    registry = new TestRegistry(database);
    feeds = registry.slots.feeds();
    feeds.make(feeds.usual("main", List.of()));
  }

  @AfterAll
  static void stop() throws Exception {
    registry.close();
    database.close();
  }

  private static Question asks(String rows, String row) {
    Map<TableName, Condition> conditions =
        rows.isEmpty() ? Map.of() : Map.of(ORDERS, Condition.parse(rows));
    return new Question(
        new ViewRequest(ChangeOptions.usual(), conditions), ORDERS, Condition.parse(row));
  }

  /** Ann, whose role names this of the table. */
  private static Bearer ann(TableName table, TableRight right, boolean snapshot) {
    FeedRight feed = new FeedRight(Map.of(table, right), Set.of(), snapshot);
    Role role = new Role("user", false, false, Map.of("main", feed), Limits.NONE);
    Identity identity =
        new Identity(
            "issuer",
            "ann",
            Optional.empty(),
            "user",
            new Claims(Map.of("sub", "ann")),
            Optional.empty(),
            Optional.empty());
    return new Bearer(identity, role);
  }

  private static TableRight own() {
    return new TableRight(
        Optional.of(List.of("id", "owner", "n")), Optional.of("owner.eq.$sub"), ALL);
  }

  private static Explanation ofAnn(TableName table, TableRight right, Question asked) {
    return feeds.explainer().explain("main", asked, OPERATOR, Optional.of(ann(table, right, true)));
  }

  @ParameterizedTest
  @CsvSource({"id=eq.1, true, false, false", "id=eq.2, true, false,", "id=eq.4, false,,"})
  void saysWhichComparisonLeavesARowOut(String row, boolean isThere, Boolean selected, String n) {
    Explanation why =
        feeds
            .explainer()
            .explain("main", asks("and(owner.eq.ann,n.gt.5)", row), OPERATOR, Optional.empty());

    assertThat(why.isThere()).isEqualTo(isThere);
    assertThat(why.view().isTold()).isTrue();
    assertThat(why.view().isSelected()).isEqualTo(Optional.ofNullable(selected));
    assertThat(why.view().comparisons().get("\"n\".gt.\"5\""))
        .isEqualTo(isThere ? String.valueOf(n) : null);
    assertThat(why.rights()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({"id=eq.3, true, true", "id=eq.1, false, true", "id=eq.2,, false"})
  void tellsTheViewFromTheRights(String row, Boolean byView, boolean byRights) {
    Explanation why = ofAnn(ORDERS, own(), asks("n=gt.5", row));

    assertThat(why.view().isSelected()).isEqualTo(Optional.ofNullable(byView));
    Explanation.Part rights = why.rights().orElseThrow();
    assertThat(rights.isSelected()).contains(byRights);
    assertThat(rights.comparisons()).containsOnlyKeys("\"owner\".eq.\"ann\"");
    assertThat(rights.isTold()).isTrue();
    assertThat(rights.why()).isEmpty();
  }

  @Test
  void saysWhyARoleIsToldNothingOfATable() {
    TableName keyed = new TableName("public", "keyed");
    assertThat(why(keyed, own(), asks("", "id=eq.1")))
        .isEqualTo("The role does not name the table");
    assertThat(
            why(
                ORDERS,
                new TableRight(Optional.empty(), Optional.of("owner.eq.$other"), ALL),
                asks("", "id=eq.1")))
        .isEqualTo("A claim is missing that rows of the role names, or has not one value");
    assertThat(
            why(
                ORDERS,
                new TableRight(Optional.empty(), Optional.of("n.eq.$sub"), ALL),
                asks("", "id=eq.1")))
        .contains("a claim or constant is no value of type integer");
    assertThat(why(ORDERS, own(), asks("margin=eq.7", "id=eq.1")))
        .isEqualTo("Table public.orders of feed main has no column margin");
    Question ofKeyed =
        new Question(
            new ViewRequest(ChangeOptions.usual(), Map.of()), keyed, Condition.parse("id=eq.1"));
    assertThat(
            why(
                keyed,
                new TableRight(Optional.empty(), Optional.of("owner.eq.$sub"), ALL),
                ofKeyed))
        .contains("replica identity of table public.keyed does not have owner");
  }

  private static String why(TableName table, TableRight right, Question asked) {
    Explanation.Part rights = ofAnn(table, right, asked).rights().orElseThrow();
    assertThat(rights.isTold()).isFalse();
    return rights.why().orElseThrow();
  }

  private static Explanation toAnn(boolean snapshot, Question asked) {
    Caller caller = new Caller("127.0.0.1", "", Optional.of(ann(ORDERS, own(), snapshot)));
    return feeds.explainer().explain("main", asked, caller, Optional.empty());
  }

  /** Else a bearer could ask for what it may not see. */
  @Test
  void aBearerIsToldOfRowsThatItsRightShows() {
    Explanation hers = toAnn(true, asks("n=gt.5", "id=eq.1"));
    assertThat(hers.isThere()).isTrue();
    assertThat(hers.view().comparisons()).containsExactly(Map.entry("\"n\".gt.\"5\"", "false"));
    assertThat(hers.rights()).isEmpty();

    Explanation bobs = toAnn(true, asks("", "id=eq.2"));
    assertThat(bobs.isThere()).isFalse();
    assertThat(bobs.view().isSelected()).isEmpty();
  }

  @Test
  void aBearerIsToldNothingOfHiddenColumnsAndTables() {
    assertRefused(true, asks("", "margin=eq.7"), Problem.BAD_REQUEST, "has no column margin");
    assertRefused(true, asks("margin=eq.7", "id=eq.1"), Problem.BAD_REQUEST, "no column margin");
    Question other =
        new Question(
            new ViewRequest(ChangeOptions.usual(), Map.of()),
            new TableName("public", "keyed"),
            Condition.parse("id=eq.1"));
    assertRefused(true, other, Problem.BAD_REQUEST, "Feed main has no table public.keyed");
  }

  /** It would be told of rows as they are. */
  @Test
  void aBearerNeedsTheRightToRows() {
    assertRefused(false, asks("", "id=eq.1"), Problem.FORBIDDEN, "no right to begin with the rows");
  }

  private static void assertRefused(
      boolean snapshot, Question asked, Problem problem, String message) {
    assertThatThrownBy(() -> toAnn(snapshot, asked))
        .isInstanceOfSatisfying(
            ProblemException.class, e -> assertThat(e.problem()).isEqualTo(problem))
        .hasMessageContaining(message);
  }
}
