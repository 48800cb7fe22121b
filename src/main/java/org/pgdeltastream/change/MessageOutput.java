package org.pgdeltastream.change;

import java.io.IOException;

/**
 * Where finished JSON goes, as UTF-8 bytes that the receiver must not keep. A message is any number
 * of parts and one last piece; a transaction's is announced by its begin. No piece ends inside a
 * UTF-8 character. The calls block while the client is slow.
 */
public interface MessageOutput {
  /** Takes nothing. */
  MessageOutput NOWHERE =
      new MessageOutput() {
        @Override
        public void begin(Lsn earliestEnd) {}

        @Override
        public void part(byte[] bytes, int start, int length) {}

        @Override
        public void last(byte[] bytes, int start, int length, Lsn endLsn) {}
      };

  /**
   * A transaction's message begins.
   *
   * @param earliestEnd its end LSN, or, where only the commit will say that, a position at or
   *     before it and after every earlier transaction's end
   */
  void begin(Lsn earliestEnd) throws IOException;

  /** A piece of a message; more follows. */
  void part(byte[] bytes, int start, int length) throws IOException;

  /**
   * The end of a message.
   *
   * @param endLsn what acknowledges it, or {@link Lsn#NONE} if it cannot be acknowledged
   */
  void last(byte[] bytes, int start, int length, Lsn endLsn) throws IOException;

  /**
   * The end of a transaction's message that holds no change: clients may leave it unacknowledged.
   *
   * @param endLsn what acknowledges it
   */
  default void lastWithoutChanges(byte[] bytes, int start, int length, Lsn endLsn)
      throws IOException {
    last(bytes, start, length, endLsn);
  }
}
