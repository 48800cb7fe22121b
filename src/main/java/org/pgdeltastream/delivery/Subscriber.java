package org.pgdeltastream.delivery;

import java.io.IOException;
import java.time.Duration;

/**
 * The client as delivery sees it. One thread sends, flushes and pings; any thread may close, and a
 * close may block for a bounded time.
 */
public interface Subscriber {
  /** Sends a piece of a text message; more follows. Blocks while the client is slow. */
  void sendPart(byte[] bytes, int start, int length) throws IOException;

  /** Sends the last piece of a text message. Blocks while the client is slow. */
  void sendLast(byte[] bytes, int start, int length) throws IOException;

  /** Asks the client for a sign of life. */
  void ping() throws IOException;

  /** Writes what was gathered to the connection. */
  void flush() throws IOException;

  /** Whether the client's connection has taken bytes since, within a send that takes long. */
  default boolean hasMovedSince(long nanoTime) {
    return false;
  }

  /**
   * Begins to end the connection: the client gets the reason after the message being sent. The
   * detail says what and what to do, for the client's reader. Never waits; the first call counts.
   */
  void sendClose(CloseReason reason, String detail);

  /** Waits until the client has answered the close, at most this long; then cuts the connection. */
  void awaitClosed(Duration limit);

  /** Ends the connection as {@link #sendClose} does, and waits for the client's answer. */
  void close(CloseReason reason, String detail);
}
