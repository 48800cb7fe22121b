package org.pgdeltastream.slot;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.pgdeltastream.change.Problem;
import org.pgdeltastream.change.ProblemException;

class PageBytesTest {
  private final PageBytes page = new PageBytes(8);

  @Test
  void givesBackWhatItTookInOrder() throws IOException {
    byte[] reused = "abcd".getBytes(US_ASCII);
    page.write(reused, 1, 3);
    reused[1] = 'x';
    page.write('!');
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    page.writeTo(out);
    assertThat(out.toString(US_ASCII)).isEqualTo("bcd!");
    assertThat(page.size()).isEqualTo(4);
  }

  @Test
  void takesNoMoreThanItsBound() {
    page.write(new byte[8], 0, 8);
    assertThatThrownBy(() -> page.write(1))
        .isInstanceOfSatisfying(
            ProblemException.class,
            refused -> assertThat(refused.problem()).isEqualTo(Problem.PAYLOAD_TOO_LARGE));
  }
}
