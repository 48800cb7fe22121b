package org.pgdeltastream.web.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.pgdeltastream.change.ProblemException;
import org.pgdeltastream.change.TableName;
import org.pgdeltastream.change.option.ChangeOptions;
import org.pgdeltastream.change.option.Detail;
import org.pgdeltastream.slot.stream.StreamOptions;

class StreamRequestTest {
  @Test
  void readsTheOptionsByTheirNames() {
    StreamOptions options =
        StreamRequest.parse(
            "slotName=delta_a&publication=p,q&format=2&include-lsn=true"
                + "&add-tables=s.%22x%22,s.a%5C%20b&values=string");
    assertThat(options.publications()).isEqualTo(List.of("p", "q"));
    assertThat(options.changes().format()).isEqualTo(ChangeOptions.Format.ACTIONS);
    assertThat(options.changes().has(Detail.LSN)).isTrue();
    assertThat(options.changes().has(Detail.NUMBERS_AS_TEXT)).isTrue();
    assertThat(options.changes().wants(new TableName("s", "a b"))).isTrue();
    assertThat(options.changes().wants(new TableName("s", "x"))).isFalse();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "include-everything=1",
        "pretty-print=1",
        "write-in-chunks=1",
        "Include-xids=1",
        "include-xids=maybe",
        "include-xids=",
        "format=3",
        "actions=drop",
        "add-tables=",
        "add-tables=nodot",
        "filter-origins=x",
        "values=text",
      })
  void refusesByName(String option) {
    assertThatThrownBy(() -> StreamRequest.parse("slotName=delta_a&" + option))
        .isInstanceOf(ProblemException.class)
        .hasMessageContaining(option.substring(0, option.indexOf('=')));
  }
}
