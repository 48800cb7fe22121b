package org.pgdeltastream.framing;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FrameWriterTest {
  private final List<Integer> pieces = new ArrayList<>();
  private final ByteArrayOutputStream written = new ByteArrayOutputStream();
  private final FrameWriter writer =
      new FrameWriter(
          200,
          (bytes, length) -> {
            pieces.add(length);
            written.write(bytes, 0, length);
          });

  @ParameterizedTest
  @CsvSource({
    "0, 8100",
    "1, 8101",
    "125, 817D",
    "126, 817E007E",
    "65535, 817EFFFF",
    "65536, 817F0000000000010000",
    "100000, 817F00000000000186A0"
  })
  void writesTheShortestLength(int length, String header) throws IOException {
    byte[] payload = new byte[length];
    Arrays.fill(payload, (byte) 'x');
    FrameWriter large =
        new FrameWriter(length + 10, (bytes, count) -> written.write(bytes, 0, count));

    large.text(payload, 0, length, true);
    large.drain();

    assertThat(hex()).isEqualTo(header + "78".repeat(length));
  }

  @Test
  void writesTheBytesBetweenStartAndEnd() throws IOException {
    writer.text("abcdef".getBytes(UTF_8), 2, 3, true);
    writer.drain();
    assertThat(hex()).isEqualTo("8103636465");
  }

  @Test
  void writesPartsAsFragmentsAndControlFramesBetweenThem() throws IOException {
    text("a", false);
    writer.ping();
    text("", false);
    writer.pong(new byte[] {7});
    text("b", true);
    text("c", true);
    writer.close(FrameWriter.closePayload(4003, "slow"));
    writer.drain();

    assertThat(hex())
        .isEqualTo(
            "010161" + "8900" + "0000" + "8A0107" + "800162" + "810163" + "88060FA3736C6F77");
  }

  @Test
  void gathersSmallFramesIntoOnePiece() throws IOException {
    for (int i = 0; i < 10; i++) {
      text("0123456789", true);
    }
    assertThat(pieces).isEmpty();
    writer.drain();
    assertThat(pieces).containsExactly(120);
    writer.drain();
    assertThat(pieces).containsExactly(120);
  }

  @Test
  void endsEachPieceWithAFrameAndEachFrameWithACharacter() throws IOException {
    byte[] letters = "ä".repeat(300).getBytes(UTF_8);
    writer.text(letters, 0, letters.length, true);
    writer.drain();
    assertThat(pieces).containsExactly(194, 194, 194, 32);
    byte[] all = written.toByteArray();
    assertThat(List.of(all[0], all[194], all[388], all[582]))
        .containsExactly((byte) 0x01, (byte) 0x00, (byte) 0x00, (byte) 0x80);
  }

  @Test
  void keepsAPieceThatCouldNotBeWritten() throws IOException {
    AtomicBoolean possible = new AtomicBoolean();
    FrameWriter patient =
        new FrameWriter(
            200,
            (bytes, length) -> {
              if (!possible.get()) {
                throw new IOException("not now");
              }
              written.write(bytes, 0, length);
            });
    patient.text("abc".getBytes(UTF_8), 0, 3, true);
    assertThatThrownBy(patient::drain).hasMessage("not now");
    possible.set(true);
    patient.close(FrameWriter.closePayload(4003, "slow"));
    patient.drain();
    assertThat(hex()).isEqualTo("8103616263" + "88060FA3736C6F77");
  }

  @Test
  void neverKeepsMoreThanAPiece() throws IOException {
    text("x".repeat(1000), true);
    assertThat(pieces).allMatch(length -> length <= 200).hasSize(5);
  }

  @Test
  void makesRoomForAControlFrame() throws IOException {
    text("x".repeat(150), true);
    assertThat(writer.hasRoomForControl()).isFalse();
    writer.pong(new byte[125]);
    assertThat(pieces).containsExactly(154);
    writer.drain();
    assertThat(written.size()).isEqualTo(154 + 127);
  }

  private void text(String text, boolean last) throws IOException {
    writer.text(text.getBytes(UTF_8), 0, text.length(), last);
  }

  private String hex() {
    return java.util.HexFormat.of().withUpperCase().formatHex(written.toByteArray());
  }
}
