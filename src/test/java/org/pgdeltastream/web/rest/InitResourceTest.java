package org.pgdeltastream.web.rest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.pgdeltastream.change.OutputPlugin;
import org.pgdeltastream.change.SlotName;
import org.pgdeltastream.slot.InitRequest;
import org.pgdeltastream.web.http.BodyReader;
import org.pgdeltastream.web.http.JsonTree;

class InitResourceTest {
  @Test
  void asksForNothingByDefault() {
    InitRequest nothing = new InitRequest(Optional.empty(), List.of(), Optional.empty());
    assertThat(read(null)).isEqualTo(nothing);
    assertThat(read("plugin=auto")).isEqualTo(nothing);
  }

  @Test
  void readsEveryParameter() {
    assertThat(read("plugin=pgoutput&publication=a,b&slotName=delta_x"))
        .isEqualTo(
            new InitRequest(
                Optional.of(OutputPlugin.PGOUTPUT),
                List.of("a", "b"),
                Optional.of(new SlotName("delta_x"))));
  }

  @ParameterizedTest
  @CsvSource({
    "plugins=auto, Unknown parameter 'plugins'",
    "plugin=, Parameter plugin is ''",
    "plugin=test_decoding, Parameter plugin is 'test_decoding'",
    "plugin=WAL2JSON, Parameter plugin is 'WAL2JSON'",
    "publication=a%2C, Parameter publication has an empty item",
    "slotName=, Not a slot name",
    "slotName=Delta, Not a slot name",
    "slotName=a&slotName=a, given twice",
  })
  void refusesOtherParameters(String query, String message) {
    assertThatThrownBy(() -> read(query)).hasMessageContaining(message);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "{\"plugin\":\"pgoutput\",\"publication\":\"a,b\",\"slotName\":\"delta_x\"}",
        "{\"plugin\":\"pgoutput\",\"publication\":[\"a\",\"b\"],\"slotName\":\"delta_x\"}",
      })
  void readsABodyAsItReadsParameters(String body) {
    InitRequest asked = read("plugin=pgoutput&publication=a,b&slotName=delta_x");
    assertThat(InitResource.read(null, body(body))).isEqualTo(asked);
    assertThat(
            InitResource.read(
                "slotName=delta_x&publication=a,b", body("{\"plugin\":\"pgoutput\"}")))
        .isEqualTo(asked);
    assertThat(InitResource.read(null, body("{}"))).isEqualTo(read(null));
  }

  @Test
  void takesAPublicationsNameWithACommaInAList() {
    assertThat(InitResource.read(null, body("{\"publication\":[\"a,b\"]}")).publications())
        .containsExactly("a,b");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "{\"slotname\":\"delta_x\"}; Unknown field 'slotname'",
        "{\"plugins\":\"auto\"}; Unknown field 'plugins'",
        "{\"slotName\":\"delta_y\"}; slotName is given twice",
        "{\"slotName\":\"delta_x\"}; slotName is given twice",
        "{\"plugin\":1}; plugin must be a string",
        "{\"publication\":[\"\"]}; empty item",
        "{\"publication\":[1]}; list of strings",
        "[]; must be a JSON object",
        "\"x\"; must be a JSON object",
      })
  void refusesWhatItDoesNotKnowInABody(String body, String message) {
    assertThatThrownBy(() -> InitResource.read("slotName=delta_x", body(body)))
        .hasMessageContaining(message);
  }

  private static InitRequest read(@Nullable String query) {
    return InitResource.read(query, Optional.empty());
  }

  private static Optional<JsonTree> body(String text) {
    return Optional.of(BodyReader.parse(text));
  }
}
