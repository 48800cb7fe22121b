package org.pgdeltastream.change;

import java.io.IOException;

/**
 * Takes the changes of a transaction apart: after {@link #head}, the parts that follow each {@link
 * #change} are its text, without a comma, and the last piece is empty. A message that has no head
 * comes as everywhere.
 */
public interface ChangesOutput extends MessageOutput {
  /**
   * A message begins; it is not sent yet.
   *
   * @param opening the bracket and what stands before the position
   * @param rest what stands between the position and the first change
   */
  void head(byte[] opening, byte[] rest);

  /** A change begins. */
  void change() throws IOException;
}
