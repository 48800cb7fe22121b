package org.pgdeltastream.launch.remote;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/** How far a table is read: one line on a terminal, written anew once a second. */
final class Progress {
  private static final long EACH = TimeUnit.SECONDS.toNanos(1);

  private final PrintStream terminal;
  private final long estimate;
  private final long start;
  private long shownAt;

  /**
   * Begins to count.
   *
   * @param estimate rows; 0 if nobody knows
   * @param now nanoseconds
   */
  Progress(PrintStream terminal, long estimate, long now) {
    this.terminal = terminal;
    this.estimate = estimate;
    this.start = now;
    this.shownAt = now;
  }

  /** Whether standard error is a terminal; false where the system does not tell (Linux does). */
  static boolean isWanted() {
    try {
      return Files.readSymbolicLink(Path.of("/proc/self/fd/2"))
          .toString()
          .matches("/dev/(pts/|tty|console).*");
    } catch (IOException | UnsupportedOperationException e) {
      return false;
    }
  }

  /** So many rows so far. */
  void rows(long count, long now) {
    if (now - shownAt >= EACH) {
      shownAt = now;
      show(count, now);
      terminal.print("\r");
    }
  }

  /** That was all. */
  void end(long count, long now) {
    show(count, now);
    terminal.println();
  }

  private void show(long count, long now) {
    long each = count * EACH / Math.max(1, now - start);
    String share =
        estimate > 0 ? ", about %d %%".formatted(Math.min(99, 100 * count / estimate)) : "";
    terminal.print("%,d rows, %,d a second%s   ".formatted(count, each, share));
    terminal.flush();
  }
}
