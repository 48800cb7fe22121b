package org.pgdeltastream.support;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestPlan;

/** Says at the end of a run what was missing for which tests: nobody overlooks a green run. */
public final class SkippedTests implements TestExecutionListener {
  private static final Path TARGET = Path.of("target");
  private static final Map<String, List<String>> NAMES = new ConcurrentHashMap<>();

  /**
   * These tests are skipped.
   *
   * @param missing what is not at hand
   * @param advice how to get it
   */
  static void add(String missing, String advice, List<String> names) {
    NAMES
        .computeIfAbsent(
            missing + " is not at hand: %s; " + advice, why -> new CopyOnWriteArrayList<>())
        .addAll(names);
    Path file = TARGET.resolve(missing + "-skipped.txt");
    try {
      Files.createDirectories(TARGET);
      Files.write(file, names, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot write " + file, e);
    }
  }

  @Override
  public void testPlanExecutionFinished(TestPlan plan) {
    NAMES.forEach(
        (why, names) ->
            System.out.println(
                names.size()
                    + " tests were skipped because "
                    + why.replace("%s", String.join(", ", names))));
  }
}
