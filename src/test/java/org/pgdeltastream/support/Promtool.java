package org.pgdeltastream.support;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Prometheus' program that checks metrics and alert rules. */
public final class Promtool {
  private static final String ADVICE = "install prometheus (Debian)";
  private static final String WHAT = "promtool";
  private static final int DEADLINE_SECONDS = 60;

  private Promtool() {}

  /** Aborts the test, and says so at the end, where it is not installed; with CI=true it fails. */
  public static void mustBeAtHand(String test) {
    Installed.needs(WHAT, ADVICE, test);
  }

  /** Its exit status, and what it says. */
  public record Answer(int status, String text) {}

  public static Answer run(Path directory, String input, String... arguments) {
    List<String> command = new ArrayList<>(List.of(WHAT));
    command.addAll(List.of(arguments));
    try {
      Path in = Files.createTempFile(WHAT, ".in");
      Path out = Files.createTempFile(WHAT, ".out");
      try {
        Files.writeString(in, input);
        Process process =
            new ProcessBuilder(command)
                .directory(directory.toFile())
                .redirectInput(in.toFile())
                .redirectOutput(out.toFile())
                .redirectErrorStream(true)
                .start();
        if (!process.waitFor(DEADLINE_SECONDS, TimeUnit.SECONDS)) {
          process.destroyForcibly();
          throw new AssertionError(command + " does not end");
        }
        return new Answer(process.exitValue(), Files.readString(out, StandardCharsets.UTF_8));
      } finally {
        Files.delete(in);
        Files.delete(out);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }
}
