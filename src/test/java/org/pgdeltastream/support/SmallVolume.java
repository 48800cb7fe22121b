package org.pgdeltastream.support;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.opentest4j.TestAbortedException;

/** A file system of a few hundred megabytes, in memory. Making one needs root on Linux. */
public final class SmallVolume implements AutoCloseable {
  private final Path directory;

  private SmallVolume(Path directory) {
    this.directory = directory;
  }

  /** Aborts the test, and says why, where this user may not mount anything. */
  public static SmallVolume mount(int megabytes) throws IOException {
    Files.createDirectories(DataDirectories.ROOT);
    Path directory = Files.createTempDirectory(DataDirectories.ROOT, "volume-");
    int code =
        run("mount", "-t", "tmpfs", "-o", "size=" + megabytes + "m", "tmpfs", "" + directory);
    if (code != 0) {
      Files.delete(directory);
      throw new TestAbortedException(
          "No small volume: mount ended with " + code + "; it needs the right to mount (root)");
    }
    return new SmallVolume(directory);
  }

  /** A directory on it. */
  public Path directory(String name) throws IOException {
    return Files.createDirectory(directory.resolve(name));
  }

  public long freeBytes() {
    return directory.toFile().getUsableSpace();
  }

  @Override
  public void close() throws IOException {
    int code = run("umount", "-l", "" + directory);
    if (code != 0) {
      throw new IOException(directory + " is still mounted: umount ended with " + code);
    }
    Files.delete(directory);
  }

  private static int run(String... command) throws IOException {
    try {
      return new ProcessBuilder(command).inheritIO().start().waitFor();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("Interrupted", e);
    } catch (IOException e) {
      return -1; // there is no such program
    }
  }
}
