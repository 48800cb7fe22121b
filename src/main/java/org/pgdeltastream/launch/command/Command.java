package org.pgdeltastream.launch.command;

import java.nio.file.Path;
import java.util.Optional;

/** What the command line asks for. */
public sealed interface Command {
  /** The text of {@code --help}. */
  record Help(String text) implements Command {}

  /** The version, on one line. */
  record Version() implements Command {}

  /**
   * Examines a PostgreSQL and ends.
   *
   * @param strict whether warnings count as errors
   */
  record Doctor(Named database, boolean json, boolean strict) implements Command {}

  /**
   * The server.
   *
   * @param listen port 0 takes a free one
   */
  record Serve(Address listen, Database database) implements Command {}

  /** Where the changes come from. */
  sealed interface Database {}

  /** A PostgreSQL that runs already; a blank password is none. */
  record Named(String jdbcUrl, String user, String password) implements Database {}

  /**
   * A PostgreSQL of our own.
   *
   * @param data where its data stay; else they are gone at the end
   * @param demo whether something writes to the demo table
   */
  record Embedded(Optional<Path> data, boolean demo) implements Database {}
}
