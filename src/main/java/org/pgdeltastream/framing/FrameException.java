package org.pgdeltastream.framing;

/** A client broke a rule; the message says which, fit for a close frame. */
public final class FrameException extends Exception {
  private static final long serialVersionUID = 1L;

  /** Which rule was broken. */
  public enum Violation {
    /** RFC 6455 does not allow it. */
    PROTOCOL,
    /** A text is not UTF-8. */
    TEXT,
    /** A binary message; this server takes none. */
    BINARY,
    /** A message is larger than this server takes. */
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
