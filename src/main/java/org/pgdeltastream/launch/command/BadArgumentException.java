package org.pgdeltastream.launch.command;

/** The command line or the environment asks for something that cannot be; the message says what. */
public final class BadArgumentException extends Exception {
  private static final long serialVersionUID = 1L;

  public BadArgumentException(String message) {
    super(message);
  }
}
