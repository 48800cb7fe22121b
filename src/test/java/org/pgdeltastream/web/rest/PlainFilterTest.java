package org.pgdeltastream.web.rest;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.pgdeltastream.change.ProblemException;

class PlainFilterTest {
  @ParameterizedTest
  @ValueSource(strings = {"_wadl", "_wadl=1", "a=1&_type=xml", "%5Fwadl", "%5fwadl=x", "a;_wadl"})
  void refusesTheServersOwnParameters(String query) {
    assertThatThrownBy(() -> PlainFilter.check(query))
        .isInstanceOf(ProblemException.class)
        .hasMessageStartingWith("Unknown parameter '");
  }

  @ParameterizedTest
  @ValueSource(strings = {"%", "a=%zz", "%zz=1", "a=1&b=%C3", "a=%00", "a=\u00e4"})
  void refusesWhatServersFailAt(String query) {
    assertThatThrownBy(() -> PlainFilter.check(query))
        .isInstanceOf(ProblemException.class)
        .hasMessageStartingWith("The query string ");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "order_by=1", "a=_b", "slotName=delta_a&publication=_p"})
  void letsOurParametersPass(String query) {
    assertThatCode(() -> PlainFilter.check(query)).doesNotThrowAnyException();
  }

  @Test
  void letsACallWithoutParametersPass() {
    assertThatCode(() -> PlainFilter.check(null)).doesNotThrowAnyException();
  }
}
