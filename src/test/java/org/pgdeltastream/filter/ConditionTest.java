package org.pgdeltastream.filter;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ConditionTest {
  private static final Map<String, FilterColumn> COLUMNS =
      Map.of(
          "status", new FilterColumn("status", 25, "text", ValueClass.TEXT),
          "a.b", new FilterColumn("a.b", 25, "text", ValueClass.TEXT),
          "total", new FilterColumn("total", 23, "integer", ValueClass.INTEGER),
          "vip", new FilterColumn("vip", 16, "boolean", ValueClass.BOOLEAN));

  /** Constants as they are. */
  private static RowFilter filter(String text) {
    Condition condition = Condition.parse(text);
    List<String> constants =
        condition
            .comparisons()
            .filter(Condition.Comparison::hasConstants)
            .flatMap(one -> one.values().stream())
            .toList();
    return RowFilter.of(condition, COLUMNS, constants);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          status=eq.open           | "status" = 'open'::text
          status=eq.a,b).(\\"c     | "status" = E'a,b).(\\\\"c'::text
          status=eq.it's           | "status" = 'it''s'::text
          status=not.eq.           | not ("status" = ''::text)
          status=in.(b,a,"c,d",a)  | "status" in ('a'::text, 'b'::text, 'c,d'::text)
          status=like.a*b_         | "status" like 'a%b_'
          status=is.null           | "status" is null
          status=is.not_null       | "status" is not null
          vip=is.unknown           | "vip" is unknown
          total=gte.5              | "total" >= '5'::integer
          total=isdistinct.5       | "total" is distinct from '5'::integer
          "a.b"=neq.1              | "a.b" <> '1'::text
          and(total.gt.1,vip.is.true)     | ("total" > '1'::integer) and ("vip" is true)
          or("a.b".eq."x\\"y",total.lt.2) | ("a.b" = 'x"y'::text) or ("total" < '2'::integer)
          not.or(total.eq.1,not.and(vip.is.false,total.in.(2,3))) | not (("total" = '1'::integer) or (not (("total" in ('2'::integer, '3'::integer)) and ("vip" is false))))
          """)
  void readsWhatClientsWrite(String text, String sql) {
    assertThat(filter(text).sql()).isEqualTo("(" + sql + ")");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "status",
        "status=open",
        "status=eq",
        "=eq.open",
        "status=between.1",
        "status=is.maybe",
        "total=in.1,2",
        "total=in.(1,2",
        "total=in.(1,2)x",
        "and(total.eq.1",
        "and(total.eq.1)x",
        "and()",
        "and(total.eq.1,)",
        "and(total=eq.1)",
        "or(\"total.eq.1)"
      })
  void refusesWhatIsNoCondition(String text) {
    assertThatIllegalArgumentException().isThrownBy(() -> Condition.parse(text));
  }

  @Test
  void saysWhatIsWrongAndWhere() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Condition.parse("and(total.eq.1,status.equals.open)"))
        .withMessageStartingWith("no operator and a dot: eq, neq")
        .withMessageEndingWith("at equals.open)");
  }

  @Test
  void hasLimits() {
    String many = "total.eq.1,".repeat(ConditionParser.MOST_COMPARISONS) + "total.eq.1";
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Condition.parse("or(" + many + ")"))
        .withMessageContaining("more than 100 comparisons");
    String values = "1,".repeat(ConditionParser.MOST_VALUES) + "1";
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Condition.parse("total=in.(" + values + ")"))
        .withMessageContaining("more than 1000 values");
    List<String> parts = java.util.Collections.nCopies(101, "total=eq.1");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Condition.parse(parts))
        .withMessageContaining("more than 100 comparisons");
    String deep = "and(".repeat(10_000);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Condition.parse(deep))
        .withMessageContaining("more than 20 brackets");
    Condition.Comparison pattern =
        new Condition.Comparison("status", Operator.LIKE, List.of("%a".repeat(65)));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> requireNonNull(COLUMNS.get("status")).check(pattern))
        .withMessageContaining("more than 128 bytes");
  }

  @Test
  void isTheSameHoweverItIsOrdered() {
    RowFilter one = filter("and(total.in.(2,1),status.eq.open)");
    RowFilter other = filter("and(status.eq.\"open\",total.in.(1,2,1))");
    assertThat(one).isEqualTo(other).hasSameHashCodeAs(other).hasToString(other.toString());
    assertThat(one).isNotEqualTo(filter("or(total.in.(2,1),status.eq.open)"));
    assertThat(filter("status=eq.a\".\"b").toString())
        .isNotEqualTo(filter("status=eq.a.b").toString());
  }

  @ParameterizedTest
  @CsvSource({
    "status=gt.a, collation C",
    "status=ilike.a, collation C",
    "status=is.true, needs a boolean",
    "total=like.1*, cannot be decided",
    "status=like.a\\, ends in a backslash",
    "vip=like.t, cannot be decided"
  })
  void refusesWhatIsNotDecidedExactly(String text, String why) {
    Condition.Comparison one = Condition.parse(text).comparisons().findFirst().orElseThrow();
    assertThatIllegalArgumentException()
        .isThrownBy(() -> requireNonNull(COLUMNS.get(one.column())).check(one))
        .withMessageContaining(why);
  }
}
