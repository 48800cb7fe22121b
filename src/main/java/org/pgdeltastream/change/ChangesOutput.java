package org.pgdeltastream.change;

import java.io.IOException;

/**
 * Takes the changes of a transaction one by one: after {@link #head}, the parts that follow each
 * {@link #change} are its text, without a comma, and the last piece is empty. A message without a
 * head comes as in {@link MessageOutput}.
 */
public interface ChangesOutput extends MessageOutput {
  /**
   * A message begins; it is not sent yet.
   *
   * @param opening the bracket and the text before the position
   * @param rest the text between the position and the first change
   */
  void head(byte[] opening, byte[] rest);

  /** A change begins. */
  void change() throws IOException;
}
