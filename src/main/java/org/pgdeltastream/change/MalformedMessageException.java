package org.pgdeltastream.change;

/** Bytes of an output plugin that are not what its format says; the message says where. */
public final class MalformedMessageException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public MalformedMessageException(String message) {
    super(message);
  }
}
