package org.pgdeltastream.support;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** Where the test servers keep their files, and the sweeping up after a killed test run. */
public final class DataDirectories {
  static final Path ROOT =
      Path.of(System.getProperty("pgdelta.test.directory", "target/it")).toAbsolutePath();

  private DataDirectories() {}

  /** A new home below the test directory, named after this JVM. */
  static Path create() throws IOException {
    Files.createDirectories(ROOT);
    sweep();
    return Files.createTempDirectory(ROOT, "pg-" + ProcessHandle.current().pid() + "-");
  }

  /** What initdb leaves, as this kind of server has it; all have the same system identifier. */
  static KeptFiles initial(String kind) {
    return new KeptFiles(ROOT.resolve("initdb-" + Integer.toHexString(kind.hashCode())));
  }

  static Path data(Path home) {
    return home.resolve("data");
  }

  /** With everything in it. */
  public static void delete(Path home) throws IOException {
    List<Path> files;
    try (Stream<Path> found = Files.walk(home)) {
      files = found.sorted(Comparator.reverseOrder()).toList();
    }
    for (Path file : files) {
      Files.deleteIfExists(file);
    }
  }

  /** Ends the servers whose JVM was killed. */
  private static void sweep() throws IOException {
    List<Path> homes;
    try (Stream<Path> found = Files.list(ROOT)) {
      homes = found.filter(home -> name(home).matches("pg-\\d+-.*")).toList();
    }
    for (Path home : homes) {
      long owner = Long.parseLong(name(home).split("-", -1)[1]);
      if (ProcessHandle.of(owner).isEmpty()) {
        stopServer(data(home));
        delete(home);
      }
    }
  }

  private static void stopServer(Path data) throws IOException {
    if (Files.notExists(data.resolve("postmaster.pid"))) {
      return;
    }
    Postmaster left = Postmaster.of(data);
    boolean ours =
        ProcessHandle.of(left.pid())
            .flatMap(process -> process.info().commandLine())
            .filter(command -> command.contains(data.toString()))
            .isPresent();
    if (ours) {
      left.stop();
    }
  }

  private static String name(Path home) {
    return String.valueOf(home.getFileName());
  }
}
