package org.pgdeltastream.support;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.opentest4j.TestAbortedException;

/** Programs that tests start, where they are installed. */
public final class Installed {
  private Installed() {}

  /** Aborts the test, and says so at the end, where it is not installed; with CI=true it fails. */
  public static void needs(String program, String advice, String test) {
    if (!isAtHand(program) && "true".equals(System.getenv("CI"))) {
      throw new AssertionError(program + " is not at hand: " + advice);
    }
    wants(program, advice, test);
  }

  /** The same, but it never fails. */
  public static void wants(String program, String advice, String test) {
    if (!isAtHand(program)) {
      SkippedTests.add(program, advice, List.of(test));
      throw new TestAbortedException(program + " is not at hand: " + advice);
    }
  }

  private static boolean isAtHand(String program) {
    return Stream.of(System.getenv("PATH").split(File.pathSeparator))
        .anyMatch(directory -> Files.isExecutable(Path.of(directory, program)));
  }
}
