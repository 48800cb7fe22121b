package org.pgdeltastream.delivery;

import java.util.OptionalLong;
import java.util.UUID;

/**
 * A message that this process writes into PostgreSQL's WAL, to see how long it takes to come back:
 * by one clock.
 */
public final class Heartbeat {
  private static final String WRITER = UUID.randomUUID() + " ";

  private Heartbeat() {}

  /**
   * The message's content.
   *
   * @param nanos when it is written, by the clock of the sends
   */
  public static String content(long nanos) {
    return WRITER + nanos;
  }

  /** When the message was written; empty if another process wrote it. */
  static OptionalLong writtenAt(String content) {
    if (!content.startsWith(WRITER)) {
      return OptionalLong.empty();
    }
    try {
      return OptionalLong.of(Long.parseLong(content.substring(WRITER.length())));
    } catch (NumberFormatException e) { // somebody imitates it
      return OptionalLong.empty();
    }
  }
}
