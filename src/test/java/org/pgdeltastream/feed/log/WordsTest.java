package org.pgdeltastream.feed.log;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(value = 20, unit = TimeUnit.SECONDS)
class WordsTest {
  private final Words words = new Words();

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private List<String> taken() {
    List<String> taken = new ArrayList<>();
    for (byte[] next = words.take(); next != null; next = words.take()) {
      taken.add(new String(next, StandardCharsets.UTF_8));
    }
    assertThat(words.isEmpty()).isTrue();
    return taken;
  }

  @Test
  void aNoticeWaitsForTheFirstMessage() {
    words.notice(bytes("token"));
    assertThat(taken()).isEmpty();
    words.add(bytes("hello"));
    assertThat(words.isEmpty()).isFalse();
    assertThat(taken()).containsExactly("hello", "token");
    words.notice(bytes("older"));
    words.notice(bytes("newer"));
    assertThat(words.isEmpty()).isFalse();
    assertThat(taken()).containsExactly("newer");
  }

  @Test
  void aPongIsNotHeldUp() {
    words.notice(bytes("token"));
    words.answer(bytes("pong"));
    assertThat(words.isEmpty()).isFalse();
    assertThat(taken()).containsExactly("pong");
  }
}
