package org.pgdeltastream.support;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** Whether this machine has a PostgreSQL with wal2json. */
public final class Wal2Json {
  public static final String ADVICE =
      "install postgresql-15-wal2json (Debian) or pass -Dpgdelta.test.postgres=/path/to/bin";

  private static final Path DEBIAN = Path.of("/usr/lib/postgresql");

  private Wal2Json() {}

  public static boolean isAtHand() {
    return bin().filter(Wal2Json::in).isPresent();
  }

  /** The bin directory that was asked for, or the newest that has wal2json. */
  public static Optional<Path> bin() {
    String chosen = System.getProperty("pgdelta.test.postgres", "");
    if (!chosen.isEmpty()) {
      return Optional.of(Path.of(chosen));
    }
    return majors().map(major -> major.resolve("bin")).filter(Wal2Json::in).findFirst();
  }

  /** Whether the server of this bin directory has it. */
  static boolean in(Path bin) {
    return Stream.of("../lib", "../lib/postgresql", "../lib64")
        .map(library -> bin.resolve(library).resolve("wal2json.so"))
        .anyMatch(Files::exists);
  }

  private static Stream<Path> majors() {
    if (!Files.isDirectory(DEBIAN)) {
      return Stream.empty();
    }
    try (Stream<Path> found = Files.list(DEBIAN)) {
      List<Path> majors = found.filter(path -> name(path).matches("\\d{1,4}")).toList();
      return majors.stream()
          .sorted(Comparator.comparingInt((Path path) -> Integer.parseInt(name(path))).reversed());
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot list " + DEBIAN, e);
    }
  }

  private static String name(Path path) {
    return String.valueOf(path.getFileName());
  }
}
