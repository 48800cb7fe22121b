package org.pgdeltastream.support;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/**
 * What initdb writes for a kind of server, made once and copied for each: a copy takes a tenth of
 * the time. All these servers have the same system identifier.
 */
final class InitialData {
  private final Path kept;

  /**
   * @param kind which program makes it, with which options
   */
  InitialData(Path root, String kind) {
    kept = root.resolve("initdb-" + Integer.toHexString(kind.hashCode()));
  }

  /** Puts a copy there, if one was kept already. */
  boolean copyTo(Path data) throws IOException {
    boolean known = Files.exists(kept);
    if (known) {
      copy(kept, data);
    }
    return known;
  }

  /** Keeps this one, before a server starts in it, unless one is kept already. */
  void keep(Path data) throws IOException {
    if (Files.exists(kept)) {
      return;
    }
    Path copy = kept.resolveSibling(kept.getFileName() + "-" + ProcessHandle.current().pid());
    copy(data, copy);
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
    if (Files.exists(to)) {
      throw new FileAlreadyExistsException(to.toString());
    }
    try {
      int code = new ProcessBuilder("cp", "-a", from.toString(), to.toString()).start().waitFor();
      if (code != 0) {
        throw new IOException("cp ended with " + code);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("Interrupted", e);
    }
  }
}
