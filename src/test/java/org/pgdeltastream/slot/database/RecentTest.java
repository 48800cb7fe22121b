package org.pgdeltastream.slot.database;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class RecentTest {
  private final AtomicInteger asked = new AtomicInteger();

  private String ask() {
    return "answer " + asked.incrementAndGet();
  }

  @Test
  void asksOnceWhileTheAnswerIsYoung() throws Exception {
    Recent<String, String> recent = new Recent<>(100, any -> 1);
    assertThat(recent.get("a", this::ask)).isEqualTo("answer 1");
    assertThat(recent.get("a", this::ask)).isEqualTo("answer 1");
    assertThat(recent.get("b", this::ask)).isEqualTo("answer 2");
    recent.forget();
    assertThat(recent.get("a", this::ask)).isEqualTo("answer 3");
  }

  @Test
  void holdsNoMoreThanItMay() throws Exception {
    Recent<Integer, String> recent = new Recent<>(100, String::length);
    for (int i = 0; i < 1000; i++) {
      assertThat(recent.get(i, () -> "x".repeat(30))).hasSize(30);
      assertThat(recent.size()).isLessThanOrEqualTo(3);
    }
  }
}
