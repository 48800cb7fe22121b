package org.pgdeltastream.launch.remote;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import org.junit.jupiter.api.Test;

class TableCopyTest {
  private static InputStream rows() {
    return new ByteArrayInputStream("1\n2\n{\"complete\":true,\"rows\":2}\n".getBytes(UTF_8));
  }

  @Test
  void copiesAllButTheEnd() throws Exception {
    ByteArrayOutputStream copied = new ByteArrayOutputStream();
    try (PrintStream out = new PrintStream(copied, false, UTF_8)) {
      new TableCopy(out, null).run(rows());
    }
    assertThat(copied.toString(UTF_8)).isEqualTo("1\n2\n");
  }

  /** As on a disk that is full. */
  @Test
  void saysThatTheOutputTakesNoMore() {
    OutputStream full =
        new OutputStream() {
          @Override
          public void write(int one) throws IOException {
            throw new IOException("No space left on device");
          }
        };
    try (PrintStream out = new PrintStream(full, false, UTF_8)) {
      assertThatExceptionOfType(IncompleteException.class)
          .isThrownBy(() -> new TableCopy(out, null).run(rows()))
          .withMessageContaining("takes no more");
    }
  }
}
