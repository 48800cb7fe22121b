package org.pgdeltastream.replication.connection;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MessageBoundsTest {
  private static final String MESSAGE = "R\0\0\0\u0007abc";
  private static final String EMPTY = "Z\0\0\0\u0004";

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 4, 5, 6, 8, 9, 100})
  void neverPassesAnEndHoweverTheBytesCome(int piece) {
    MessageBounds bounds = new MessageBounds();
    byte[] stream = bytes("NN" + MESSAGE + EMPTY + MESSAGE.repeat(3));
    int at = 0;
    int ends = 0;
    while (at < stream.length) {
      assertThat(bounds.atBoundary()).isEqualTo(at <= 2 || isEnd(at - 2));
      int passed = bounds.pass(stream, at, Math.min(piece, stream.length - at));
      assertThat(passed).isPositive();
      at += passed;
      ends += bounds.atBoundary() ? 1 : 0;
    }
    assertThat(ends).isEqualTo(2 + 5);
  }

  private static boolean isEnd(int at) {
    int full = MESSAGE.length();
    int behindEmpty = full + EMPTY.length();
    return at == full || (at >= behindEmpty && (at - behindEmpty) % full == 0);
  }

  @ParameterizedTest
  @ValueSource(strings = {"S", "G", "NS", "\u0016"}) // the last without a question
  void knowsNoEndsWhereBytesAreEncrypted(String answer) {
    MessageBounds bounds = new MessageBounds();
    byte[] stream = bytes(answer + MESSAGE);
    int at = 0;
    while (at < answer.length()) {
      at += bounds.pass(stream, at, 1);
    }
    assertThat(bounds.atBoundary()).isFalse();
    assertThat(bounds.isEncrypted()).isTrue();
    assertThat(bounds.pass(stream, at, stream.length - at)).isEqualTo(stream.length - at);
    assertThat(bounds.atBoundary()).isFalse();
  }

  @ParameterizedTest
  @ValueSource(strings = {"R\u00ff\u00ff\u00ff\u00ff", "R\0\0\0\0"})
  void takesAnImpossibleLengthForNone(String header) {
    MessageBounds bounds = new MessageBounds();
    assertThat(bounds.pass(bytes(header + "xyz"), 0, 8)).isEqualTo(5);
    assertThat(bounds.atBoundary()).isTrue();
  }
}
