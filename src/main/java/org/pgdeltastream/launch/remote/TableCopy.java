package org.pgdeltastream.launch.remote;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Copies a table's lines as they are, all but the last, which says that it is whole: {@code
 * {"complete":true,"rows":N}}, or {@code \.} of CSV.
 */
final class TableCopy {
  private static final int BUFFER = 1 << 16;

  private final PrintStream out;
  private final @Nullable Progress progress;
  private byte[] held = {}; // only the next line tells that it is not the last
  private long rows = -1; // copied; with the first line nothing is

  TableCopy(PrintStream out, @Nullable Progress progress) {
    this.out = out;
    this.progress = progress;
  }

  /** Copies to the end, and closes. */
  void run(InputStream from) throws IOException, IncompleteException {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    byte[] buffer = new byte[BUFFER];
    try (from) {
      for (int length = read(from, buffer); length >= 0; length = read(from, buffer)) {
        int start = 0;
        for (int i = 0; i < length; i++) {
          if (buffer[i] == '\n') {
            line.write(buffer, start, i + 1 - start);
            start = i + 1;
            next(line.toByteArray());
            line.reset();
          }
        }
        line.write(buffer, start, length - start);
        checkOutput();
        if (progress != null) {
          progress.rows(Math.max(0, rows), System.nanoTime());
        }
      }
    }
    checkEnd();
    checkOutput();
    if (progress != null) {
      progress.end(rows, System.nanoTime());
    }
  }

  private void checkOutput() throws IncompleteException {
    if (out.checkError()) {
      throw new IncompleteException("The output takes no more: the table is not whole");
    }
  }

  private static int read(InputStream from, byte[] buffer) throws IncompleteException {
    try {
      return from.read(buffer);
    } catch (IOException e) {
      throw new IncompleteException("The table broke off: " + e);
    }
  }

  private void next(byte[] line) {
    out.write(held, 0, held.length);
    held = line;
    rows++;
  }

  private void checkEnd() throws IncompleteException {
    String last = new String(held, StandardCharsets.UTF_8).strip();
    if (!last.equals("\\.") && !last.equals("{\"complete\":true,\"rows\":" + rows + "}")) {
      throw new IncompleteException("The table broke off: " + Shown.text(last));
    }
  }
}
