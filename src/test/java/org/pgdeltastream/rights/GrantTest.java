package org.pgdeltastream.rights;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.pgdeltastream.change.Action;
import org.pgdeltastream.change.LogicalMessage;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.change.Problem;
import org.pgdeltastream.change.ProblemException;
import org.pgdeltastream.change.TableName;
import org.pgdeltastream.change.option.ChangeOptions;
import org.pgdeltastream.filter.Condition;
import org.pgdeltastream.rights.Grant.Narrowed;

class GrantTest {
  private static final TableName ORDERS = new TableName("public", "orders");
  private static final TableName NEWS = new TableName("public", "news");
  private static final TableName SECRET = new TableName("public", "secret");
  private static final Map<TableName, List<String>> PUBLISHED =
      Map.of(
          ORDERS, List.of("id", "status", "owner_id", "cost"),
          NEWS, List.of("id", "text"),
          SECRET, List.of("id"));

  private static ChangeOptions asked(String... more) {
    Map<String, String> options = new HashMap<>();
    for (int i = 0; i < more.length; i += 2) {
      options.put(more[i], more[i + 1]);
    }
    return ChangeOptions.parse(name -> Optional.ofNullable(options.get(name)));
  }

  private static Grant grant(String rows, Map<String, ?> claims) {
    TableRight orders =
        new TableRight(
            Optional.of(List.of("id", "status", "owner_id")),
            Optional.of(rows),
            Set.of(Action.INSERT, Action.UPDATE));
    TableRight news = new TableRight(Optional.empty(), Optional.empty(), Set.of(Action.values()));
    return new Grant(
        "main",
        new FeedRight(Map.of(ORDERS, orders, NEWS, news), Set.of("notice"), true),
        new Claims(claims));
  }

  private static Narrowed narrow(ChangeOptions asked, Map<TableName, Condition> rows) {
    return grant("owner_id.eq.$sub", Map.of("sub", "ann")).narrow(asked, rows, PUBLISHED);
  }

  @Test
  void leavesWhatTheRightNames() {
    Narrowed found = narrow(asked(), Map.of());
    assertThat(found.changes().wants(ORDERS)).isTrue();
    assertThat(found.changes().wants(Action.INSERT, ORDERS)).isTrue();
    assertThat(found.changes().wants(Action.DELETE, ORDERS)).isFalse();
    assertThat(found.changes().wants(Action.DELETE, NEWS)).isTrue();
    assertThat(found.changes().wants(SECRET)).isFalse();
    assertThat(found.changes().wants(ORDERS, "cost")).isFalse();
    assertThat(found.changes().allows(ORDERS, "cost")).isFalse();
    assertThat(found.changes().allows(NEWS, "anything")).isTrue();
    assertThat(found.rows()).containsOnlyKeys(ORDERS);
    assertThat(found.rows().get(ORDERS)).isEqualTo(Condition.parse("owner_id=eq.ann"));
    assertThat(found.changes().wants(message("notice"))).isTrue();
    assertThat(found.changes().wants(message("other"))).isFalse();
  }

  private static LogicalMessage message(String prefix) {
    return new LogicalMessage(true, new Lsn(1), prefix, "");
  }

  @Test
  void onlyBecomesLessByWhatIsAsked() {
    ChangeOptions asked =
        asked("actions", "update,delete", "add-tables", "public.orders")
            .withColumns(Map.of(ORDERS, List.of("status")));
    Narrowed found = narrow(asked, Map.of(ORDERS, Condition.parse("status=eq.open")));
    assertThat(found.changes().wants(NEWS)).isFalse();
    assertThat(found.changes().actions(ORDERS)).containsExactly(Action.UPDATE);
    assertThat(found.changes().wants(ORDERS, "id")).isFalse();
    assertThat(found.changes().allows(ORDERS, "id")).isTrue(); // as its key
    assertThat(found.rows().get(ORDERS))
        .isEqualTo(Condition.parse("and(owner_id.eq.ann,status.eq.open)"));
  }

  @Test
  void anAlternativeIsNoWayOut() {
    Narrowed found =
        narrow(asked(), Map.of(ORDERS, Condition.parse("or(id.eq.1,owner_id.eq.bob)")));
    assertThat(found.rows().get(ORDERS))
        .isEqualTo(Condition.parse("and(owner_id.eq.ann,or(id.eq.1,owner_id.eq.bob))"));
  }

  @ParameterizedTest
  @CsvSource({"add-tables, public.secret", "add-tables, public.nowhere"})
  void whatMayNotBeSeenIsNotThere(String name, String value) {
    assertRefused(
        () -> narrow(asked(name, value), Map.of()),
        Problem.BAD_REQUEST,
        "Feed main has no table " + value);
  }

  @Test
  void hiddenColumnsAreNotThere() {
    ChangeOptions columns = asked().withColumns(Map.of(ORDERS, List.of("id", "cost")));
    String message = "Table public.orders of feed main has no column cost";
    assertRefused(() -> narrow(columns, Map.of()), Problem.BAD_REQUEST, message);
    assertRefused(
        () -> narrow(asked(), Map.of(ORDERS, Condition.parse("or(id.eq.1,cost.gt.5)"))),
        Problem.BAD_REQUEST,
        message);
    assertRefused(
        () -> narrow(asked(), Map.of(SECRET, Condition.parse("id=eq.5"))),
        Problem.BAD_REQUEST,
        "Feed main has no table public.secret");
  }

  @Test
  void nothingLeftIsForbidden() {
    Grant grant = new Grant("main", new FeedRight(Map.of(), Set.of(), true), new Claims(Map.of()));
    assertRefused(
        () -> grant.narrow(asked(), Map.of(), PUBLISHED),
        Problem.FORBIDDEN,
        "Your token has no right to what you ask of feed main");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "owner_id.eq.$missing",
        "owner_id.eq.$many",
        "or(owner_id.eq.$sub,owner_id.eq.$missing)",
        "owner_id.not.eq.$missing",
        "owner_id.not.in.$missing",
      })
  void aMissingClaimClosesTheTable(String rows) {
    Grant grant = grant(rows, Map.of("sub", "ann", "many", List.of("a", "b")));
    Narrowed found = grant.narrow(asked(), Map.of(), PUBLISHED);
    assertThat(found.changes().wants(ORDERS)).isFalse();
    assertThat(found.changes().wants(NEWS)).isTrue();
  }

  @Test
  void moreValuesThanAConditionMayHaveCloseTheTable() {
    Grant grant = grant("owner_id.in.$many", Map.of("many", Collections.nCopies(1001, "a")));
    assertThat(grant.narrow(asked(), Map.of(), PUBLISHED).changes().wants(ORDERS)).isFalse();
  }

  @Test
  void fewPatternsMayBeAskedFor() {
    Condition two = Condition.parse("or(status.like.*a*,status.like.*b*)");
    assertThat(narrow(asked(), Map.of(ORDERS, two)).rows()).containsKey(ORDERS);
    Condition three = Condition.parse("or(status.like.*a*,status.like.*b*,status.like.*c*)");
    assertRefused(
        () -> narrow(asked(), Map.of(ORDERS, three)),
        Problem.BAD_REQUEST,
        "rows of table public.orders has more than 2 patterns");
  }

  @Test
  void aClaimIsNeverGrammar() {
    String hostile = "ann,or(id.gt.0)) or \"1\"=\"1\" -- $sub '";
    Narrowed found =
        grant("and(owner_id.eq.$sub,status.in.(a,$sub))", Map.of("sub", hostile))
            .narrow(asked(), Map.of(), PUBLISHED);
    List<Condition.Comparison> all =
        requireNonNull(found.rows().get(ORDERS)).comparisons().toList();
    assertThat(all).hasSize(2);
    assertThat(all.get(0).values()).containsExactly(hostile);
    assertThat(all.get(1).values()).containsExactly("a", hostile);
  }

  @Test
  void anEmptyListEqualsNothing() {
    Grant grant = grant("status.in.$none", Map.of("none", List.of()));
    assertThat(grant.narrow(asked(), Map.of(), PUBLISHED).rows().get(ORDERS))
        .isEqualTo(new Condition.Any(List.of()));
  }

  private static void assertRefused(ThrowingCallable call, Problem problem, String message) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            ProblemException.class, e -> assertThat(e.problem()).isEqualTo(problem))
        .hasMessage(message);
  }
}
