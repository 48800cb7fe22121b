package org.pgdeltastream.journal;

import java.io.Closeable;
import java.io.IOException;

/** Reads messages of pgoutput once, in their order. For one thread. */
public interface MessageScan extends Closeable {
  /** Reads a message; false at the end. */
  boolean next() throws IOException;

  /** Whether what came before of an open transaction counts for nothing. */
  default boolean beginsAnew() {
    return false;
  }

  /** Where the message is; until the next one is read. */
  byte[] bytes();

  int start();

  int end();

  /** Where it stands in the WAL. */
  long walPosition();

  @Override
  void close();
}
