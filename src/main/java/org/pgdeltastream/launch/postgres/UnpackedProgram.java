package org.pgdeltastream.launch.postgres;

import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;

/**
 * What the runnable jar carries, as files.
 *
 * @param build names what is in the jar: another build has another name
 */
public record UnpackedProgram(Path directory, String build) {
  private static final String PATCH = "patch/";

  /** Unpacks what is not there yet, or not whole. */
  static UnpackedProgram of(Path jar, Path base) throws IOException {
    try (JarFile file = new JarFile(jar.toFile())) {
      List<JarEntry> wanted = new ArrayList<>();
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      for (JarEntry entry : Collections.list(file.entries())) {
        String content = entry.getName() + " " + entry.getCrc() + " " + entry.getSize() + "\n";
        digest.update(content.getBytes(StandardCharsets.UTF_8));
        if (!entry.isDirectory() && isWanted(entry.getName())) {
          wanted.add(entry);
        }
      }
      String build = HexFormat.of().formatHex(digest.digest(), 0, 8);
      Path directory = Files.createDirectories(base.resolve(build));
      for (JarEntry entry : wanted) {
        unpack(file, entry, directory);
      }
      return new UnpackedProgram(directory, build);
    } catch (NoSuchAlgorithmException e) {
      throw new IOException(e);
    }
  }

  private static boolean isWanted(String name) {
    return (name.startsWith("lib/") && name.endsWith(".jar"))
        || name.equals("app.war")
        || name.startsWith(PATCH);
  }

  /** A file has its name only once it is whole. */
  private static void unpack(JarFile file, JarEntry entry, Path directory) throws IOException {
    Path target = directory.resolve(entry.getName()).normalize();
    if (!target.startsWith(directory)
        || (Files.exists(target) && Files.size(target) == entry.getSize())) {
      return;
    }
    Files.createDirectories(target.resolveSibling("."));
    Path partial = target.resolveSibling(target.getFileName() + ".new");
    try (InputStream content = file.getInputStream(entry)) {
      Files.copy(content, partial, StandardCopyOption.REPLACE_EXISTING);
      try (FileChannel written = FileChannel.open(partial, StandardOpenOption.WRITE)) {
        written.force(true); // else the name may outlive a power failure, and the content not
      }
      Files.move(
          partial, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } finally {
      Files.deleteIfExists(partial);
    }
  }

  /** The jars that the server consists of. */
  public List<Path> libraries() throws IOException {
    try (var entries = Files.list(directory.resolve("lib"))) {
      return entries.filter(entry -> entry.toString().endsWith(".jar")).toList();
    }
  }

  /** Classes that come before those of the jars. */
  public Path patch() {
    return directory.resolve(PATCH);
  }
}
