package org.pgdeltastream.support;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.stream.Stream;

/**
 * What the runnable jar unpacks into its temporary directory, and syncs to disk, at its first start
 * there: for all starts but the first of a build it is there already.
 */
public final class UnpackedJar {
  private static final Path KEPT = DataDirectories.ROOT.resolve("unpacked");
  private static final String OURS = "pgdeltastream-" + System.getProperty("user.name");
  private static final String BUILD = "[0-9a-f]{16}";

  private UnpackedJar() {}

  /** Before a start with this directory. */
  public static void putInto(Path temporary) throws IOException {
    Path ours = temporary.resolve(OURS);
    if (Files.exists(ours) || Files.notExists(KEPT)) {
      return;
    }
    Files.createDirectory(
        ours, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    for (Path build : builds(KEPT)) {
      new KeptFiles(build).linkTo(ours.resolve(build.getFileName()));
    }
  }

  /** After a start with this directory. */
  public static void keep(Path temporary) throws IOException {
    for (Path build : builds(temporary.resolve(OURS))) {
      new KeptFiles(KEPT.resolve(build.getFileName())).keep(build);
    }
  }

  private static List<Path> builds(Path directory) throws IOException {
    if (Files.notExists(directory)) {
      return List.of();
    }
    try (Stream<Path> entries = Files.list(directory)) {
      return entries.filter(entry -> ("" + entry.getFileName()).matches(BUILD)).toList();
    }
  }
}
