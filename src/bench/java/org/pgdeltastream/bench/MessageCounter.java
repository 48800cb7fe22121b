package org.pgdeltastream.bench;

import java.io.IOException;

/** Counts the messages of one connection, in whatever pieces its bytes come. */
interface MessageCounter {
  /** Takes some bytes; returns how many messages ended or began in them. */
  int take(byte[] bytes, int from, int to) throws IOException;
}
