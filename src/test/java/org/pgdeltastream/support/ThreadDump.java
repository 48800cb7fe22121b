package org.pgdeltastream.support;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** What all threads of the tests' JVM, and of the JVMs that it started, are at: in one file. */
final class ThreadDump {
  private static final Path DIRECTORY = Path.of("target", "thread-dumps").toAbsolutePath();

  private ThreadDump() {}

  /** Writes it and says so on the error stream. */
  static Path write(String name, String why) {
    ProcessHandle own = ProcessHandle.current();
    StringBuilder all = new StringBuilder(why + "\n");
    Stream.concat(Stream.of(own), own.descendants())
        .filter(one -> one.pid() == own.pid() || isJava(one))
        .toList()
        .forEach(one -> all.append("\n== Process ").append(of(one)));
    Path file = DIRECTORY.resolve(name + "-" + own.pid() + ".txt");
    try {
      Files.createDirectories(DIRECTORY);
      Files.writeString(file, all);
    } catch (IOException e) {
      all.append("\nCannot write ").append(file).append(": ").append(e);
    }
    System.err.printf("%s%nThread dump, also in %s:%n%s%n", why, file, all);
    return file;
  }

  private static boolean isJava(ProcessHandle process) {
    return process.info().command().orElse("").endsWith("/java");
  }

  private static String of(ProcessHandle process) {
    String title = process.pid() + " " + process.info().commandLine().orElse("").split("\n", 2)[0];
    try {
      return title + "\n" + Jcmd.ask(process.pid(), "Thread.print -l");
    } catch (Exception | AssertionError e) {
      return title + "\nno answer: " + e;
    }
  }
}
