package org.pgdeltastream.decoder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.pgdeltastream.change.ChangeTally;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.change.MalformedMessageException;
import org.pgdeltastream.change.option.ChangeOptions;
import org.pgdeltastream.encoder.RecordingOutput;
import org.pgdeltastream.encoder.RecordingOutput.Message;
import org.pgdeltastream.support.InPlace;

class Wal2JsonDecoderTest {
  private static final int BOUND = 64 * 1024;
  private static final String HEAD = "{\"nextlsn\":\"0/1A1DB18\",\"change\":[";
  private static final String ALONE =
      "{\"change\":[{\"kind\":\"message\",\"transactional\":false,\"prefix\":\"p\",\"content\":\"\"}]}";

  private final RecordingOutput output = new RecordingOutput();
  private final Wal2JsonDecoder decoder =
      new Wal2JsonDecoder(ChangeOptions.usual(), output, ChangeTally.NONE);

  @Test
  void joinsARealServersChunksToWhatItWritesWhole() throws IOException {
    decode(Vectors.wal2JsonChunks().toArray(new String[0]));
    assertThat(output.texts()).isEqualTo(Vectors.wal2Json());
    assertThat(decoder.betweenMessages()).isTrue();
    for (Message message : output.messages()) {
      Lsn nextLsn =
          message.text().startsWith("{\"nextlsn\":\"")
              ? Lsn.parse(message.text().substring(12, message.text().indexOf('"', 12)))
              : Lsn.NONE;
      assertThat(message.endLsn()).isEqualTo(nextLsn);
    }
  }

  @Test
  void passesTransactionsOnThatARealServerWroteWhole() throws IOException {
    decode(Vectors.wal2JsonChunks().toArray(new String[0]));
    List<Message> fromChunks = List.copyOf(output.messages());
    output.messages().clear();
    decode(Vectors.wal2Json().toArray(new String[0]));
    assertThat(output.texts()).isEqualTo(Vectors.wal2Json());
    assertThat(output.messages().stream().map(Message::endLsn))
        .isEqualTo(fromChunks.stream().map(Message::endLsn).toList());
    assertThat(decoder.betweenMessages()).isTrue();
  }

  @Test
  void quotesNumbersOfALongTextWithoutCuttingCharacters() throws IOException {
    decoder.quoteNumbers();
    String change =
        "{\"kind\":\"insert\",\"columnvalues\":[" + "1,\"日本😀 2\",".repeat(9_000) + "3]}";
    decode("{\"nextlsn\":\"0/1\",\"change\":[" + change + "]}");
    assertThat(output.texts())
        .containsExactly(
            ("{\"nextlsn\":\"0/1\",\"change\":[" + change + "]}")
                .replace("[1,", "[\"1\",")
                .replace(",1,", ",\"1\",")
                .replace(",3]", ",\"3\"]"));
  }

  @Test
  void quotesTheNumbersOfAWholeTransaction() throws IOException {
    decoder.quoteNumbers();
    decode(HEAD + "{\"kind\":\"insert\",\"columnvalues\":[1,\"2\"]}]}");
    assertThat(output.texts())
        .containsExactly(HEAD + "{\"kind\":\"insert\",\"columnvalues\":[\"1\",\"2\"]}]}");
  }

  @Test
  void sendsATransactionWhenItIsClosed() throws IOException {
    decode(HEAD);
    assertThat(decoder.betweenMessages()).isFalse();
    decode("{\"kind\":\"insert\"}", ",{\"kind\":\"delete\"}");
    assertThat(output.messages()).isEmpty();
    decode("]}");
    assertThat(decoder.betweenMessages()).isTrue();
    assertThat(output.texts())
        .containsExactly(HEAD + "{\"kind\":\"insert\"},{\"kind\":\"delete\"}]}");
    assertThat(output.messages().get(0).endLsn()).isEqualTo(Lsn.parse("0/1A1DB18"));
  }

  @Test
  void passesEmptyTransactionsOn() throws IOException {
    decode(HEAD, "]}");
    assertThat(output.texts()).containsExactly(HEAD + "]}");
  }

  @Test
  void passesAMessageOfItsOwnOnWithoutAPosition() throws IOException {
    decode(HEAD, "]}", ALONE);
    assertThat(output.messages().get(1).text()).isEqualTo(ALONE);
    assertThat(output.messages().get(1).endLsn()).isEqualTo(Lsn.NONE);
    assertThat(decoder.betweenMessages()).isTrue();
  }

  @Test
  void mendsAMessageOfItsOwnAfterSeveralChanges() throws IOException {
    decode(ALONE.replace("[{", "[,{"));
    assertThat(output.texts()).containsExactly(ALONE);
    assertThat(output.messages().get(0).endLsn()).isEqualTo(Lsn.NONE);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"xid\":780,\"nextlsn\":\"0/15636C8\",\"timestamp\":\"2026-11-25 12:18:24.492971+00\","
            + "\"origin\":0,\"change\":[",
        "{\"nextlsn\":\"0/15636C8\",\"timestamp\":\"2026-11-25 12:18:24.492971+00\",\"change\":["
      })
  void understandsTheOtherFieldsOfTheHead(String head) throws IOException {
    String told = head.replaceFirst("\"timestamp\":\"[^\"]*\",", "");
    decode(head, "]}", head + "{\"kind\":\"insert\"}]}");
    assertThat(output.texts()).containsExactly(told + "]}", told + "{\"kind\":\"insert\"}]}");
    assertThat(output.messages().get(0).endLsn()).isEqualTo(Lsn.parse("0/15636C8"));
    byte[] bytes = head.getBytes(StandardCharsets.UTF_8);
    assertThat(decoder.committedAt(bytes, 0, bytes.length)).isEqualTo(848_924_304_492_971L);
  }

  @Test
  void tellsTheTimeOfTheCommitToWhomAskedForIt() throws IOException {
    String head = HEAD.replace("\"change", "\"timestamp\":\"2026-11-25 12:18:24+00\",\"change");
    ChangeOptions asked =
        ChangeOptions.parse(
            name -> name.equals("include-timestamp") ? Optional.of("true") : Optional.empty());
    Wal2JsonDecoder telling = new Wal2JsonDecoder(asked, output, ChangeTally.NONE);
    for (String chunk : new String[] {head, "]}"}) {
      InPlace.decode(telling, chunk.getBytes(StandardCharsets.UTF_8));
    }
    assertThat(output.texts()).containsExactly(head + "]}");
  }

  @Test
  void readsFromWhereItIsTold() throws IOException {
    for (String chunk : new String[] {HEAD, "{\"kind\":\"insert\"}", "]}", ALONE}) {
      byte[] around = ("]}{" + chunk + "]}").getBytes(StandardCharsets.UTF_8);
      decoder.decode(around, 3, around.length - 2);
    }
    assertThat(output.texts()).containsExactly(HEAD + "{\"kind\":\"insert\"}]}", ALONE);
  }

  @Test
  void cutsAtTheBoundButNotInsideACharacter() throws IOException {
    for (int shift = 0; shift < 4; shift++) {
      String change = "{\"kind\":\"" + "x".repeat(shift) + "😀".repeat(50_000) + "\"}";
      decode(HEAD, change);
      assertThat(output.openPieces()).hasSize(3);
      decode("]}");
      Message message = output.messages().get(shift);
      assertThat(message.text()).isEqualTo(HEAD + change + "]}");
      assertThat(message.pieces()).allMatch(length -> length > 0 && length <= BOUND);
    }
  }

  @Test
  void neverEndsWithAnEmptyPiece() throws IOException {
    for (int size = BOUND - 70; size < BOUND; size++) {
      String change = "{\"kind\":\"" + "x".repeat(size) + "\"}";
      decode(HEAD, change, "]}");
      Message message = output.messages().get(output.messages().size() - 1);
      assertThat(message.text()).isEqualTo(HEAD + change + "]}");
      assertThat(message.pieces()).allMatch(length -> length > 0 && length <= BOUND);
    }
  }

  @Test
  void passesTextOfAnySizeOnUntouched() throws IOException {
    Random random = new Random(3);
    Wal2JsonDecoder small =
        new Wal2JsonDecoder(ChangeOptions.usual(), output, ChangeTally.NONE, 16);
    for (int round = 0; round < 500; round++) {
      StringBuilder text = new StringBuilder(HEAD);
      feed(small, HEAD);
      for (int change = random.nextInt(5); change > 0; change--) {
        String chunk = ",{\"kind\":\"" + "aé日😀".repeat(random.nextInt(20)) + "\"}";
        text.append(chunk);
        feed(small, chunk);
      }
      feed(small, "]}");
      Message message = output.messages().get(round);
      assertThat(message.text()).isEqualTo(text + "]}");
      assertThat(message.pieces()).allMatch(length -> length > 0 && length <= 16);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "]}",
        "{",
        "{\"change\":[",
        "{\"nextlsn\":\"0/1A1DB18\",\"change\":[]} ",
        "{\"nextlsn\":\"0/1A1DB18\",\"change\":[x]}",
        "{\"nextlsn\":\"0/1A1DB18\",\"change\":[{\"kind\":\"insert\"}",
        "{\"nextlsn\":\"\",\"change\":[",
        "{\"nextlsn\":\"0/X\",\"change\":[",
        "{\"nextlsn\":\"0/123456789\",\"change\":[",
        " {\"nextlsn\":\"0/1\",\"change\":[",
        "{\"action\":\"B\"}",
        "{\"change\":[{\"kind\":\"message\","
      })
  void refusesWhatIsNotAHead(String chunk) {
    assertMalformed(chunk);
    assertThat(decoder.betweenMessages()).isTrue();
  }

  @Test
  void refusesEveryTruncatedHead() {
    for (int length = 0; length < HEAD.length(); length++) {
      assertMalformed(HEAD.substring(0, length));
    }
  }

  @Test
  void refusesAHeadOfAnyLength() {
    assertMalformed("{\"xid\":" + "1".repeat(1000) + ",\"nextlsn\":\"0/1\",\"change\":[");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "]", "]} ", "x", "{\"nextlsn\":\"0/1\",\"change\":["})
  void refusesWhatIsNotAChange(String chunk) throws IOException {
    decode(HEAD);
    assertMalformed(chunk);
  }

  private void decode(String... chunks) throws IOException {
    for (String chunk : chunks) {
      feed(decoder, chunk);
    }
  }

  private static void feed(Wal2JsonDecoder decoder, String chunk) throws IOException {
    InPlace.decode(decoder, chunk.getBytes(StandardCharsets.UTF_8));
  }

  private void assertMalformed(String chunk) {
    assertThatThrownBy(() -> feed(decoder, chunk))
        .isInstanceOf(MalformedMessageException.class)
        .hasMessageContaining("at byte");
  }
}
