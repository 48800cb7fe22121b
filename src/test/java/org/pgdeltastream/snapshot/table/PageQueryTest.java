package org.pgdeltastream.snapshot.table;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.pgdeltastream.change.Column;
import org.pgdeltastream.change.PageRequest.Nulls;
import org.pgdeltastream.change.PageRequest.Order;
import org.pgdeltastream.change.TableName;
import org.pgdeltastream.snapshot.table.PageQuery.Ties;

class PageQueryTest {
  private static final String TABLE = new TableName("public", "users").quoted();
  private static final Order BY_ID = new Order("id", true, Optional.empty());

  @Test
  void readsInTheKeysOrder() {
    assertThat(
            new PageQuery(
                    TABLE,
                    Optional.empty(),
                    List.of("id", "b"),
                    List.of(BY_ID),
                    Ties.NONE,
                    20,
                    10,
                    Optional.empty())
                .sql())
        .isEqualTo(
            "copy (select \"id\", \"b\" from \"public\".\"users\" order by \"id\" asc"
                + " limit 10 offset 20) to stdout");
  }

  @Test
  void saysDirectionNullsAndPosition() {
    List<Order> order =
        List.of(
            new Order("a", false, Optional.of(Nulls.LAST)),
            new Order("b", true, Optional.of(Nulls.FIRST)));
    assertThat(
            new PageQuery(
                    TABLE,
                    Optional.empty(),
                    List.of("a"),
                    order,
                    Ties.BY_POSITION,
                    0,
                    1,
                    Optional.empty())
                .sql())
        .contains("order by \"a\" desc nulls last, \"b\" asc nulls first, tableoid, ctid limit 1 ");
  }

  @Test
  void goesOnBehindARowInAKeysOrder() {
    List<Order> order = List.of(new Order("a", false, Optional.empty()));
    SnapshotTable.Attribute a =
        new SnapshotTable.Attribute(
            new Column(true, "a", 23, -1), 1, OptionalInt.of(1), false, false);
    Term down = Term.of(a, false, Optional.empty());
    PageStart start = PageStart.parse("5 (7,2) 1dfv").orElseThrow();
    Keyset keyset = new Keyset(List.of(down), OptionalLong.empty(), Optional.of(start));
    assertThat(
            new PageQuery(
                    TABLE,
                    Optional.empty(),
                    List.of("b"),
                    order,
                    Ties.NONE,
                    0,
                    10,
                    Optional.of(keyset))
                .sql())
        .isEqualTo(
            "copy (select \"b\", ctid, tableoid from \"public\".\"users\" where (\"a\") <"
                + " (select \"a\" from \"public\".\"users\" where tableoid = '5'::oid and"
                + " ctid = '(7,2)'::tid) order by \"a\" desc limit 11 offset 0) to stdout");
  }

  @Test
  void readsOnlyTheRowsOfACondition() {
    SnapshotTable.Attribute a =
        new SnapshotTable.Attribute(
            new Column(true, "a", 23, -1), 1, OptionalInt.of(1), false, false);
    Keyset keyset =
        new Keyset(
            List.of(Term.of(a, true, Optional.empty())),
            OptionalLong.of(5),
            PageStart.parse("5 (7,2) 1aln"));
    Optional<String> rows = Optional.of("(x = 1) or (y)");
    List<Order> order = List.of(new Order("a", true, Optional.empty()));

    assertThat(
            new PageQuery(TABLE, rows, List.of("b"), order, Ties.NONE, 0, 10, Optional.of(keyset))
                .sql())
        .contains(" where ((x = 1) or (y)) and ((\"a\") > (select ");
    assertThat(
            new PageQuery(TABLE, rows, List.of("b"), order, Ties.NONE, 0, 10, Optional.empty())
                .sql())
        .contains(" where ((x = 1) or (y)) order by ");
  }

  @Test
  void doesNotAskWhichTableARowLiesInWhereThereIsOne() {
    SnapshotTable.Attribute a =
        new SnapshotTable.Attribute(
            new Column(true, "a", 23, -1), 1, OptionalInt.of(1), true, false);
    Term up = Term.of(a, true, Optional.empty());
    Keyset keyset = new Keyset(List.of(up), OptionalLong.of(7), Optional.empty());

    assertThat(keyset.marks()).containsExactly("ctid", "\"a\" is not distinct from null");
    assertThat(keyset.pageStart(List.of("(3,4)", "t")))
        .contains(PageStart.parse("7 (3,4) 1aln").get());
  }

  @Test
  void quotesEveryName() {
    String evil = "\"; drop table users; --";
    Order order = new Order(evil, true, Optional.empty());
    assertThat(
            new PageQuery(
                    new TableName(evil, evil).quoted(),
                    Optional.empty(),
                    List.of(evil),
                    List.of(order),
                    Ties.NONE,
                    0,
                    1,
                    Optional.empty())
                .sql())
        .isEqualTo(
            "copy (select Q from Q.Q order by Q asc limit 1 offset 0) to stdout"
                .replace("Q", "\"\"\"; drop table users; --\""));
  }

  @Test
  void digitsAreAsciiInEveryLocale() {
    Locale usual = Locale.getDefault();
    try {
      Locale.setDefault(Locale.forLanguageTag("ar-EG-u-nu-arab"));
      assertThat(
              new PageQuery(
                      TABLE,
                      Optional.empty(),
                      List.of(),
                      List.of(BY_ID),
                      Ties.NONE,
                      1_234,
                      5_678,
                      Optional.empty())
                  .sql())
          .endsWith("limit 5678 offset 1234) to stdout");
    } finally {
      Locale.setDefault(usual);
    }
  }

  @Test
  void refusesWhatIsNoPage() {
    assertThatIllegalArgumentException()
        .isThrownBy(
            () ->
                new PageQuery(
                    TABLE,
                    Optional.empty(),
                    List.of(),
                    List.of(BY_ID),
                    Ties.NONE,
                    -1,
                    1,
                    Optional.empty()));
    assertThatIllegalArgumentException()
        .isThrownBy(
            () ->
                new PageQuery(
                    TABLE,
                    Optional.empty(),
                    List.of(),
                    List.of(BY_ID),
                    Ties.NONE,
                    0,
                    -1,
                    Optional.empty()));
    assertThatIllegalArgumentException()
        .isThrownBy(
            () ->
                new PageQuery(
                    TABLE,
                    Optional.empty(),
                    List.of(),
                    List.of(),
                    Ties.NONE,
                    0,
                    1,
                    Optional.empty()));
  }
}
