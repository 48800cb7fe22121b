package org.pgdeltastream.launch.remote;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.pgdeltastream.launch.command.BadArgumentException;

/** Command lines that ask for nothing, and what is said of them; no server is asked. */
class OptionsTest {
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();

  private int run(Map<String, String> environment, String... arguments) throws Exception {
    return RemoteCommands.run(
        arguments,
        environment::get,
        new PrintStream(out, true, StandardCharsets.UTF_8),
        new PrintStream(err, true, StandardCharsets.UTF_8));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "tail --slot|tail needs a value after '--slot'",
        "tail --slot=|tail needs a value after '--slot'",
        "tail --slot a --slot b|tail takes '--slot' once",
        "tail --slot a --feed b|tail takes --slot or --feed",
        "tail --what|tail has no option '--what'",
        "tail --reconnect=1|tail has no option '--reconnect'",
        "tail --acknowledge|tail acknowledges a --slot only",
        "tail --feed a --acknowledge|tail acknowledges a --slot only",
        "tail --slot a --reconnect|with --acknowledge only",
        "tail --from 0/1|tail takes --from with --slot or --feed",
        "tail --count 0|tail takes '--count' from 1",
        "tail --count x|tail takes '--count' from 1",
        "tail --until x|tail takes '--until' an LSN",
        "tail --until 1/123456789|tail takes '--until' an LSN",
        "tail --format xml|tail takes '--format' line, json, pretty",
        "tail --option a|tail takes '--option NAME=VALUE'",
        "tail --option slotName=a|tail takes no such '--option'",
        "tail http://a:1 http://b:1|tail takes one URL",
        "tail a|tail has no use for 'a'",
        "tail ws://a/b|The server's URL is like http://",
        "tail http://a b|tail has no use for 'b'",
        "slots a|slots has no use for 'a'",
        "slots --yes|slots has no option '--yes'",
        "drop|drop needs the slot's name",
        "drop a|drop needs --yes",
        "drop a b --yes|drop has no use for 'b'",
        "init a b|init has no use for 'b'",
        "snapshot|snapshot needs a table",
        "snapshot a --format json|snapshot takes '--format' ndjson, csv"
      })
  void saysWhatIsWrongInOneLine(String line, String message) throws Exception {
    assertThat(run(Map.of(), line.split(" ", -1))).isEqualTo(1);
    assertThat(err.toString(StandardCharsets.UTF_8))
        .startsWith("pgdeltastream: ")
        .contains(message)
        .hasLineCount(1);
    assertThat(out.size()).isZero();
  }

  @ParameterizedTest
  @ValueSource(strings = {"tail", "slots", "drop", "init", "snapshot"})
  void eachHelps(String command) throws Exception {
    for (String flag : new String[] {"--help", "-help", "-h"}) {
      out.reset();
      assertThat(run(Map.of(), command, "a", flag)).isZero();
      assertThat(out.toString(StandardCharsets.UTF_8))
          .startsWith("Usage: java -jar pgdeltastream.jar " + command)
          .contains("Exit status: 0", "PGDELTA_TOKEN");
    }
    assertThat(RemoteCommands.begin(new String[] {command})).isTrue();
    assertThat(RemoteCommands.begin(new String[] {"--db", command})).isFalse();
    assertThat(RemoteCommands.begin(new String[0])).isFalse();
  }

  @Test
  void showsNoTokenAndNoControlCharacters() throws Exception {
    assertThat(run(Map.of("PGDELTA_TOKEN", "can ary"), "slots")).isEqualTo(1);
    assertThat(run(Map.of(), "slots", "ht\u001b[31mtp://x y")).isEqualTo(1);
    assertThat(err.toString(StandardCharsets.UTF_8))
        .contains("no header can carry")
        .doesNotContain("ary\"", "\u001b");
  }

  @Test
  void anOptionTakesOneDashOrTwoAndAnEqualsSign() throws BadArgumentException {
    Options options =
        Options.parse(
            "x",
            List.of("-a=1", "--b", "2", "http://h:1", "-c", "p"),
            Set.of("a", "b"),
            Set.of("c"));
    assertThat(options.value("a")).contains("1");
    assertThat(options.value("b")).contains("2");
    assertThat(options.has("c")).isTrue();
    assertThat(options.url()).isEqualTo("http://h:1");
    assertThat(options.positional(0)).contains("p");
  }
}
