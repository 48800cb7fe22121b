package org.pgdeltastream.delivery;

import java.io.IOException;

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

  /** Pushes out what was gathered. */
  void flush() throws IOException;

  /** Ends the connection; the detail says what and what to do, for the client's reader. */
  void close(CloseReason reason, String detail);
}
