package org.pgdeltastream.launch.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.concurrent.TimeUnit;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** In a folder for temporary files that others may use or clean. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class ProgramFilesTest {
  @TempDir private Path directory;
  private Path jar = Path.of("");
  private Path temporary = Path.of("");
  private Path base = Path.of("");

  @BeforeEach
  void makeDirectories() throws IOException {
    jar = directory.resolve("program.jar");
    try (JarOutputStream content = new JarOutputStream(Files.newOutputStream(jar))) {
      content.putNextEntry(new JarEntry("lib/a.jar"));
      content.write(1);
      content.closeEntry();
    }
    temporary = Files.createDirectory(directory.resolve("temporary"));
    String user = System.getProperty("user.name", "").replaceAll("\\W", "_");
    base = Files.createDirectory(temporary.resolve("pgdeltastream-" + user));
    Files.setPosixFilePermissions(base, PosixFilePermissions.fromString("rwx------"));
  }

  @Test
  void removesAKilledRunAndItsBuild() throws IOException {
    Path killed = Files.createDirectory(base.resolve("run-killed"));
    Files.createFile(killed.resolve("lock"));
    Files.writeString(killed.resolve("build"), "old");
    Path build = Files.createDirectory(base.resolve("old"));

    assertThat(ProgramFiles.open(jar, temporary).run()).hasParent(base);

    assertThat(killed).doesNotExist();
    assertThat(build).doesNotExist();
  }

  @Test
  void leavesARunWhoseFilesWereCleanedAwayAndItsBuild() throws IOException {
    Path cleaned = Files.createDirectory(base.resolve("run-cleaned"));
    Path build = Files.createDirectory(base.resolve("old"));

    assertThat(ProgramFiles.open(jar, temporary).run()).hasParent(base);

    assertThat(cleaned).isEmptyDirectory();
    assertThat(build).exists();
  }

  @Test
  void touchesNothingInAnotherUsersDirectory() throws IOException {
    try {
      Files.setOwner(
          base,
          base.getFileSystem().getUserPrincipalLookupService().lookupPrincipalByName("nobody"));
    } catch (IOException e) {
      assumeTrue(false, "only root can give a directory to another user");
    }

    assertThat(ProgramFiles.open(jar, temporary).passing()).hasParent(temporary);

    assertThat(base).isEmptyDirectory();
    try (var entries = Files.list(temporary)) {
      assertThat(entries).hasSize(2);
    }
  }

  @Test
  void aNamedPipeInThePlaceOfTheLockHoldsNobodyUp() throws Exception {
    String pipe = base.resolve("lock").toString();
    assumeTrue(new ProcessBuilder("mkfifo", pipe).start().waitFor() == 0);

    assertThat(ProgramFiles.open(jar, temporary).passing()).hasParent(temporary);
  }
}
