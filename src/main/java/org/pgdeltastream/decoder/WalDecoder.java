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
   * @throws org.pgdeltastream.change.HeapUsedUpException if the heap has no room for what it takes
   * @throws IOException if the receiver is gone
   */
  void decode(byte[] message, int start, int end) throws IOException;

  /**
   * When the transaction that this payload begins was committed: microseconds since 2000-01-01 by
   * PostgreSQL's clock; Long.MIN_VALUE where it does not tell.
   */
  long committedAt(byte[] message, int start, int end);

  /** No transaction or message is half done. */
  boolean betweenMessages();

  /** So much is remembered of the stream that it is better to begin it anew. */
  default boolean isFull() {
    return false;
  }
}
