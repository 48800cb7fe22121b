package org.pgdeltastream.launch.remote;

/** A table broke off: what was written of it is not whole. */
final class IncompleteException extends Exception {
  private static final long serialVersionUID = 1L;

  IncompleteException(String message) {
    super(message);
  }
}
