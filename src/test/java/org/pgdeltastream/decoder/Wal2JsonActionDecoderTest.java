package org.pgdeltastream.decoder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.pgdeltastream.change.ChangeTally;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.change.MalformedMessageException;
import org.pgdeltastream.change.option.ChangeOptions;
import org.pgdeltastream.encoder.RecordingOutput;
import org.pgdeltastream.support.InPlace;

class Wal2JsonActionDecoderTest {
  private static final String TIME = ",\"timestamp\":\"2026-11-25 12:18:24.4+00\"";
  private static final String BEGIN =
      "{\"action\":\"B\",\"xid\":7,\"lsn\":\"0/1A\",\"nextlsn\":\"0/1B\"}";
  private static final String INSERT =
      "{\"action\":\"I\",\"xid\":7,\"lsn\":\"0/19\",\"schema\":\"s\",\"table\":\"t\","
          + "\"columns\":[{\"name\":\"id\",\"type\":\"integer\",\"value\":1}]}";
  private static final String COMMIT =
      "{\"action\":\"C\",\"xid\":7,\"lsn\":\"0/1A\",\"nextlsn\":\"0/1B\"}";
  private static final String ALONE =
      "{\"action\":\"M\",\"xid\":null,\"timestamp\":null,\"origin\":null,\"lsn\":\"0/18\","
          + "\"transactional\":false,\"prefix\":\"p\",\"content\":\",\\\"lsn\\\":\\\"0/1\\\"\"}";

  private final RecordingOutput output = new RecordingOutput();

  @Test
  void passesActionsOnWithTheirPositions() throws IOException {
    String alone = ALONE.replace(",\"timestamp\":null", "");
    decode(decoder("include-lsn"), BEGIN, INSERT, COMMIT, ALONE);
    assertThat(output.texts()).containsExactly(BEGIN, INSERT, COMMIT, alone);
    assertThat(output.messages().stream().map(RecordingOutput.Message::endLsn))
        .containsExactly(Lsn.NONE, Lsn.NONE, Lsn.parse("0/1B"), Lsn.NONE);
  }

  @Test
  void tellsOnlyTheEndsPositionUnasked() throws IOException {
    decode(decoder(), BEGIN, INSERT, COMMIT, ALONE);
    assertThat(output.texts())
        .containsExactly(
            "{\"action\":\"B\",\"xid\":7}",
            INSERT.replace(",\"lsn\":\"0/19\"", ""),
            "{\"action\":\"C\",\"xid\":7,\"nextlsn\":\"0/1B\"}",
            ALONE.replace(",\"timestamp\":null", "").replace(",\"lsn\":\"0/18\"", ""));
  }

  @Test
  void sendsALargeChangeInPiecesWithoutACopy() throws IOException {
    String large = INSERT.replace("\"value\":1", "\"value\":\"" + "é☃".repeat(100_000) + "\"");
    decode(decoder(), BEGIN, large, COMMIT);
    assertThat(output.texts().get(1)).isEqualTo(large.replace(",\"lsn\":\"0/19\"", ""));
    assertThat(output.messages().get(1).pieces())
        .hasSizeGreaterThan(7)
        .allSatisfy(piece -> assertThat(piece).isLessThanOrEqualTo(64 * 1024));
  }

  @Test
  void tellsTimesOnlyToWhomAskedForThem() throws IOException {
    String begin = BEGIN.replace(",\"lsn\"", TIME + ",\"lsn\"");
    String insert = INSERT.replace(",\"lsn\"", TIME + ",\"lsn\"");
    String commit = COMMIT.replace(",\"lsn\"", TIME + ",\"lsn\"");
    decode(decoder("include-lsn"), begin, insert, commit);
    assertThat(output.texts()).containsExactly(BEGIN, INSERT, COMMIT);
    output.messages().clear();

    decode(decoder("include-lsn", "include-timestamp"), begin, insert, commit, ALONE);
    assertThat(output.texts()).containsExactly(begin, insert, commit, ALONE);
    output.messages().clear();

    decode(decoder("include-timestamp"), begin, insert, commit);
    assertThat(output.texts().get(0)).isEqualTo("{\"action\":\"B\",\"xid\":7" + TIME + "}");
    assertThat(output.texts().get(2)).contains(TIME);
  }

  @Test
  void readsWhenATransactionWasCommitted() {
    byte[] begin = BEGIN.replace(",\"lsn\"", TIME + ",\"lsn\"").getBytes(StandardCharsets.UTF_8);
    byte[] insert = INSERT.replace(",\"lsn\"", TIME + ",\"lsn\"").getBytes(StandardCharsets.UTF_8);
    assertThat(decoder().committedAt(begin, 0, begin.length)).isEqualTo(848_924_304_400_000L);
    assertThat(decoder().committedAt(insert, 0, insert.length)).isEqualTo(Long.MIN_VALUE);
  }

  @Test
  void keepsTheEndWithoutTheBegin() throws IOException {
    decode(decoder("!include-transaction"), BEGIN, INSERT, COMMIT);
    assertThat(output.texts()).hasSize(2);
    assertThat(output.texts().get(1)).startsWith("{\"action\":\"C\"");
  }

  @Test
  void skipsEmptyTransactions() throws IOException {
    Wal2JsonActionDecoder decoder = decoder("skip-empty-xacts");
    decode(decoder, BEGIN, COMMIT, BEGIN, INSERT, COMMIT);
    assertThat(output.texts()).hasSize(3);
    assertThat(decoder.betweenMessages()).isTrue();
  }

  @Test
  void quotesNumbersItself() throws IOException {
    Wal2JsonActionDecoder decoder = decoder();
    decoder.quoteNumbers();
    decode(
        decoder,
        BEGIN,
        INSERT
            .replace("\"value\":1}", "\"typeoid\":23,\"value\":-1.5e+7,\"position\":1}")
            .replace("\"name\":\"id\"", "\"name\":\"\\\"value\\\":1\""));
    assertThat(output.texts().get(1))
        .endsWith("\"typeoid\":23,\"value\":\"-1.5e+7\",\"position\":1}]}")
        .contains("\"name\":\"\\\"value\\\":1\"");
  }

  @Test
  void cutsLargeActionsBetweenCharacters() throws IOException {
    String large = INSERT.replace("\"value\":1", "\"value\":\"" + "😀é".repeat(40_000) + "\"");
    decode(decoder("include-lsn"), BEGIN, large);
    assertThat(output.texts().get(1)).isEqualTo(large);
    assertThat(output.messages().get(1).pieces()).allMatch(length -> length <= 64 * 1024);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "{",
        "{\"action\":\"X\"}",
        "{\"change\":[",
        "{\"action\":\"C\",\"lsn\":\"0/1\",\"nextlsn\":\"0/2\"}",
        "{\"action\":\"I\",\"lsn\":\"0/1\"",
        " {\"action\":\"B\"}"
      })
  void refusesWhatIsNotAnAction(String text) {
    assertThatThrownBy(() -> decode(decoder(), text))
        .isInstanceOf(MalformedMessageException.class)
        .hasMessageContaining("at byte");
  }

  @ParameterizedTest
  @ValueSource(strings = {"{\"action\":\"C\"}", "{\"action\":\"C\",\"nextlsn\":\"x\"}"})
  void refusesAnEndWithoutPosition(String end) {
    assertThatThrownBy(() -> decode(decoder(), BEGIN, end))
        .isInstanceOf(MalformedMessageException.class)
        .hasMessageContaining("at byte");
  }

  /** Names with an exclamation mark are off. */
  private Wal2JsonActionDecoder decoder(String... names) {
    List<String> set = List.of(names);
    ChangeOptions options =
        ChangeOptions.parse(
            name ->
                set.contains(name)
                    ? Optional.of("true")
                    : Optional.of("false").filter(off -> set.contains("!" + name)));
    return new Wal2JsonActionDecoder(options, output, ChangeTally.NONE);
  }

  private static void decode(Wal2JsonActionDecoder decoder, String... texts) throws IOException {
    for (String text : texts) {
      InPlace.decode(decoder, text.getBytes(StandardCharsets.UTF_8));
    }
  }
}
