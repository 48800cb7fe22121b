package org.pgdeltastream.launch.postgres;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.nio.file.attribute.UserPrincipal;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The program's files in the folder for temporary files. What the jar carries is unpacked once for
 * each build and kept. Each run writes into a directory of its own, which it removes at its end, or
 * the next start after it was killed: a lock shows that it runs. Nobody but this user may write to
 * either, since the program runs what lies there.
 *
 * @param base this user's directory, for all runs if it is kept
 * @param run for what this run writes
 * @param unpacked what the jar carries
 */
public record ProgramFiles(Path base, boolean kept, Path run, UnpackedProgram unpacked) {
  private static final String RUN = "run-";
  private static final String LOCK = "lock";
  private static final String BUILD = "build";
  private static final Set<PosixFilePermission> ONLY_OWNER =
      PosixFilePermissions.fromString("rwx------");

  @SuppressWarnings("UnusedVariable") // the lock ends with it, and it with the process
  private static @Nullable FileChannel held;

  /**
   * Unpacks the jar, where that was not done yet, and removes what killed runs have left.
   *
   * @param temporary the folder for temporary files
   */
  public static ProgramFiles open(Path jar, Path temporary) throws IOException {
    String name = "pgdeltastream-" + System.getProperty("user.name", "").replaceAll("\\W", "_");
    try {
      Path base = temporary.resolve(name);
      createOwn(base, temporary);
      return openShared(jar, base);
    } catch (IOException e) { // another user's directory, no locks: a directory for this run alone
      Path base = temporary.resolve(name + "-" + UUID.randomUUID());
      Files.createDirectory(base, onlyOwner());
      return inDirectory(jar, base, false);
    }
  }

  private static ProgramFiles openShared(Path jar, Path base) throws IOException {
    try (FileChannel channel = open(base.resolve(LOCK), StandardOpenOption.CREATE);
        FileLock alone = channel.lock()) {
      ProgramFiles files = inDirectory(jar, base, alone.isValid());
      try {
        files.removeOthersOfNoUse();
      } catch (IOException e) {
        System.err.println("pgdeltastream: something of another run is left over: " + e);
      }
      return files;
    }
  }

  private static ProgramFiles inDirectory(Path jar, Path base, boolean kept) throws IOException {
    Path run = Files.createDirectory(base.resolve(RUN + UUID.randomUUID()), onlyOwner());
    try {
      FileChannel channel = open(run.resolve(LOCK), StandardOpenOption.CREATE);
      channel.lock();
      held = channel;
      UnpackedProgram unpacked = UnpackedProgram.of(jar, base);
      Files.writeString(run.resolve(BUILD), unpacked.build());
      return new ProgramFiles(base, kept, run, unpacked);
    } catch (IOException e) {
      FileTrees.delete(kept ? run : base);
      throw e;
    }
  }

  private static FileChannel open(Path file, OpenOption... more) throws IOException {
    if (Files.exists(file, LinkOption.NOFOLLOW_LINKS)
        && !Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
      throw new IOException(file + " is no file"); // to open a named pipe would never end
    }
    Set<OpenOption> options = new HashSet<>(List.of(more));
    options.addAll(List.of(StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS));
    return FileChannel.open(file, options);
  }

  /** Makes the directory, or finds it as this user would have made it, before it is used. */
  private static void createOwn(Path base, Path temporary) throws IOException {
    try {
      Files.createDirectory(base, onlyOwner());
    } catch (FileAlreadyExistsException e) {
      if (!isOwn(base, ownerOfNew(temporary))) {
        throw e;
      }
    }
  }

  private static UserPrincipal ownerOfNew(Path temporary) throws IOException {
    Path probe = Files.createTempFile(temporary, "pgdeltastream-", "");
    try {
      return Files.getOwner(probe, LinkOption.NOFOLLOW_LINKS);
    } finally {
      Files.delete(probe);
    }
  }

  /** All in one read: between two another user could put another directory there. */
  private static boolean isOwn(Path base, UserPrincipal self) throws IOException {
    if (!isPosix()) { // there each user has a folder of his own
      return Files.isDirectory(base, LinkOption.NOFOLLOW_LINKS)
          && Files.getOwner(base, LinkOption.NOFOLLOW_LINKS).equals(self);
    }
    PosixFileAttributes found =
        Files.readAttributes(base, PosixFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
    return found.isDirectory()
        && found.owner().equals(self)
        && ONLY_OWNER.containsAll(found.permissions());
  }

  private static FileAttribute<?>[] onlyOwner() {
    return isPosix()
        ? new FileAttribute<?>[] {PosixFilePermissions.asFileAttribute(ONLY_OWNER)}
        : new FileAttribute<?>[0];
  }

  private static boolean isPosix() {
    return FileSystems.getDefault().supportedFileAttributeViews().contains("posix");
  }

  /** Runs that were killed, and builds that no run uses, as far as that is known. */
  private void removeOthersOfNoUse() throws IOException {
    Set<Path> used = new HashSet<>(List.of(run, unpacked.directory(), base.resolve(LOCK)));
    boolean allBuildsKnown = true;
    List<Path> all;
    try (Stream<Path> entries = Files.list(base)) {
      all = entries.toList();
    }
    for (Path other : all) {
      if (isRun(other) && !other.equals(run) && isRunning(other)) {
        used.add(other);
        Path build = other.resolve(BUILD);
        allBuildsKnown &= Files.isRegularFile(build);
        if (Files.isRegularFile(build)) {
          used.add(base.resolve(Files.readString(build)));
        }
      }
    }
    for (Path other : all) {
      if (!used.contains(other) && (allBuildsKnown || isRun(other))) {
        Postmaster.endOfRun(other);
        FileTrees.delete(other);
      }
    }
  }

  private static boolean isRun(Path path) {
    return (path.getFileName() + "").startsWith(RUN);
  }

  /** So it counts also if its files were removed by what keeps the temporary folder clean. */
  private static boolean isRunning(Path other) {
    try (FileChannel channel = open(other.resolve(LOCK));
        FileLock lock = channel.tryLock()) {
      return lock == null;
    } catch (IOException e) {
      return true; // not known: it may run
    }
  }

  /** What is to be removed at the end. */
  public Path passing() {
    return kept ? run : base;
  }
}
