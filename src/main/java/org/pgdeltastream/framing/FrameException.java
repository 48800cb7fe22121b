package org.pgdeltastream.framing;

/** A client sent what it may not; the message says what, fit for a close frame. */
public final class FrameException extends Exception {
  private static final long serialVersionUID = 1L;

  /** Which rule was broken. */
  public enum Violation {
    /** RFC 6455 does not allow it. */
    PROTOCOL,
    /** A text is not UTF-8. */
    TEXT,
    /** A binary message, of which none is taken here. */
    BINARY,
    /** A message is larger than those taken here. */
    SIZE
  }

  private final Violation violation;

  FrameException(Violation violation, String message) {
    super(message);
    this.violation = violation;
  }

  public Violation violation() {
    return violation;
  }
}
