package org.pgdeltastream.launch;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The program's files in the folder for temporary files. What the jar carries is unpacked once for
 * each build and kept. Each run writes into a directory of its own, which it removes at its end, or
 * the next start after it was killed: a lock tells. Nobody but this user may write to either, since
 * the program runs what lies there.
 */
final class ProgramFiles {
  private static final String RUN = "run-";
  private static final String LOCK = "lock";
  private static final String BUILD = "build";

  @SuppressWarnings("UnusedVariable") // the lock ends with it, and it with the process
  private static @Nullable FileChannel held;

  private final Path base;
  private final boolean kept;
  private final Path run;
  private final Unpacked unpacked;

  private ProgramFiles(Path base, boolean kept, Path run, Unpacked unpacked) {
    this.base = base;
    this.kept = kept;
    this.run = run;
    this.unpacked = unpacked;
  }

  /**
   * Unpacks the jar, where that was not done yet, and removes what killed runs have left.
   *
   * @param temporary the folder for temporary files
   */
  static ProgramFiles open(Path jar, Path temporary) throws IOException {
    String name = "pgdeltastream-" + System.getProperty("user.name", "").replaceAll("\\W", "_");
    try {
      Path base = temporary.resolve(name);
      createOwn(base);
      return openShared(jar, base);
    } catch (IOException e) { // another user's directory, no locks: a directory for this run alone
      Path base = temporary.resolve(name + "-" + UUID.randomUUID());
      Files.createDirectory(base, onlyOwner());
      return inDirectory(jar, base, false);
    }
  }

  private static ProgramFiles openShared(Path jar, Path base) throws IOException {
    try (FileChannel channel = open(base.resolve(LOCK));
        FileLock alone = channel.lock()) {
      ProgramFiles files = inDirectory(jar, base, alone.isValid());
      files.removeOthersOfNoUse();
      return files;
    }
  }

  private static ProgramFiles inDirectory(Path jar, Path base, boolean kept) throws IOException {
    Path run = Files.createDirectory(base.resolve(RUN + UUID.randomUUID()), onlyOwner());
    try {
      if (!Files.getOwner(run).equals(Files.getOwner(base, LinkOption.NOFOLLOW_LINKS))) {
        throw new IOException(base + " is another user's");
      }
      FileChannel channel = open(run.resolve(LOCK));
      channel.lock();
      held = channel;
      Unpacked unpacked = Unpacked.of(jar, base);
      Files.writeString(run.resolve(BUILD), unpacked.build());
      return new ProgramFiles(base, kept, run, unpacked);
    } catch (IOException e) {
      Trees.delete(kept ? run : base);
      throw e;
    }
  }

  private static FileChannel open(Path file) throws IOException {
    return FileChannel.open(
        file, StandardOpenOption.CREATE, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS);
  }

  /** Makes the directory, or finds it as this user would have made it. */
  private static void createOwn(Path base) throws IOException {
    try {
      Files.createDirectory(base, onlyOwner());
    } catch (FileAlreadyExistsException e) {
      if (!Files.isDirectory(base, LinkOption.NOFOLLOW_LINKS) || isOpenToOthers(base)) {
        throw e;
      }
    }
  }

  private static boolean isOpenToOthers(Path base) throws IOException {
    if (!isPosix()) {
      return false; // there each user has a folder of his own
    }
    Set<PosixFilePermission> granted =
        Files.getPosixFilePermissions(base, LinkOption.NOFOLLOW_LINKS);
    return !EnumSet.of(
            PosixFilePermission.OWNER_READ,
            PosixFilePermission.OWNER_WRITE,
            PosixFilePermission.OWNER_EXECUTE)
        .containsAll(granted);
  }

  private static FileAttribute<?>[] onlyOwner() {
    return isPosix()
        ? new FileAttribute<?>[] {
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"))
        }
        : new FileAttribute<?>[0];
  }

  private static boolean isPosix() {
    return FileSystems.getDefault().supportedFileAttributeViews().contains("posix");
  }

  /** Runs that were killed, and builds that no run uses. */
  private void removeOthersOfNoUse() throws IOException {
    Set<Path> used = new HashSet<>(List.of(run, unpacked.directory(), base.resolve(LOCK)));
    List<Path> all;
    try (Stream<Path> entries = Files.list(base)) {
      all = entries.toList();
    }
    for (Path other : all) {
      if ((other.getFileName() + "").startsWith(RUN) && !other.equals(run) && isRunning(other)) {
        used.add(other);
        used.add(base.resolve(Files.readString(other.resolve(BUILD))));
      }
    }
    for (Path other : all) {
      if (!used.contains(other)) {
        Postmaster.endOfRun(other);
        Trees.delete(other);
      }
    }
  }

  private static boolean isRunning(Path other) {
    try (FileChannel channel = open(other.resolve(LOCK));
        FileLock lock = channel.tryLock()) {
      return lock == null;
    } catch (IOException e) {
      return true; // who knows
    }
  }

  /** What the jar carries. */
  Unpacked unpacked() {
    return unpacked;
  }

  /** For what this run writes. */
  Path run() {
    return run;
  }

  /** What is to be removed at the end. */
  Path passing() {
    return kept ? run : base;
  }
}
