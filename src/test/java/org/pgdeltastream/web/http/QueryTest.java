package org.pgdeltastream.web.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.pgdeltastream.change.Problem;
import org.pgdeltastream.change.ProblemException;

class QueryTest {
  @Test
  void readsEscapedNamesAndValues() {
    Query query = Query.parse("%61=x%20y+z%C3%A4&b=1%2C2=3", "a", "b");
    assertThat(query.text("a")).contains("x y zä");
    assertThat(query.text("b")).contains("1,2=3");
  }

  @Test
  void isEmptyWithoutAQueryString() {
    assertThat(Query.parse(null, "a").text("a")).isEmpty();
    assertThat(Query.parse("", "a").text("a")).isEmpty();
    assertThat(Query.parse("&&", "a").text("a")).isEmpty();
  }

  @Test
  void takesAParameterWithoutEqualsAsEmpty() {
    assertThat(Query.parse("a", "a").text("a")).contains("");
  }

  @ParameterizedTest
  @CsvSource({
    "b=1, Unknown parameter 'b'",
    "A=1, Unknown parameter 'A'",
    "=1, Unknown parameter ''",
    "a=1&a=1, Parameter a is given twice",
    "a=1&%61=2, Parameter a is given twice",
    "b%0A=1, control character",
    "a=%, broken escape",
    "a=%4, broken escape",
    "a=%zz, broken escape",
    "a=%-1, broken escape",
    "a=%C3, not UTF-8",
    "a=%C0%80, not UTF-8",
    "a=%ED%A0%80, not UTF-8",
    "a=%00, control character",
    "a=%C2%85, control character",
    "a=ä, must be escaped",
  })
  void refusesWhatIsNotWellFormed(String query, String message) {
    assertThatThrownBy(() -> Query.parse(query, "a"))
        .isInstanceOf(ProblemException.class)
        .hasMessageContaining(message)
        .extracting(e -> ((ProblemException) e).problem())
        .isEqualTo(Problem.BAD_REQUEST);
  }

  @Test
  void splitsLists() {
    assertThat(Query.parse("p=a,b", "p").list("p")).containsExactly("a", "b");
    assertThat(Query.parse("", "p").list("p")).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"p=", "p", "p=a,", "p=,a", "p=a,,b"})
  void refusesEmptyItemsOfLists(String text) {
    Query query = Query.parse(text, "p");
    assertThatThrownBy(() -> query.list("p")).hasMessage("Parameter p has an empty item");
  }

  @ParameterizedTest
  @CsvSource({"f=true,true", "f=1,true", "f=false,false", "f=0,false", "'',false"})
  void readsFlags(String text, boolean value) {
    assertThat(Query.parse(text, "f").flag("f")).isEqualTo(value);
  }

  @ParameterizedTest
  @ValueSource(strings = {"f", "f=", "f=TRUE", "f=yes"})
  void refusesOtherFlags(String text) {
    Query query = Query.parse(text, "f");
    assertThatThrownBy(() -> query.flag("f")).hasMessageContaining("not true or false");
  }
}
