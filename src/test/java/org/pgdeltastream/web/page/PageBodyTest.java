package org.pgdeltastream.web.page;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.pgdeltastream.change.Numbers;
import org.pgdeltastream.change.PageRequest;
import org.pgdeltastream.change.PageRequest.Nulls;
import org.pgdeltastream.change.PageRequest.Order;
import org.pgdeltastream.change.Problem;
import org.pgdeltastream.change.ProblemException;
import org.pgdeltastream.change.SlotName;
import org.pgdeltastream.web.http.BodyReader;

class PageBodyTest {
  private static PageBody read(String json) {
    return PageBody.read(BodyReader.parse(json), 10_000);
  }

  @Test
  void fillsInWhatIsLeftOut() {
    assertThat(read("{\"table\":\"users\"}"))
        .isEqualTo(
            new PageBody(
                Optional.empty(),
                new PageRequest("users", Optional.empty(), 0, 1000, List.of(), List.of())));
  }

  @Test
  void readsEveryField() {
    PageBody body =
        read(
            "{\"table\":\"u\",\"schema\":\"s\",\"slotName\":\"delta_a\",\"limit\":10000,"
                + "\"offset\":5,\"columns\":[\"a\",\"b\"],\"order_by\":["
                + "{\"column\":\"a\",\"order\":\"DESC\",\"nulls\":\"Last\"},{\"column\":\"b\"}]}");
    assertThat(body.slotName()).contains(new SlotName("delta_a"));
    assertThat(body.page())
        .isEqualTo(
            new PageRequest(
                "u",
                Optional.of("s"),
                5,
                10_000,
                List.of(
                    new Order("a", false, Optional.of(Nulls.LAST)),
                    new Order("b", true, Optional.empty())),
                List.of("a", "b")));
  }

  @Test
  void takesOneOrderWithoutAList() {
    assertThat(read("{\"table\":\"u\",\"order_by\":{\"column\":\"a\",\"order\":\"asc\"}}").page())
        .extracting(PageRequest::orderBy)
        .isEqualTo(List.of(new Order("a", true, Optional.empty())));
  }

  @Test
  void takesACursor() {
    assertThat(read("{\"table\":\"u\",\"after\":\"xyz\"}").page().after()).contains("xyz");
  }

  @Test
  void takesAConditionOnRows() {
    assertThat(read("{\"table\":\"u\",\"rows\":\"a=eq.1\"}").page().rows())
        .containsExactly("a=eq.1");
  }

  @Test
  void takesNumbersAsText() {
    assertThat(read("{\"table\":\"u\",\"values\":\"string\"}").page().numbers())
        .isEqualTo(Numbers.AS_TEXT);
  }

  @Test
  void takesNullAsLeftOut() {
    assertThat(read("{\"table\":\"u\",\"limit\":null,\"order_by\":null,\"slotName\":null}"))
        .isEqualTo(read("{\"table\":\"u\"}"));
  }

  @Test
  void keepsTheUsualLimitWithinASmallerSetting() {
    assertThat(PageBody.read(BodyReader.parse("{\"table\":\"u\"}"), 50).page().limit())
        .isEqualTo(50);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "[] | The body must be a JSON object",
        "{} | Field table is missing",
        "{\"table\":\"u\",\"values\":\"text\"} | values is 'text', not string",
        "{\"table\":null} | Field table is missing",
        "{\"table\":5} | table must be a string",
        "{\"table\":\"a\\u0000\"} | table must be a string without a zero character",
        "{\"table\":\"u\",\"tabel\":1} | Unknown field 'tabel'",
        "{\"table\":\"u\",\"schema\":[]} | schema must be a string",
        "{\"table\":\"u\",\"rows\":[\"a=eq.1\"]} | rows must be a string",
        "{\"table\":\"u\",\"limit\":\"5\"} | limit must be a whole number from 0 to 10000",
        "{\"table\":\"u\",\"limit\":10001} | limit must be a whole number from 0 to 10000",
        "{\"table\":\"u\",\"limit\":-1} | limit must be a whole number from 0 to 10000",
        "{\"table\":\"u\",\"limit\":1.0} | limit must be a whole number from 0 to 10000",
        "{\"table\":\"u\",\"limit\":1e999999999} | limit must be a whole number from 0 to 10000",
        "{\"table\":\"u\",\"offset\":-1} | offset must be a whole number from 0 to 999999999999999999",
        "{\"table\":\"u\",\"offset\":9999999999999999999} | offset must be a whole number from 0 to 999999999999999999",
        "{\"table\":\"u\",\"columns\":\"a\"} | columns must be a list of strings",
        "{\"table\":\"u\",\"columns\":[1]} | columns must be a list of strings",
        "{\"table\":\"u\",\"columns\":[null]} | columns must be a list of strings",
        "{\"table\":\"u\",\"order_by\":\"a\"} | order_by must be a JSON object",
        "{\"table\":\"u\",\"order_by\":[[]]} | order_by must be a JSON object",
        "{\"table\":\"u\",\"order_by\":{}} | Field order_by.column is missing",
        "{\"table\":\"u\",\"order_by\":{\"column\":1}} | order_by.column must be a string",
        "{\"table\":\"u\",\"order_by\":{\"column\":\"a\",\"x\":1}} | Unknown field 'order_by.x'",
        "{\"table\":\"u\",\"order_by\":{\"column\":\"a\",\"order\":\"up\"}} | order_by.order is 'up', not asc or desc",
        "{\"table\":\"u\",\"order_by\":{\"column\":\"a\",\"nulls\":\"x\"}} | order_by.nulls is 'x', not first or last",
        "{\"table\":\"u\",\"slotName\":\"A\"} | Not a slot name (1 to 63 of a-z, 0-9 and _): 'A'",
        "{\"table\":\"u\",\"after\":\"x\",\"offset\":0} | Field after takes no offset beside it: the cursor has both",
        "{\"table\":\"u\",\"after\":\"x\",\"order_by\":[]} | Field after takes no order_by beside it: the cursor has both",
        "{\"table\":\"u\",\"after\":5} | after must be a string",
      })
  void refusesByName(String json, String message) {
    assertThatThrownBy(() -> read(json))
        .isInstanceOf(ProblemException.class)
        .hasMessage(message)
        .extracting(e -> ((ProblemException) e).problem())
        .isEqualTo(Problem.BAD_REQUEST);
  }
}
