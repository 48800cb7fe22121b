package org.pgdeltastream.framing;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.pgdeltastream.framing.FrameException.Violation;

class FrameReaderTest {
  private static final int MOST = 4096;

  private final Said said = new Said();
  private final FrameReader reader = new FrameReader(MOST, said);

  @Test
  void readsAMessageInOneFrame() throws Exception {
    read(frame(0x81, "{\"lsn\":\"0/1\"}"));

    assertThat(said.words).containsExactly("text {\"lsn\":\"0/1\"}");
  }

  @Test
  void joinsFragmentsWithControlFramesBetweenThem() throws Exception {
    read(frame(0x01, "a"), frame(0x89, "p"), frame(0x00, ""), frame(0x8A, ""), frame(0x80, "b"));

    assertThat(said.words).containsExactly("ping p", "pong", "text ab");
  }

  @Test
  void takesTextWhoseCharactersAreCutByFragments() throws Exception {
    byte[] snowman = "☃".getBytes(UTF_8);
    read(
        frame(0x01, new byte[] {snowman[0]}),
        frame(0x00, new byte[] {snowman[1]}),
        frame(0x80, new byte[] {snowman[2]}));

    assertThat(said.words).containsExactly("text ☃");
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 124, 125, 126, 127, 4095, 4096})
  void readsMessagesOfAnyLengthUpToTheBound(int length) throws Exception {
    read(frame(0x81, "x".repeat(length)));

    assertThat(said.words).containsExactly("text " + "x".repeat(length));
  }

  @Test
  void readsTheSameHoweverTheBytesArrive() throws Exception {
    byte[] all =
        join(frame(0x01, "x".repeat(300)), frame(0x89, ""), frame(0x80, "☃"), frame(0x81, "y"));
    for (int size = 1; size < all.length; size++) {
      said.words.clear();
      FrameReader pieces = new FrameReader(MOST, said);
      for (int at = 0; at < all.length; at += size) {
        pieces.read(all, at, Math.min(size, all.length - at));
      }
      assertThat(said.words).containsExactly("ping ", "text " + "x".repeat(300) + "☃", "text y");
    }
  }

  @ParameterizedTest
  @CsvSource({
    "C1, a reserved bit", "A1, a reserved bit", "91, a reserved bit",
    "83, a reserved opcode", "87, a reserved opcode", "8B, a reserved opcode",
    "8F, a reserved opcode", "09, a ping in fragments", "08, a close in fragments",
    "80, a continuation of nothing"
  })
  void refusesFramesThatAreNoneOfTheProtocols(String first, String what) {
    assertThat(violation(frame(Integer.parseInt(first, 16), "x")))
        .as(what)
        .isEqualTo(Violation.PROTOCOL);
    assertThat(said.words).isEmpty();
  }

  @Test
  void refusesAMessageInsideAMessage() {
    assertThat(violation(frame(0x01, "a"), frame(0x81, "b"))).isEqualTo(Violation.PROTOCOL);
  }

  @Test
  void refusesAFrameWithoutAMask() {
    assertThat(violation(new byte[] {(byte) 0x81, 1, 'x'})).isEqualTo(Violation.PROTOCOL);
  }

  @Test
  void refusesAControlFrameOfMoreThan125Bytes() {
    assertThat(violation(frame(0x89, "x".repeat(126)))).isEqualTo(Violation.PROTOCOL);
  }

  @Test
  void refusesALengthThatIsWrittenTooLongOrNegative() {
    assertThat(violation(bytes(0x81, 0xFE, 0, 125, 0, 0, 0, 0))).isEqualTo(Violation.PROTOCOL);
    byte[] shortAsEight = bytes(0x81, 0xFF, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 0, 0, 0, 0);
    assertThat(violationOfNew(shortAsEight)).isEqualTo(Violation.PROTOCOL);
    byte[] negative = bytes(0x81, 0xFF, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
    assertThat(violationOfNew(negative)).isEqualTo(Violation.PROTOCOL);
  }

  @Test
  void refusesALargeMessageBeforeItHasCome() {
    assertThat(violation(bytes(0x81, 0xFE, 0x10, 0x01, 0, 0, 0, 0))).isEqualTo(Violation.SIZE);
    byte[] huge = bytes(0x81, 0xFF, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0);
    assertThat(violationOfNew(huge)).isEqualTo(Violation.SIZE);
  }

  @Test
  void refusesManySmallFragmentsOnceTheyAreTooMuch() throws Exception {
    read(frame(0x01, "x".repeat(4096)), frame(0x00, ""));
    assertThat(violation(frame(0x80, "x"))).isEqualTo(Violation.SIZE);
  }

  @Test
  void refusesBinaryMessages() {
    assertThat(violation(frame(0x82, "x"))).isEqualTo(Violation.BINARY);
    assertThat(violationOfNew(frame(0x02, "x"))).isEqualTo(Violation.BINARY);
  }

  @ParameterizedTest
  @ValueSource(strings = {"FF", "C0AF", "EDA080", "F4908080", "E298", "80"})
  void refusesTextThatIsNotUtf8(String hex) {
    byte[] wrong = java.util.HexFormat.of().parseHex(hex);
    assertThat(violation(frame(0x81, wrong))).isEqualTo(Violation.TEXT);
    assertThat(violationOfNew(frame(0x01, "ok"), frame(0x80, wrong))).isEqualTo(Violation.TEXT);
    assertThat(said.words).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(ints = {1000, 1001, 1003, 1007, 1011, 1012, 1014, 3000, 4003, 4999})
  void answersAGoodbyeWithItsCode(int code) throws Exception {
    read(frame(0x88, CloseFrame.of(code, "bye ☃")), frame(0x81, "never read"));

    assertThat(said.words).containsExactly("close " + code);
  }

  @Test
  void answersAGoodbyeWithoutACodeWithNone() throws Exception {
    read(frame(0x88, ""));
    assertThat(said.words).containsExactly("close");
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65535})
  void refusesCodesThatNobodyMaySay(int code) {
    assertThat(violation(frame(0x88, CloseFrame.of(code, "")))).isEqualTo(Violation.PROTOCOL);
  }

  @Test
  void refusesHalfACodeAndAReasonThatIsNotUtf8() {
    assertThat(violation(frame(0x88, "x"))).isEqualTo(Violation.PROTOCOL);
    assertThat(violationOfNew(frame(0x88, bytes(0x03, 0xE8, 0xFF)))).isEqualTo(Violation.TEXT);
  }

  @Test
  void readsNothingAfterAViolation() throws Exception {
    violation(frame(0x83, ""));
    read(frame(0x81, "x"));
    assertThat(said.words).isEmpty();
  }

  /** Whatever comes: words, or a violation; and what is not refused is what was meant. */
  @Test
  void readsOrRefusesAnyBytes() {
    Random random = new Random(7);
    for (int round = 0; round < 20_000; round++) {
      byte[] any = new byte[random.nextInt(60)];
      random.nextBytes(any);
      if (any.length > 1 && round % 2 == 0) { // else nearly all end at the second byte
        any[0] = (byte) (any[0] & 0x8F);
        any[1] = (byte) (any[1] | 0x80);
      }
      violationOfNew(any);
    }
  }

  private void read(byte[]... frames) throws FrameException {
    byte[] all = join(frames);
    reader.read(all, 0, all.length);
  }

  private @Nullable Violation violation(byte[]... frames) {
    return violation(reader, frames);
  }

  private @Nullable Violation violationOfNew(byte[]... frames) {
    return violation(new FrameReader(MOST, said), frames);
  }

  private static @Nullable Violation violation(FrameReader reader, byte[]... frames) {
    byte[] all = join(frames);
    try {
      reader.read(all, 0, all.length);
      return null;
    } catch (FrameException e) {
      return e.violation();
    }
  }

  static byte[] bytes(int... values) {
    byte[] bytes = new byte[values.length];
    for (int i = 0; i < values.length; i++) {
      bytes[i] = (byte) values[i];
    }
    return bytes;
  }

  private static byte[] join(byte[]... pieces) {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    for (byte[] piece : pieces) {
      all.writeBytes(piece);
    }
    return all.toByteArray();
  }

  private static byte[] frame(int first, String payload) {
    return frame(first, payload.getBytes(UTF_8));
  }

  /** As a client sends it. */
  private static byte[] frame(int first, byte[] payload) {
    byte[] mask = {0x12, (byte) 0xF3, 0x00, 0x7A};
    ByteArrayOutputStream frame = new ByteArrayOutputStream();
    frame.write(first);
    if (payload.length < 126) {
      frame.write(0x80 | payload.length);
    } else {
      frame.write(0x80 | 126);
      frame.write(payload.length >> 8);
      frame.write(payload.length);
    }
    frame.writeBytes(mask);
    for (int i = 0; i < payload.length; i++) {
      frame.write(payload[i] ^ mask[i % 4]);
    }
    return frame.toByteArray();
  }

  private static final class Said implements FrameListener {
    final List<String> words = new ArrayList<>();

    @Override
    public void onText(String message) {
      words.add("text " + message);
    }

    @Override
    public void onPing(byte[] payload) {
      words.add("ping " + new String(payload, UTF_8));
    }

    @Override
    public void onPong() {
      words.add("pong");
    }

    @Override
    public void onClose(byte[] payload) {
      boolean empty = payload.length == 0;
      words.add(empty ? "close" : "close " + (((payload[0] & 0xFF) << 8) | (payload[1] & 0xFF)));
    }
  }
}
