package org.pgdeltastream.decoder;

import java.io.IOException;

/** Takes what an output plugin wrote, one WAL-data payload at a time. Not for two threads. */
public interface WalDecoder {
  /**
   * Takes one payload; it may be overwritten after the call.
   *
   * @param start where the plugin's output begins
   * @param end where it ends
   * @throws org.pgdeltastream.change.MalformedMessageException if the bytes are not the plugin's
   *     format; the decoder must not be used any more
   * @throws org.pgdeltastream.change.HeapUsedUpException if the heap has no space for the message
   * @throws IOException if the receiver is gone
   */
  void decode(byte[] message, int start, int end) throws IOException;

  /**
   * When the transaction that this payload begins was committed: microseconds since 2000-01-01 by
   * PostgreSQL's clock; Long.MIN_VALUE where the payload has no time.
   */
  long committedAt(byte[] message, int start, int end);

  /** No transaction or message is unfinished. */
  boolean betweenMessages();

  /** It remembers so much of the stream that a new connection is better. */
  default boolean isFull() {
    return false;
  }
}
