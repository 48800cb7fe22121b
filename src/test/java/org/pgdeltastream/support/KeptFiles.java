package org.pgdeltastream.support;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/** A directory that takes long to make: made once, kept for all test classes, and copied. */
final class KeptFiles {
  private final Path kept;

  KeptFiles(Path kept) {
    this.kept = kept;
  }

  /** Puts a copy there, if one was kept already. */
  boolean copyTo(Path directory) throws IOException {
    boolean known = Files.exists(kept);
    if (known) {
      copy(kept, directory);
    }
    return known;
  }

  /** As a copy, but each file is the kept one: for files that are never written to. */
  void linkTo(Path directory) throws IOException {
    if (Files.exists(kept)) {
      copy("-al", kept, directory);
    }
  }

  /** Keeps a copy, unless one is kept already. */
  void keep(Path directory) throws IOException {
    if (Files.exists(kept)) {
      return;
    }
    Files.createDirectories(kept.toAbsolutePath().getParent());
    Path copy = kept.resolveSibling(kept.getFileName() + "-" + ProcessHandle.current().pid());
    copy(directory, copy);
    try {
      Files.move(copy, kept, StandardCopyOption.ATOMIC_MOVE);
    } catch (FileSystemException e) {
      DataDirectories.delete(copy); // another JVM was first
      if (Files.notExists(kept)) {
        throw e;
      }
    }
  }

  /** With modes and owners; the target does not exist. */
  static void copy(Path from, Path to) throws IOException {
    copy("-a", from, to);
  }

  private static void copy(String how, Path from, Path to) throws IOException {
    if (Files.exists(to)) {
      throw new FileAlreadyExistsException(to.toString());
    }
    try {
      int code = new ProcessBuilder("cp", how, "" + from, "" + to).start().waitFor();
      if (code != 0) {
        throw new IOException("cp ended with " + code);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("Interrupted", e);
    }
  }
}
