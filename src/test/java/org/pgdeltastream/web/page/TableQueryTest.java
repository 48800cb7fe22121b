package org.pgdeltastream.web.page;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.pgdeltastream.change.Numbers;
import org.pgdeltastream.change.Problem;
import org.pgdeltastream.change.ProblemException;
import org.pgdeltastream.change.SlotName;
import org.pgdeltastream.change.TableRequest;
import org.pgdeltastream.slot.lease.TableFormat;

class TableQueryTest {
  @Test
  void readsEveryParameter() {
    assertThat(
            TableQuery.read(
                "slotName=delta_a&table=t&schema=S&columns=a,B&format=csv&part=3/8&trailer=1"
                    + "&values=string&rows=a=eq.1&rows=b=like.x*",
                List.of("application/json")))
        .isEqualTo(
            new TableQuery(
                Optional.of(new SlotName("delta_a")),
                new TableRequest(
                    "t",
                    Optional.of("S"),
                    List.of("a", "B"),
                    new TableRequest.Part(3, 8),
                    Numbers.AS_TEXT,
                    List.of("a=eq.1", "b=like.x*")),
                TableFormat.CSV_WITH_END));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "table=t | | LINES",
        "table=t&trailer=false | | LINES_WITHOUT_END",
        "table=t | */* | LINES",
        "table=t | text/html,application/xhtml+xml | LINES",
        "table=t | application/json | ARRAY",
        "table=t | text/csv | CSV",
        "table=t&trailer=true | text/csv | CSV_WITH_END",
        "table=t | text/csv;q=0.5, application/json; q=0.8 | ARRAY",
        "table=t | text/csv;q=0, */*;q=0.1 | LINES",
        "table=t&format=ndjson | text/csv | LINES",
      })
  void choosesTheFormat(String query, String accept, TableFormat format) {
    List<String> header = accept == null ? List.of() : List.of(accept);
    assertThat(TableQuery.read(query, header).format()).isEqualTo(format);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "format=csv | Parameter table is missing",
        "table=t&format=xml | Parameter format is 'xml', not ndjson, json or csv",
        "table=t&part=0/8 | Parameter part is '0/8', not like 3/8, with at most 1024",
        "table=t&part=9/8 | Parameter part is '9/8', not like 3/8, with at most 1024",
        "table=t&part=-1/8 | Parameter part is '-1/8', not like 3/8, with at most 1024",
        "table=t&part=1/1025 | Parameter part is '1/1025', not like 3/8, with at most 1024",
        "table=t&part=1/99999999999 | Parameter part is '1/99999999999', not like 3/8, with at most 1024",
        "table=t&part=3 | Parameter part is '3', not like 3/8, with at most 1024",
        "table=t&columns=a,,b | Parameter columns has an empty item",
        "table=t&trailer=yes | Parameter trailer is 'yes', not true or false",
        "table=t&values=number | values is 'number', not string",
        "table=t&limit=5 | Unknown parameter 'limit'",
        "table=t&table=u | Parameter table is given twice",
      })
  void refusesByName(String query, String message) {
    assertThatThrownBy(() -> TableQuery.read(query, List.of()))
        .isInstanceOfSatisfying(
            ProblemException.class, e -> assertThat(e.problem()).isEqualTo(Problem.BAD_REQUEST))
        .hasMessage(message);
  }

  @ParameterizedTest
  @CsvSource({
    "gzip, true",
    "'deflate, gzip;q=1.0, *;q=0.5', true",
    "'gzip; q=0.5', true",
    "GZIP, true",
    "gzip;q=0, false",
    "gzip;q=0.0, false",
    "identity, false",
    "'', false",
  })
  void compressesWhereItIsAskedTo(String accepted, boolean wanted) {
    assertThat(TableReply.wantsGzip(accepted)).isEqualTo(wanted);
  }
}
