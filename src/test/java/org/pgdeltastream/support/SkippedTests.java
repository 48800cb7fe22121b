package org.pgdeltastream.support;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestPlan;

/** Says at the end of a run which tests wal2json was missing for: nobody overlooks a green run. */
public final class SkippedTests implements TestExecutionListener {
  private static final Path FILE = Path.of("target", "wal2json-skipped.txt");
  private static final List<String> NAMES = new CopyOnWriteArrayList<>();

  static void add(List<String> names) {
    NAMES.addAll(names);
    try {
      Files.createDirectories(FILE.toAbsolutePath().getParent());
      Files.write(FILE, names, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot write " + FILE, e);
    }
  }

  @Override
  public void testPlanExecutionFinished(TestPlan plan) {
    if (!NAMES.isEmpty()) {
      System.out.printf(
          "%d tests were skipped because wal2json is not at hand: %s; %s%n",
          NAMES.size(), String.join(", ", NAMES), Wal2Json.ADVICE);
    }
  }
}
