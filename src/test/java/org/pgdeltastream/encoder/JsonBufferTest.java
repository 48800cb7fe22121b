package org.pgdeltastream.encoder;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;

class JsonBufferTest {
  // insert into users select 100, string_agg(chr(g)) from generate_series(1,160) g, wal2json 2.5
  private static final String CONTROLS_AS_WAL2JSON_PRINTS =
      "\"\\u0001\\u0002\\u0003\\u0004\\u0005\\u0006\\u0007\\b\\t\\n\\u000b\\f\\r\\u000e\\u000f"
          + "\\u0010\\u0011\\u0012\\u0013\\u0014\\u0015\\u0016\\u0017\\u0018\\u0019\\u001a\\u001b"
          + "\\u001c\\u001d\\u001e\\u001f !\\\"#$%&'()*+,-./0\"";

  @Test
  void escapesWhatWal2JsonEscapes() throws IOException {
    StringBuilder controls = new StringBuilder();
    for (char c = 1; c <= '0'; c++) {
      controls.append(c);
    }
    assertThat(quoted(controls.toString())).isEqualTo(CONTROLS_AS_WAL2JSON_PRINTS);
  }

  @Test
  void leavesSlashDeleteAndOtherAlphabetsAlone() throws IOException {
    assertThat(quoted("a/b\u007f é 日本語 😀")).isEqualTo("\"a/b\u007f é 日本語 😀\"");
  }

  @Test
  void cutsNoPairOfALongText() throws IOException {
    for (int before = 2_040; before < 2_056; before++) {
      String text = "x".repeat(before) + "😀".repeat(3_000);
      assertThat(quoted(text)).isEqualTo("\"" + text + "\"");
    }
  }

  @Test
  void escapesTheSameAtEveryPlaceInAWord() throws IOException {
    for (int before = 0; before < 20; before++) {
      for (int after = 0; after < 20; after++) {
        String text = "é".repeat(before) + "\"\\\n" + "x".repeat(after);
        assertThat(quoted(text)).isEqualTo("\"" + simple(text) + "\"");
      }
    }
  }

  @Test
  void escapesRandomTextLikeTheObviousLoop() throws IOException {
    Random random = new Random(7);
    for (int round = 0; round < 2000; round++) {
      StringBuilder text = new StringBuilder();
      for (int i = random.nextInt(60); i > 0; i--) {
        text.append((char) (1 + random.nextInt(random.nextBoolean() ? 0x7F : 0xD000)));
      }
      assertThat(quoted(text.toString())).isEqualTo("\"" + simple(text.toString()) + "\"");
    }
  }

  @Test
  void writesInFrontOfTheText() throws IOException {
    JsonBuffer buffer = new JsonBuffer(full -> {});
    buffer.append('!');
    buffer.prependHex(0x01A1DB18);
    buffer.prependHex(0);
    buffer.prependHex(-1);
    buffer.prepend(Ascii.bytes("LSN "));
    assertThat(text(buffer)).isEqualTo("LSN FFFFFFFF01A1DB18!");
  }

  @Test
  void drainsALongTextWhileItIsWritten() throws IOException {
    StringBuilder drained = new StringBuilder();
    JsonBuffer buffer =
        new JsonBuffer(
            full -> {
              assertThat(full.length()).isLessThan(JsonBuffer.BOUND * 2);
              drained.append(text(full));
              full.reset();
            });
    String controls = "\u0001".repeat(100_000);
    buffer.appendQuoted(controls);
    drained.append(text(buffer));
    assertThat(drained.toString()).isEqualTo("\"" + simple(controls) + "\"");
    assertThat(buffer.bytes().length).isLessThan(JsonBuffer.BOUND * 4);
  }

  private static String quoted(String text) throws IOException {
    JsonBuffer buffer = new JsonBuffer(full -> {});
    buffer.appendQuoted(text);
    return text(buffer);
  }

  private static String text(JsonBuffer buffer) {
    return new String(buffer.copy(), StandardCharsets.UTF_8);
  }

  private static String simple(String text) {
    StringBuilder out = new StringBuilder();
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      switch (c) {
        case '"', '\\' -> out.append('\\').append(c);
        case '\b' -> out.append("\\b");
        case '\f' -> out.append("\\f");
        case '\n' -> out.append("\\n");
        case '\r' -> out.append("\\r");
        case '\t' -> out.append("\\t");
        default -> out.append(c < 0x20 ? String.format("\\u%04x", (int) c) : c);
      }
    }
    return out.toString();
  }
}
