package org.pgdeltastream.launch;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.stream.Stream;

/** Directories with all that is in them. */
final class Trees {
  private Trees() {}

  /** Deletes what can be deleted: on Windows jars stay open until the JVM has ended. */
  static void delete(Path tree) {
    try (Stream<Path> paths = Files.walk(tree)) {
      for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
        path.toFile().delete();
      }
    } catch (IOException | UncheckedIOException e) {
      System.err.println("pgdeltastream: %s is left over: %s".formatted(tree, e));
    }
  }
}
