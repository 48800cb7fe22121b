package org.pgdeltastream.journal.shared;

import java.io.IOException;

/** The log cannot be read or written. */
public final class LogException extends IOException {
  private static final long serialVersionUID = 1L;

  /** What can be done about it. */
  public enum Kind {
    /** Nobody answers, or not in time: another attempt may help. */
    AWAY,
    /** Another leader writes now. */
    FENCED,
    /** There is no such log. */
    MISSING,
    /** What is to be read was removed. */
    REMOVED,
    /** Something else is written there, or it is not as it must be: an operator has to look. */
    WRONG
  }

  private final Kind kind;

  public LogException(Kind kind, String message) {
    super(message);
    this.kind = kind;
  }

  public LogException(Kind kind, String message, Throwable cause) {
    super(message, cause);
    this.kind = kind;
  }

  public Kind kind() {
    return kind;
  }
}
