package org.pgdeltastream.support;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** The java of this JVM, with the options that {@code pgdelta.test.java-options} has. */
public final class Java {
  /** What the tests' own JVM was given too, as a rule. */
  public static final String OPTIONS = System.getProperty("pgdelta.test.java-options", "");

  private Java() {}

  /** A command line's begin, to which the caller adds. */
  public static List<String> command() {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    Stream.of(OPTIONS.split(" ")).filter(option -> !option.isEmpty()).forEach(command::add);
    return command;
  }
}
