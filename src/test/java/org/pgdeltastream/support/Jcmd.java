package org.pgdeltastream.support;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/** Asks a JVM about itself. */
public final class Jcmd {
  private static final int DEADLINE = 60; // seconds

  private Jcmd() {}

  /**
   * The answer. It comes through a file: a JVM of version 25 that is asked by itself stands still
   * while it answers, and could not read a pipe.
   */
  public static String ask(long pid, String command) throws Exception {
    Path jcmd = Path.of(System.getProperty("java.home"), "bin", "jcmd");
    Path answer = Files.createTempFile("jcmd", ".txt");
    Process process =
        new ProcessBuilder(jcmd.toString(), "" + pid, command)
            .redirectErrorStream(true)
            .redirectOutput(answer.toFile())
            .start();
    try {
      assertThat(process.waitFor(DEADLINE, TimeUnit.SECONDS)).as("%s of %d", command, pid).isTrue();
      String said = Files.readString(answer);
      assertThat(process.exitValue()).as(said).isZero();
      return said;
    } finally {
      process.destroyForcibly();
      Files.delete(answer);
    }
  }
}
