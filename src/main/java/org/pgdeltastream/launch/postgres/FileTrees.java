package org.pgdeltastream.launch.postgres;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.stream.Stream;

/** Directories with all that is in them. */
public final class FileTrees {
  private FileTrees() {}

  /** Deletes what can be deleted: on Windows jars stay open until the JVM has ended. */
  public static void delete(Path tree) {
    try (Stream<Path> paths = Files.walk(tree)) {
      for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
        path.toFile().delete();
      }
    } catch (IOException | UncheckedIOException e) {
      System.err.println("pgdeltastream: %s is left over: %s".formatted(tree, e));
    }
  }
}
